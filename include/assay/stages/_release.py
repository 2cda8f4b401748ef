"""The one place that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from typing import Final

from assay.catalog import BatchState, Counts, Lease
from assay.errors import InputError
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.stages._commit import row_counts
from assay.stages._notify import CRASHED
from assay.stages._office import Office
from assay.stages._overview import write_overview
from assay.stages._ticket import StageResult, Ticket
from assay.stages._work import keep_lease
from assay.verdict import Outcome, worst

_ALWAYS: Final = ("ingest", "validate_raw", "protect", "clean", "validate_clean", "commit")


def release(
    office: Office, ticket: Ticket, done: dict[str, StageResult], approved_by: str | None = None
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
    keep_lease(office, ticket)
    holding = [r for r in done.values() if r.holds]
    if holding and not (approved_by and "commit" in done):
        return _held(office, ticket, done, holding)
    _refuse_gaps(office, ticket, done)
    if ticket.asked.stop_before_release:
        return _finish(office, ticket, done, BatchState.CANDIDATE)
    return _released(office, ticket, done, approved_by if holding else None)


def _refuse_gaps(office: Office, ticket: Ticket, done: dict[str, StageResult]) -> None:
    """Refuse to let out what a gate never judged: a task marked as successful leaves no result."""
    contract = office.project.contract(ticket.dataset)
    drift = office.policy(contract, "drift", DriftPolicy)
    fairness = office.policy(contract, "fairness", FairnessPolicy)
    gates = [*_ALWAYS, *(["drift"] * drift.applies), *(["fairness"] * fairness.applies)]
    if missing := [gate for gate in gates if gate not in done]:
        raise InputError(
            "stages left no result, so that nothing is decided",
            where=f"{ticket.dataset} {ticket.batch}",
            got=missing,
            do="Clear these tasks in Airflow, or run the batch again.",
        )


def abandon(office: Office, ticket: Ticket, done: dict[str, StageResult]) -> None:
    """Record that a run ended in an error: its batch stays undecided, its lease is given back."""
    rows = row_counts(done)
    office.catalog.finish_batch(
        ticket.dataset,
        ticket.batch,
        ticket.run_id,
        state=BatchState.RUNNING,
        verdict=None,
        counts=_counts(rows, out=False),
        at=office.clock(),
        reasons=[CRASHED],
        input_sha=ticket.input_sha,
        token=ticket.token,
    )
    _give_lease_back(office, ticket)


def _held(
    office: Office, ticket: Ticket, done: dict[str, StageResult], holding: list[StageResult]
) -> StageResult:
    result = _finish(office, ticket, done, BatchState.HELD)
    first = tuple(dict.fromkeys(code for r in holding for code in r.reasons))
    return result.model_copy(update={"holds": True, "reasons": first})


def _released(
    office: Office, ticket: Ticket, done: dict[str, StageResult], forced_by: str | None
) -> StageResult:
    asked = ticket.asked
    reason = f"forced: {asked.reason}" if forced_by else "every gate let it out"
    author = forced_by or asked.by or ticket.run_type
    snapshot = office.registry.release(
        ticket.dataset,
        ticket.batch,
        ticket.version or "",
        reason=reason,
        author=author,
        at=office.clock(),
        forced=forced_by is not None,
    )
    office.catalog.record_snapshot(
        ticket.dataset,
        snapshot.number,
        snapshot.batches,
        parent=snapshot.parent,
        forced=snapshot.forced,
        reason=snapshot.reason,
        author=snapshot.author,
        at=snapshot.at,
    )
    state = BatchState.FORCED if forced_by else BatchState.RELEASED
    return _finish(office, ticket, done, state, snapshot.number)


def _finish(
    office: Office,
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
    result = write_overview(office, ticket, done, result)
    office.catalog.finish_batch(
        ticket.dataset,
        ticket.batch,
        ticket.run_id,
        state=state,
        verdict=outcome,
        counts=counts,
        at=office.clock(),
        reasons=reasons,
        version=ticket.version if "commit" in done else None,
        input_sha=ticket.input_sha,
        token=ticket.token,
    )
    _give_lease_back(office, ticket)
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


def _give_lease_back(office: Office, ticket: Ticket) -> None:
    lease = Lease(ticket.dataset, ticket.batch, ticket.run_id, ticket.token, office.clock())
    office.catalog.release_lease(lease)
