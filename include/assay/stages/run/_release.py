"""The one place that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Final

from assay.errors import InputError, LeaseError
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.reasons import ReasonCode
from assay.records.leases import Lease
from assay.records.runs import BatchState, Counts
from assay.records.versions import Snapshot
from assay.stages.run._commit import row_counts, verdicts
from assay.stages.run._lease import keep_lease, working
from assay.stages.run._overview import write_overview
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._work import clear_left_aside, version_of
from assay.stages.services import Services
from assay.verdict import Outcome, Reason, worst

CRASHED: Final = ReasonCode.STAGE_CRASHED
_ALWAYS: Final = ("ingest", "validate_raw", "protect", "clean", "validate_clean", "commit")


def release(
    services: Services, ticket: Ticket, done: dict[str, StageResult], approved_by: str | None = None
) -> StageResult:
    """Release the batch, keep it as a candidate, or hold it; on record, whichever it is.

    Parameters
    ----------
    office, ticket
        As for every stage.
    done : dict
        Results of the stages that have run.
    approved_by : str, optional
        Who approved that a held batch is forced.

    Returns
    -------
    StageResult
        ``holds`` where the batch is held; ``detail["snapshot"]`` where it is released.

    Raises
    ------
    LeaseError
        Another run has taken the batch over, so that this one decides nothing any more.
    InputError
        Nothing holds the batch, but a gate that applies left no result.
    """
    with working(services, ticket):
        if ticket.version is not None:
            clear_left_aside(services, ticket)
        result = _decided(services, ticket, done, approved_by)
    _give_lease_back(services, ticket)
    return result


def _decided(
    services: Services, ticket: Ticket, done: dict[str, StageResult], approved_by: str | None
) -> StageResult:
    holding = [r for r in done.values() if r.holds]
    if holding and not (approved_by and "commit" in done):
        return _held(services, ticket, done, holding)
    _refuse_gaps(services, ticket, done)
    if ticket.asked.stop_before_release:
        _judge(services, ticket)
        return _finish(services, ticket, done, BatchState.CANDIDATE)
    return _released(services, ticket, done, approved_by if holding else None)


def _refuse_gaps(services: Services, ticket: Ticket, done: dict[str, StageResult]) -> None:
    """Refuse to let out what a gate never judged: a task marked as successful leaves no result."""
    contract = services.project.contract(ticket.dataset)
    drift = services.policy(contract, "drift", DriftPolicy)
    fairness = services.policy(contract, "fairness", FairnessPolicy)
    gates = [*_ALWAYS, *(["drift"] * drift.applies), *(["fairness"] * fairness.applies)]
    if missing := [gate for gate in gates if gate not in done]:
        raise InputError(
            "stages left no result, so that nothing is decided",
            where=f"{ticket.dataset} {ticket.batch}",
            got=missing,
            do="Clear these tasks in Airflow, or run the batch again.",
        )


def abandon(services: Services, ticket: Ticket, done: dict[str, StageResult]) -> None:
    """Record that a run ended in an error: its batch stays undecided, its lease is given back."""
    rows = row_counts(done)
    if "commit" in done:
        with suppress(OSError):  # a registry that doesn't answer may be why the run ended so
            _judge(services, ticket)
    services.catalog.batches.finish(
        ticket.dataset,
        ticket.batch,
        ticket.run_id,
        state=BatchState.RUNNING,
        verdict=None,
        counts=_counts(rows, out=False),
        at=services.clock(),
        reasons=[CRASHED],
        input_sha=ticket.input_sha,
        token=ticket.token,
    )
    _give_lease_back(services, ticket)


def crash(stage: str) -> Reason:
    """Why a run whose stage ended in an error has decided nothing."""
    return Reason(code=CRASHED, outcome=Outcome.FAIL, message=f"{stage} ended in an error")


def settle(services: Services, ticket: Ticket, done: dict[str, StageResult]) -> str | None:
    """Bring a batch to its end whose ``release`` was killed for good, wherever it had come to.

    If the registry has released the version, the catalog learns so. Otherwise nothing was decided,
    and the run ended in an error.

    Returns
    -------
    str or None
        ``"release"`` if that stage ended in an error; None if there was nothing to settle.
    """
    runs = services.catalog.batches.history(ticket.dataset, ticket.batch)
    run = next((r for r in runs if r.run_id == ticket.run_id), None)
    if "release" in done or run is None or run.state is not BatchState.RUNNING or run.reasons:
        return None
    with suppress(LeaseError):  # whoever took the batch over decides it
        return _settled(services, ticket, done)
    return None


def _settled(services: Services, ticket: Ticket, done: dict[str, StageResult]) -> str | None:
    snapshot = _standing(services, ticket)
    held = any(r.holds for r in done.values())
    if snapshot is None or (held and ticket.batch not in snapshot.forced):
        abandon(services, ticket, done)
        return "release"
    services.catalog.snapshots.record(snapshot)
    forced = ticket.batch in snapshot.forced
    state = BatchState.FORCED if forced else BatchState.RELEASED
    _finish(services, ticket, done, state, snapshot.number)
    _give_lease_back(services, ticket)
    return None


def _standing(services: Services, ticket: Ticket) -> Snapshot | None:
    """The pointer's snapshot, if it is known to hold the run's version."""
    try:
        if services.registry.pointer(ticket.dataset) is None:
            return None
        snapshot = services.registry.snapshot(ticket.dataset)
    except OSError:
        return None
    return snapshot if snapshot.batches.get(ticket.batch) == ticket.version else None


def _held(
    services: Services, ticket: Ticket, done: dict[str, StageResult], holding: list[StageResult]
) -> StageResult:
    if "commit" in done:
        _judge(services, ticket)
    result = _finish(services, ticket, done, BatchState.HELD)
    first = tuple(dict.fromkeys(code for r in holding for code in r.reasons))
    return result.model_copy(update={"holds": True, "reasons": first})


def _released(
    services: Services, ticket: Ticket, done: dict[str, StageResult], forced_by: str | None
) -> StageResult:
    asked = ticket.asked
    reason = f"forced: {asked.reason}" if forced_by else "every gate let it out"
    author = forced_by or asked.by or ticket.run_type
    snapshot = services.registry.release(
        ticket.dataset,
        ticket.batch,
        ticket.version or "",
        reason=reason,
        author=author,
        at=services.clock(),
        forced=forced_by is not None,
        verdicts=verdicts(services, ticket),
        fence=partial(keep_lease, services, ticket),
    )
    services.catalog.snapshots.record(snapshot)
    state = BatchState.FORCED if forced_by else BatchState.RELEASED
    return _finish(services, ticket, done, state, snapshot.number)


def _judge(services: Services, ticket: Ticket) -> None:
    """Put the verdicts beside the version, which a release does by itself."""
    services.registry.judge(
        ticket.dataset,
        ticket.batch,
        version_of(ticket),
        verdicts(services, ticket),
        at=services.clock(),
        fence=partial(keep_lease, services, ticket),
    )


def _finish(
    services: Services,
    ticket: Ticket,
    done: dict[str, StageResult],
    state: BatchState,
    snapshot: int | None = None,
) -> StageResult:
    rows = row_counts(done)
    out = state in {BatchState.RELEASED, BatchState.FORCED}
    counts = _counts(rows, out)
    told = sorted(done.values(), key=lambda r: -r.outcome.severity)
    reasons = tuple(
        dict.fromkeys(c for r in told if r.outcome is not Outcome.PASS for c in r.reasons)
    )
    outcome = worst(r.outcome for r in done.values())
    where = f"snapshot {snapshot}" if snapshot else state.value
    result = StageResult(
        stage="release",
        outcome=outcome,
        reasons=reasons,
        rows={k.removeprefix("rows_"): n for k, n in vars(counts).items()},
        detail={
            "state": state.value,
            "snapshot": snapshot,
            "messages": [f"{ticket.batch}: {where}."],
        },
    )
    result = write_overview(services, ticket, done, result)
    services.catalog.batches.finish(
        ticket.dataset,
        ticket.batch,
        ticket.run_id,
        state=state,
        verdict=outcome,
        counts=counts,
        at=services.clock(),
        reasons=reasons,
        version=ticket.version if "commit" in done else None,
        input_sha=ticket.input_sha,
        token=ticket.token,
    )
    return result


def _counts(rows: dict[str, int], out: bool) -> Counts:
    return Counts(
        rows_in=rows["rows_in"],
        released=rows["held"] if out else 0,
        held=0 if out else rows["held"],
        quarantined=rows["quarantined"],
        dropped=rows["dropped"],
        suppressed=rows["suppressed"],
    )


def _give_lease_back(services: Services, ticket: Ticket) -> None:
    lease = Lease(ticket.dataset, ticket.batch, ticket.run_id, ticket.token, services.clock())
    services.catalog.leases.release(lease)
