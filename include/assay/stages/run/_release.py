"""Release: the one place that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from assay.errors import InputError, LeaseError
from assay.reasons import ReasonCode, is_noted
from assay.records.leases import Lease
from assay.records.runs import BatchState, Counts
from assay.records.versions import Snapshot
from assay.stages.incidents.recalls import close_recall
from assay.stages.index import follow_registry
from assay.stages.lease import keep_lease, working
from assay.stages.run import chain
from assay.stages.run._approval import approved_by
from assay.stages.run._commit import row_counts, verdicts
from assay.stages.run._overview import write_overview
from assay.stages.run._records import drop_record, keep_record, read_record
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run
from assay.stages.run._soundness import is_sound, put_back_damaged
from assay.verdict import worst


def release(run: Run) -> StageResult:
    """Release the batch, keep it as a candidate, hold it, or record that none was expected.

    Each is on record.

    Parameters
    ----------
    run : Run
        With the results of all stages that have run; :func:`assay.stages.run.resume` reads those
        that are sealed.

    Returns
    -------
    StageResult
        ``holds`` where the batch is held; ``snapshot`` where it is released.

    Raises
    ------
    LeaseError
        If another run has taken the batch over, so that this one decides nothing any more.
    ObjectDamaged
        If the store doesn't hold the version's bytes, and no file of the run has them.
    InputError
        If nothing holds the batch, but a stage that applies left no result.
    """
    with working(run):
        drop_record(run, chain.RELEASE)
        if run.spec.version is not None:
            run.workspace.clear_aside()
        result = _decide(run)
        keep_record(run, chain.RELEASE, Finished(result=result))
    _give_lease_back(run)
    return result


def decided(run: Run) -> Run | None:
    """The run with what ``release`` decided; None if it has decided nothing."""
    found = read_record(run, chain.RELEASE, Finished)
    return None if found is None else run.finished(chain.RELEASE, found)


def _decide(run: Run) -> StageResult:
    if run.not_expected:
        return _finish(run, BatchState.NOT_EXPECTED)
    forced_by = approved_by(run) if run.held_by and chain.COMMIT in run.done else None
    if run.held_by and forced_by is None:
        return _hold(run)
    _refuse_gaps(run)
    put_back = put_back_damaged(run)
    if run.spec.asked.stop_before_release:
        _record_verdicts(run)
        result = _finish(run, BatchState.CANDIDATE)
    else:
        result = _release(run, forced_by)
    if not put_back:
        return result
    said = f"Damaged in the store, and put back from this run's files: {', '.join(put_back)}."
    return result.model_copy(update={"messages": (*result.messages, said)})


def _refuse_gaps(run: Run) -> None:
    """Refuse to release what a stage never judged: a task marked as success leaves no result."""
    if run.missing:
        raise InputError(
            "stages left no result, so that nothing is decided",
            where=f"{run.dataset} {run.batch}",
            got=run.missing,
            do="Clear these tasks in Airflow, or run the batch again.",
        )


def abandon(run: Run) -> None:
    """Record that a run ended in an error: its batch stays undecided, its lease is given back."""
    drop_record(run, chain.RELEASE)
    if chain.COMMIT in run.done:
        with suppress(OSError):  # a registry that doesn't answer may be why the run ended so
            _record_verdicts(run)
    run.services.catalog.batches.finish(
        run.dataset,
        run.batch,
        run.spec.run_id,
        state=BatchState.RUNNING,
        verdict=None,
        counts=_counts(run, out=False),
        at=run.services.clock(),
        reasons=[ReasonCode.STAGE_CRASHED],
        input_sha=run.spec.input_sha,
        token=run.spec.token,
    )
    _give_lease_back(run)


def settle(run: Run) -> str | None:
    """Bring a batch to its end whose ``release`` was killed for good, wherever it had got to.

    If the registry has released the version, the catalog records that. Otherwise nothing was
    decided, and the run ended in an error.

    Returns
    -------
    str or None
        ``"release"`` if that stage ended in an error; None if there was nothing to settle.
    """
    runs = run.services.catalog.batches.history(run.dataset, run.batch)
    recorded = next((r for r in runs if r.run_id == run.spec.run_id), None)
    if recorded is None or recorded.state is not BatchState.RUNNING or recorded.reasons:
        return None
    with suppress(LeaseError):  # another run has the batch, and decides it
        return _settle(run)
    return None


def _settle(run: Run) -> str | None:
    snapshot = _standing(run)
    if snapshot is None or (run.held_by and run.batch not in snapshot.forced):
        abandon(run)
        return chain.RELEASE
    follow_registry(run.services, wholly=False)
    forced = run.batch in snapshot.forced
    _finish(run, BatchState.FORCED if forced else BatchState.RELEASED, snapshot.number)
    _give_lease_back(run)
    return None


def _standing(run: Run) -> Snapshot | None:
    """The pointer's snapshot, if it is known to hold the run's version, and the store all of it."""
    registry = run.services.registry
    try:
        if registry.pointer(run.dataset) is None:
            return None
        snapshot = registry.snapshot(run.dataset)
        standing = snapshot.batches.get(run.batch) == run.spec.version and is_sound(run)
    except OSError:
        return None
    return snapshot if standing else None


def _hold(run: Run) -> StageResult:
    if chain.COMMIT in run.done:
        _record_verdicts(run)
    result = _finish(run, BatchState.HELD)
    holding = [r for r in run.done.values() if r.holds]
    first = tuple(dict.fromkeys(code for r in holding for code in r.reasons))
    return result.model_copy(update={"holds": True, "reasons": first})


def _release(run: Run, forced_by: str | None) -> StageResult:
    asked = run.spec.asked
    snapshot = run.services.registry.release(
        run.dataset,
        run.batch,
        run.version,
        reason=f"forced: {asked.reason}" if forced_by else "every gate let it out",
        author=forced_by or asked.by or run.spec.run_type,
        at=run.services.clock(),
        forced=forced_by is not None,
        verdicts=verdicts(run),
        fence=partial(keep_lease, run),
    )
    follow_registry(run.services, wholly=False)
    close_recall(run.services, run.dataset, run.batch)
    state = BatchState.FORCED if forced_by else BatchState.RELEASED
    return _finish(run, state, snapshot.number)


def _record_verdicts(run: Run) -> None:
    """Put the verdicts beside the version, which a release does by itself."""
    run.services.registry.judge(
        run.dataset,
        run.batch,
        run.version,
        verdicts(run),
        at=run.services.clock(),
        fence=partial(keep_lease, run),
    )


def _finish(run: Run, state: BatchState, snapshot: int | None = None) -> StageResult:
    """The run's result, on its page and in the catalog."""
    counts = _counts(run, out=state in {BatchState.RELEASED, BatchState.FORCED})
    judged = [(r.outcome, r) for r in run.done.values() if r.outcome is not None]
    worst_first = sorted(judged, key=lambda pair: -pair[0].severity)
    noted = [c for outcome, r in worst_first for c in r.reasons if is_noted(outcome, c)]
    where = f"snapshot {snapshot}" if snapshot else state.value.replace("_", " ")
    result = StageResult(
        stage=chain.RELEASE,
        outcome=worst(outcome for outcome, _ in judged) if judged else None,
        reasons=tuple(dict.fromkeys(noted)),
        messages=(f"{run.batch}: {where}.",),
        rows={k.removeprefix("rows_"): n for k, n in vars(counts).items()},
        state=state.value,
        snapshot=snapshot,
    )
    result = write_overview(run, result)
    run.services.catalog.batches.finish(
        run.dataset,
        run.batch,
        run.spec.run_id,
        state=state,
        verdict=result.outcome,
        counts=counts,
        at=run.services.clock(),
        reasons=result.reasons,
        version=run.spec.version if chain.COMMIT in run.done else None,
        input_sha=run.spec.input_sha,
        token=run.spec.token,
    )
    return result


def _counts(run: Run, *, out: bool) -> Counts:
    rows = row_counts(run.done)
    return Counts(
        rows_in=rows["rows_in"],
        released=rows["held"] if out else 0,
        held=0 if out else rows["held"],
        quarantined=rows["quarantined"],
        dropped=rows["dropped"],
        suppressed=rows["suppressed"],
    )


def _give_lease_back(run: Run) -> None:
    spec = run.spec
    lease = Lease(run.dataset, run.batch, spec.run_id, spec.token, run.services.clock())
    run.services.catalog.leases.release(lease)
