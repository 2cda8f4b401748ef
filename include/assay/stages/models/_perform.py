"""Performing a stage of a training run: done once, kept under seal, recorded in the catalog."""

from __future__ import annotations

import logging
from typing import Final

from assay.stages.models import chain
from assay.stages.models._records import keep_record
from assay.stages.models._training import Training
from assay.stages.models.workspace import folder_of
from assay.stages.stage import Stage
from assay.stages.work import DoesNotApply, is_whole, work_once

__all__ = ["DoesNotApply", "perform_training"]
_LOG: Final = logging.getLogger(__name__)


def perform_training(run: Training, name: str) -> Training:
    """Do one stage of a training run, or find that it is done; keep its result.

    What the stage reads is compared with the hashes that its writers left. An earlier stage whose
    result is missing, or whose files aren't as it wrote them, is done again first.

    Raises
    ------
    DoesNotApply
        If this very training run has registered a version before.
    LeaseError
        If another run has taken this one over.
    """
    if run.spec.known:
        raise DoesNotApply(f"trained before: {run.spec.known}")
    stage = chain.find(name)
    run = _with_inputs(run, stage)
    champion = run.spec.champion if stage.by_champion else None
    kept_as = f"{name}_{champion}" if champion else None
    finished = work_once(run, stage, chain.needed_later(name), name=kept_as)
    run = run.finished(name, finished)
    if finished.verdict is not None:
        run.services.catalog.verdicts.record(
            run.dataset,
            folder_of(run.model),
            run.version,
            finished.verdict,
            at=run.services.clock(),
            run_id=run.spec.run_id,
        )
    keep_record(run, name, finished)
    return run


def _with_inputs(run: Training, stage: Stage) -> Training:
    """The run once all that a stage reads is there as it was written."""
    for earlier in chain.STAGES:
        names = set(stage.reads) & set(earlier.writes)
        if names and not is_whole(run, run.results.get(earlier.name), names):
            _LOG.warning("What %s left isn't there as it wrote it. It is done again.", earlier.name)
            run = perform_training(run, earlier.name)
    return run
