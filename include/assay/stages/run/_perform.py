"""Performing a stage: done once, kept under seal, recorded in the catalog."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final

from pydantic import ValidationError

from assay.stages.run import chain
from assay.stages.run._lease import keep_lease, working
from assay.stages.run._records import keep_record, plain
from assay.stages.run._result import JUDGING, Finished
from assay.stages.run._run import Run
from assay.stages.run.workspace import TextArtefact
from assay.verdict import Verdict

_LOG: Final = logging.getLogger(__name__)


class DoesNotApply(Exception):  # noqa: N818 - no error: the policy says so, or an earlier stage
    """A stage has nothing to do: its policy says so, or an earlier stage holds the batch."""


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
        if names and not _whole(run, run.results.get(earlier.name), names):
            _LOG.warning("What %s left isn't there as it wrote it. It is done again.", earlier.name)
            run = perform(run, earlier.name)
    _refuse_blocked(run, stage)
    return run


def _refuse_blocked(run: Run, stage: chain.Stage) -> None:
    if run.not_expected and stage.name != chain.INGEST:
        raise DoesNotApply("no delivery is expected, and none came")
    if by := run.blocked_by(stage.name):
        raise DoesNotApply(f"{by} holds the batch")


def _whole(run: Run, found: Finished | None, names: Collection[str]) -> bool:
    """Whether a stage has finished, and those artefacts that it wrote are as it wrote them."""
    written = {} if found is None else {n: sha for n, sha in found.wrote.items() if n in names}
    return found is not None and all(run.workspace.artefact(n).is_as(s) for n, s in written.items())


def _once(run: Run, stage: chain.Stage) -> Finished:
    """The stage's work, done now or found.

    The folder is named after all that the stage depends on, so what lies there finished is what
    the work would give again.
    """
    chosen = run.spec.asked.reference if stage.by_reference else None
    kept = run.workspace.result(f"{stage.name}_{chosen}" if chosen else stage.name)
    about = ["version", run.dataset, run.batch, run.version, kept.name]
    found = _found(run, stage, about, kept)
    if found is not None:
        keep_lease(run)
        return found
    written = {name for finished in run.results.values() for name in finished.wrote}
    narrowed = run.restricted(tuple(written.intersection(stage.reads)), stage.writes)
    with working(run):
        run.workspace.clear_aside()
        finished = stage.function(narrowed)
    finished = finished.model_copy(update={"wrote": narrowed.workspace.digests()})
    kept.write(run.services.seal.close(about, plain(finished)))
    return finished


def _found(run: Run, stage: chain.Stage, about: list[str], kept: TextArtefact) -> Finished | None:
    """What an earlier run of this very code finished, if all of it that is read later is whole."""
    if not kept.exists():
        return None
    try:
        found = Finished.model_validate(run.services.seal.open(about, kept.path.read_bytes()))
    except ValidationError:  # no seal, or written by other code
        return None
    whole = _whole(run, found, chain.needed_later(stage.name))
    if stage.name == chain.COMMIT:  # a loss of the registry's history may have been accepted
        removal = run.services.registry.removal
        whole &= removal.record(run.dataset, run.batch, run.version) is not None
    return found if whole and found.judging == JUDGING else None


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
