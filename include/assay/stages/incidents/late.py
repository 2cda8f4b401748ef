"""Late batches: what was to arrive by a service level and hasn't, whether a run looked for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from assay.contract import Contract
from assay.errors import AssayError, InputError
from assay.policy.alerting import AlertingPolicy
from assay.reasons import ReasonCode
from assay.records.incidents import Incident, IncidentChange
from assay.stages.services import Services
from assay.verdict import Outcome, Reason

LATE: Final = f"delivery/{ReasonCode.BATCH_LATE}"
"""The check whose incident holds the late batches of a data set."""
_OUTCOME: Final = {"critical": Outcome.FAIL, "warning": Outcome.WARN, "info": Outcome.PASS}


def late_batches(services: Services, contract: Contract, now: datetime) -> tuple[str, ...]:
    """The batches of a data set that are expected, due, and not there.

    A data set that no run has seen yet is a draft, for which nobody waits. Of the others, what
    counts is each batch that a run looked for in vain or that an incident is open for, and each one
    after the newest that arrived.
    """
    if contract.punctuality is None:
        return ()
    runs = services.catalog.batches.history(contract.dataset)
    arrived = {run.batch for run in runs if run.input_sha or run.version}
    open_now = _open(services, contract.dataset)
    missed = {run.batch for run in runs} | {b for i in open_now for b in i.failing}
    awaited = {*(missed - arrived), *_after_newest(contract, arrived or missed, now)}
    own = filter(contract.partition.is_key, awaited)  # the grain may have been another
    return tuple(sorted(batch for batch in own if is_late(contract, batch, now)))


def late_since(services: Services, dataset: str) -> dict[str, str]:
    """Late batch → when it was due, by the clock of the contract; nothing if that doesn't load."""
    try:
        contract = services.project.contract(dataset)
    except AssayError:
        return {}
    late = late_batches(services, contract, services.clock())
    return {batch: f"{_local_due(contract, batch):%Y-%m-%dT%H:%M%z}" for batch in late}


def is_late(contract: Contract, batch: str, now: datetime) -> bool:
    """Whether a batch that isn't there should be."""
    due = contract.due(batch)
    return due is not None and due <= now and contract.why_no_delivery_is_fine(batch) is None


def late_reason(contract: Contract, batch: str) -> Reason:
    """Why a batch is late: when it was due, by the clock of the contract."""
    level, local = contract.punctuality, _local_due(contract, batch)
    if level is None:
        raise _never_due(contract)
    return Reason(
        code=ReasonCode.BATCH_LATE,
        outcome=_OUTCOME[level.severity],
        message=f"The batch was due on {local:%Y-%m-%d at %H:%M} ({contract.partition.timezone}) "
        "and isn't there",
        numbers={"hours_allowed": level.max_delay / timedelta(hours=1)},
    )


def update_late(
    services: Services, dataset: str, policy: AlertingPolicy, now: datetime
) -> list[IncidentChange]:
    """Open an incident for the late batches of a data set, and close what is late no more."""
    late = _late_now(services, dataset, policy, now)
    incidents = services.catalog.incidents
    known = _open(services, dataset)
    changes = [
        change
        for incident in known
        for batch in incident.failing
        if batch not in late
        for change in incidents.resolve_batch(dataset, batch, how="passed", at=now, only=[LATE])
    ]
    minutes = policy.continues_within_minutes
    within = timedelta(minutes=minutes) if minutes else None
    failing = {batch for incident in known for batch in incident.failing}
    opened = [
        incidents.open_or_update(
            dataset, LATE, batch, reasons=[reason], at=now, continues_within=within
        )
        for batch, reason in late.items()
        if batch not in failing
    ]
    return changes + _as_one(opened)


def _late_now(
    services: Services, dataset: str, policy: AlertingPolicy, now: datetime
) -> dict[str, Reason]:
    try:
        contract = services.project.contract(dataset)
    except AssayError:  # an incident of its own
        return {}
    found = late_batches(services, contract, now)
    reasons = {batch: late_reason(contract, batch) for batch in found}
    return {batch: reason for batch, reason in reasons.items() if reason.outcome in policy.opens}


def _as_one(changes: list[IncidentChange]) -> list[IncidentChange]:
    """Several batches of one incident as one change: one message names all."""
    news = [change for change in changes if change.kind != "unchanged"]
    return [IncidentChange(news[0].kind, news[-1].incident)] if news else []


def _local_due(contract: Contract, batch: str) -> datetime:
    due = contract.due(batch)
    if due is None:
        raise _never_due(contract)
    return due.astimezone(ZoneInfo(contract.partition.timezone))


def _never_due(contract: Contract) -> InputError:
    return InputError("the contract says no time when a batch is due", where=contract.dataset)


def _open(services: Services, dataset: str) -> list[Incident]:
    return [i for i in services.catalog.incidents.find(dataset, state="open") if i.check == LATE]


def _after_newest(contract: Contract, seen: set[str], now: datetime) -> Iterator[str]:
    """The batches after the newest of some that have begun by now."""
    partition = contract.partition
    keys = [batch for batch in seen if partition.is_key(batch)]
    if keys:
        today = now.astimezone(ZoneInfo(partition.timezone)).strftime(partition.key_format)
        last = min(today, partition.last or today)
        yield from (key for key in partition.keys(max(keys), last) if key > max(keys))
