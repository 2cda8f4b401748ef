"""Whether a role has a right, and which line of the policy says so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from assay.document import Loc
from assay.errors import AccessError, did_you_mean
from assay.policy.access import PIPELINE, READING, AccessPolicy, Right


@dataclass(frozen=True)
class Decision:
    """Whether something is allowed, why, and the place in the policy that says so.

    Parameters
    ----------
    allowed : bool
        True only where a line allows it.
    why : str
        One clause.
    loc : tuple
        Place of that line in the policy's document; of a refusal, the line that would have to
        allow it.
    """

    allowed: bool
    why: str
    loc: Loc


def allowed(
    policy: AccessPolicy,
    role: str,
    right: Right,
    *,
    day: dt.date,
    purpose: str | None = None,
) -> Decision:
    """Whether a role has a right on a day, and for a purpose where the right shows rows.

    Examples
    --------
    >>> import datetime as dt
    >>> policy = AccessPolicy.model_validate({
    ...     "roles": {"steward": {"may": ["see_runs"], "until": "2026-12-31"}},
    ...     "log": {"anchor_minutes": 5}})
    >>> allowed(policy, "steward", "see_runs", day=dt.date(2026, 12, 31)).allowed
    True
    >>> allowed(policy, "steward", "see_runs", day=dt.date(2027, 1, 1)).why
    "the role's last day was 2026-12-31"
    >>> allowed(policy, "owner", "erase", day=dt.date(2026, 1, 1)).why
    'the policy has no such role'
    """
    found = policy.roles.get(role)
    if found is None:
        return Decision(False, "the policy has no such role", ("roles",))
    at: Loc = ("roles", role)
    if right not in found.may:
        return Decision(False, f"the role hasn't the right {right}", (*at, "may"))
    if found.until is not None and day > found.until:
        return Decision(False, f"the role's last day was {found.until}", (*at, "until"))
    if right in READING and purpose is not None and purpose not in found.purposes:
        return Decision(False, f"{purpose} isn't a purpose of the role", (*at, "purposes"))
    return Decision(True, f"the role has the right {right}", (*at, "may", found.may.index(right)))


def check_allowed(
    policy: AccessPolicy,
    role: str,
    right: Right,
    *,
    day: dt.date,
    dataset: str,
    purpose: str | None = None,
) -> None:
    """Refuse what :func:`allowed` doesn't allow, and a right that shows rows without a purpose.

    Raises
    ------
    AccessError
        If the role hasn't the right.
    """
    found = policy.roles.get(role)
    decision = allowed(policy, role, right, day=day, purpose=purpose)
    if not decision.allowed:
        known = ", ".join(policy.roles)
        do = f"`assay access explain --role {role} --dataset {dataset}` says what it may do."
        raise AccessError(
            decision.why, where=f"{dataset} access {_dotted(decision.loc)}", got=role,
            expected=f"one of: {known}" if found is None else None,
            do=(did_you_mean(role, policy.roles) or None) if found is None else do,
        )  # fmt: skip
    if right in READING and purpose is None and found is not None:
        raise AccessError(
            "reading is for a purpose", where=f"{dataset} access roles.{role}.purposes",
            expected="one of: " + ", ".join(found.purposes),
            do="Name it: --purpose P, purpose=… or ASSAY_PURPOSE.",
        )  # fmt: skip


def has_role(
    policy: AccessPolicy, role: str, user: str, groups: frozenset[str], *, task: bool = False
) -> Decision:
    """Whether a person or a task has a role; a person by their user id or a group.

    A role whose members nobody named is anybody's. The role ``pipeline`` is that of tasks: a person
    has it only where the policy names them.
    """
    at: Loc = ("members", role)
    if role == PIPELINE and task:
        return Decision(True, "tasks have this role", ("roles", role))
    if role not in policy.members and role != PIPELINE:
        return Decision(True, "the policy names no members of the role", ("members",))
    if {user, *groups} & set(policy.members.get(role, ())):
        return Decision(True, "the user is a member of the role", at)
    return Decision(False, "the user isn't a member of the role", at)


def _dotted(loc: Loc) -> str:
    return ".".join(map(str, loc))
