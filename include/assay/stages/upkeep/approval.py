"""A person's answer to the question whether a large sweep is applied, among the sealed records.

The task that asks seals the plan's hash. The same task, once it is given the answer, seals who gave
it. An approval of another plan counts for nothing: a plan's hash names exactly what goes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from assay.access import allowed, check_allowed, has_role
from assay.errors import AccessError, InputError
from assay.lake import write_text
from assay.retention.approval import AskedFor
from assay.stages.access._policies import access_policy
from assay.stages.approval import Approval
from assay.stages.services import Services

_COMMAND: Final = "assay retention apply"


def ask_sweep(
    services: Services, plan_hash: str, asked_in: str, others: tuple[str, ...] = ()
) -> None:
    """Put the question on record; an earlier answer counts no more."""
    _keep(services, plan_hash, Approval(shown=plan_hash, asked_in=asked_in, others=others))


def answer_sweep(
    services: Services,
    plan_hash: str,
    asked_in: str,
    *,
    approves: bool,
    by: str | None,
    at: datetime,
    asker: str | None = None,
) -> bool:
    """Put the answer on record; return whether it is an approval that counts.

    It must come from a person who may answer, and not from the one who asked for the sweep.
    """
    asked = approval_of(services, plan_hash)
    if asked is None or asked.asked_in != asked_in:
        return False
    known = by is not None and (not asked.others or by in asked.others)
    approved = approves and known and by != asker
    answered = {"by": by, "at": at, "approved": approved}
    _keep(services, plan_hash, asked.model_copy(update=answered))
    return approved


def approve_sweep(
    services: Services, plan_hash: str, asked: tuple[AskedFor, ...], *, by: str, role: str | None
) -> None:
    """Approve a plan by the command, as a role that may; on record.

    Raises
    ------
    AccessError
        If a data set that it is about has an access policy, and the role hasn't its right
        ``approve`` or the person hasn't the role.
    """
    for one in asked:
        _check_role(services, one.dataset, by, role)
    given = Approval(shown=plan_hash, asked_in=_COMMAND, by=by, at=services.clock(), approved=True)
    _keep(services, plan_hash, given)


def who_may_approve(services: Services, asked: tuple[AskedFor, ...]) -> frozenset[str] | None:
    """The members of roles that may approve for every data set that it is about.

    Returns
    -------
    frozenset or None
        None where no access policy names them: then each who may answer in Airflow may approve.
    """
    found: frozenset[str] | None = None
    for one in asked:
        policy = access_policy(services.project, one.dataset)
        if policy is None:
            continue
        day = services.clock().date()
        roles = [r for r in policy.roles if allowed(policy, r, "approve", day=day).allowed]
        if any(role not in policy.members for role in roles):
            continue
        named = frozenset(user for role in roles for user in policy.members[role])
        found = named if found is None else found & named
    return found


def check_approved(services: Services, plan_hash: str, asked: tuple[AskedFor, ...]) -> None:
    """Refuse a plan that asks for a person's approval and has none.

    Raises
    ------
    InputError
        If nobody approved it; nothing was removed.
    """
    found = approval_of(services, plan_hash)
    if not asked or (found is not None and found.approved):
        return
    raise InputError(
        "the plan takes more than its policies let go without a person, and nobody approved it",
        where="approve_above",
        got="; ".join(f"{one.dataset}: {one.words}" for one in asked),
        do=f"Look at the plan, then: {_COMMAND} {plan_hash} --approve {plan_hash[:12]}",
    )


def approval_of(services: Services, plan_hash: str) -> Approval | None:
    """The question about a plan and its answer; None where there is none under its seal."""
    path = services.lake.path("retention", f"{plan_hash}.approval.json")
    if not path.is_file():
        return None
    content = services.seal.open(_about(plan_hash), path.read_text(encoding="utf-8"))
    found = None if content is None else Approval.model_validate(content)
    return found if found is not None and found.shown == plan_hash else None


def _check_role(services: Services, dataset: str, by: str, role: str | None) -> None:
    policy = access_policy(services.project, dataset)
    if policy is None:
        return
    if role is None:
        raise AccessError(
            "approving needs a role", where=dataset, got="none",
            expected="a role with the right approve", do="Name it by --as ROLE.",
        )  # fmt: skip
    day = services.clock().date()
    check_allowed(policy, role, "approve", day=day, dataset=dataset)
    if not (decision := has_role(policy, role, by, frozenset())).allowed:
        raise AccessError(decision.why, where=f"{dataset} members.{role}", got=by)


def _keep(services: Services, plan_hash: str, value: Approval) -> None:
    text = services.seal.close(_about(plan_hash), value.model_dump(mode="json"))
    write_text(services.lake.make("retention", f"{plan_hash}.approval.json"), text)


def _about(plan_hash: str) -> tuple[str, str]:
    return "retention approval", plan_hash
