"""The weekly digest of each owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from assay.alerting.weekly import Muted, Week, Weekly, plan_weekly, sum_up, week_named, weekly_line
from assay.contract import Contract
from assay.errors import AssayError, InputError, did_you_mean
from assay.policy.alerting import AlertingPolicy
from assay.records.incidents import Incident
from assay.records.runs import BatchRecord
from assay.stages.incidents._outbox import alerting_of, send_outbox
from assay.stages.services import Services

CountBy = Literal["decided", "batch"]
_MOMENT: Final = timedelta(microseconds=1)
"""A batch that ends at midnight belongs to the day before."""
_DECIDED = {"released", "superseded", "forced", "held", "running", "not_expected"}


def weekly_digests(
    services: Services, owner: str | None = None, week: str | None = None, by: CountBy = "decided"
) -> list[Weekly]:
    """Sum up a week of each owner's data sets, one digest an owner.

    Parameters
    ----------
    owner : str, optional
        Every owner by default.
    week : str, optional
        Like ``2013-W06``; the last whole week by default.
    by : {'decided', 'batch'}
        Count what was decided in the week, or the batches that end in it, whenever that was.

    Raises
    ------
    InputError
        There is no such owner or week.
    """
    chosen, owners = week_named(week, services.clock()), _owners(services)
    if owner is not None and owner not in owners:
        raise InputError(
            "this owner has no data set", got=owner, do=did_you_mean(owner, owners) or None,
            expected="one of: " + (", ".join(sorted(owners)) or "no contract loads"),
        )  # fmt: skip
    return [
        sum_up(name, chosen, [_line(services, c, chosen, by) for c, _ in owners[name]])
        for name in sorted(owners)
        if owner in {None, name}
    ]


def send_weekly(
    services: Services, transports: Mapping[str, Any], *, owner: str, week: str | None = None
) -> dict[str, str]:
    """Put each owner's digest of a week into the outbox, once, and send what is due.

    A week without a batch is reported too, unless all of the owner's data sets are finished.

    Parameters
    ----------
    transports, owner
        As for :func:`send_alerts`.
    week : str, optional
        The last whole week by default.

    Returns
    -------
    dict
        Message → what became of it.
    """
    now, owners = services.clock(), _owners(services)
    for weekly in weekly_digests(services, week=week):
        if _is_over(weekly, [contract for contract, _ in owners[weekly.owner]]):
            continue
        policies = [policy for _, policy in owners[weekly.owner]]
        to = [p.weekly_digest for p in policies if p.weekly_digest]
        quiet = next((p.quiet_hours for p in policies if p.quiet_hours), None)
        for letter, hold in plan_weekly(weekly, to, quiet, now):
            services.catalog.outbox.add(letter.key, letter.body(), at=now, due=hold)
    return send_outbox(services, transports, owner)


def _is_over(weekly: Weekly, contracts: Sequence[Contract]) -> bool:
    """Whether nothing happened, and nothing could have."""
    quiet = all(
        not (n.released or n.forced or n.held or n.crashed or n.open_now or n.muted)
        for n in weekly.lines
    )
    last = [(c.partition, c.partition.last) for c in contracts]
    ends = [partition.bounds(key)[1] if key else None for partition, key in last]
    return quiet and all(end is not None and end.date() <= weekly.first for end in ends)


def _owners(services: Services) -> dict[str, list[tuple[Contract, AlertingPolicy]]]:
    """Owner → contracts and alerting policies; `assay check` reports those that don't load."""
    found: dict[str, list[tuple[Contract, AlertingPolicy]]] = {}
    for dataset in services.project.datasets():
        try:
            contract = services.project.contract(dataset)
            owner, policy = alerting_of(services, dataset)
        except AssayError:
            continue
        found.setdefault(owner, []).append((contract, policy))
    return found


def _line(services: Services, contract: Contract, week: Week, by: CountBy) -> Any:
    name = contract.dataset
    decided = [
        r for r in services.catalog.batches.history(name) if r.ended and r.state.value in _DECIDED
    ]

    def counts(record: BatchRecord) -> bool:
        end = contract.partition.ended(record.batch) if by == "batch" else None
        if end is None:  # a batch of another grain
            return week.has(record.ended)
        last = end.astimezone(ZoneInfo(contract.partition.timezone)) - _MOMENT
        return week.first <= last.date() < week.first + timedelta(days=7)

    incidents = services.catalog.incidents.find(name)
    muted, older = _muted(services, incidents, week)
    counted = [r for r in decided if counts(r)]
    return weekly_line(name, week, counted, incidents, muted, older, _advice(services, name))


def _advice(services: Services, dataset: str) -> list[str]:
    """What would help each champion that learned from the data set most, by model."""
    from assay.stages.feedback import kept_advice

    return [f"{one.version}: {one.says[0]}" for one in kept_advice(services, dataset)]


def _muted(
    services: Services, incidents: Sequence[Incident], week: Week
) -> tuple[list[Muted], int]:
    """The incidents muted in the week or before it; older dismissals are only counted."""
    known = {i.id: i for i in incidents}
    found, older = [], 0
    for did in services.catalog.responses.find():
        incident = known.get(did.incident)
        if incident is None or did.at >= week.end or did.action == "acknowledge":
            continue
        snooze = did.action == "snooze"
        dismissed = tuple(b.batch for b in incident.batches if b.state == "dismissed")
        batches = incident.failing if snooze else dismissed
        if did.until is not None and did.until <= week.start:
            continue
        if week.has(did.at) or snooze:
            found.append(Muted(incident, "snoozed" if snooze else "dismissed", did.until, batches))
        elif batches:
            older += 1
    return found, older
