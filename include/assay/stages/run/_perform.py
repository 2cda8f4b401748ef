"""Performing a stage: done once, kept under seal, recorded in the catalog."""

from __future__ import annotations

import logging
from typing import Final

from assay.stages.lease import working
from assay.stages.run import chain
from assay.stages.run._records import keep_record
from assay.stages.run._result import Finished
from assay.stages.run._run import Run
from assay.stages.work import DoesNotApply, is_whole, work_once
from assay.verdict import Verdict

__all__ = ["DoesNotApply", "perform", "record_verdict"]
_LOG: Final = logging.getLogger(__name__)


def perform(run: Run, name: str) -> Run:
    """Do one stage of a run, or find that it is done; keep its result and record its verdict.

    What the stage reads is compared with the hashes that its writers left. An earlier stage whose
    result is missing, or whose files aren't as it wrote them, is done again first.

    Returns
    -------
    Run
        The run with the stage's result, and after ingest with its version.

    Raises
    ------
    DoesNotApply
        If the stage's policy says ``applies: false``, an earlier stage holds the batch, or no
        delivery was expected and none came.
    LeaseError
        If another run has taken the batch over.
    """
    stage = chain.find(name)
    if why := run.spec.pinned.idle.get(name):
        raise DoesNotApply(why)
    run = _with_inputs(run, stage)
    if name == chain.INGEST:  # before it nothing is known that a result could be kept under
        with working(run):
            finished = stage.function(run)
    else:
        finished = _once(run, stage)
    run = run.finished(name, finished)
    if finished.verdict is not None:
        record_verdict(run, finished.verdict)
    keep_record(run, name, finished)
    return run


def _with_inputs(run: Run, stage: chain.Stage) -> Run:
    """The run once all that a stage reads is there as it was written."""
    _refuse_blocked(run, stage)
    for earlier in chain.STAGES:
        names = set(stage.reads) & set(earlier.writes)
        if names and not is_whole(run, run.results.get(earlier.name), names):
            _LOG.warning("What %s left isn't there as it wrote it. It is done again.", earlier.name)
            run = perform(run, earlier.name)
    _refuse_blocked(run, stage)
    return run


def _refuse_blocked(run: Run, stage: chain.Stage) -> None:
    if run.not_expected and stage.name != chain.INGEST:
        raise DoesNotApply("no delivery is expected, and none came")
    if by := run.blocked_by(stage.name):
        raise DoesNotApply(f"{by} holds the batch")


def _once(run: Run, stage: chain.Stage) -> Finished:
    """The stage's work, done now or found."""
    chosen = run.spec.asked.reference if stage.by_reference else None

    def known() -> bool:  # a loss of the registry's history may have been accepted
        removal = run.services.registry.removal
        return removal.record(run.dataset, run.batch, run.version) is not None

    return work_once(
        run,
        stage,
        chain.needed_later(stage.name),
        name=f"{stage.name}_{chosen}" if chosen else None,
        still=known if stage.name == chain.COMMIT else lambda: True,
    )


def record_verdict(run: Run, verdict: Verdict) -> None:
    """Put a verdict into the catalog."""
    run.services.catalog.verdicts.record(
        run.dataset,
        run.batch,
        run.spec.version or run.spec.run_id,
        verdict,
        at=run.services.clock(),
        run_id=run.spec.run_id,
    )
