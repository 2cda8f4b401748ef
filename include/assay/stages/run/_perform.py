"""Performing a stage: done once, remembered in the working folder, recorded in the catalog."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from assay.stages.run import chain
from assay.stages.run._lease import keep_lease, working
from assay.stages.run._result import StageResult
from assay.stages.run._run import Run
from assay.verdict import Frozen, Verdict

JUDGING: Final = 3
"""Version of the code that judges; raise it when a gate would judge the same rows otherwise."""


class Finished(Frozen):
    """What a stage has finished with; kept in the working folder for a repeated run.

    It counts for the code that made it: after a correction a gate judges again.

    Parameters
    ----------
    result : StageResult
    verdict : Verdict, optional
        From a stage that judges.
    input_sha, version : str, optional
        From ingest: the input that landed, and the version that it will give.
    wrote : tuple of str
        Names of the artefacts that the stage wrote.
    """

    judging: int = JUDGING
    result: StageResult
    verdict: Verdict | None = None
    input_sha: str | None = None
    version: str | None = None
    wrote: tuple[str, ...] = ()


class DoesNotApply(Exception):  # noqa: N818 - no error: the policy says so
    """The policy says that a stage doesn't apply to the data set, and why."""


def perform(run: Run, name: str) -> Run:
    """Do one stage of a run, or find that it is done; record its verdict.

    Returns
    -------
    Run
        The run with the stage's result, and after ingest with its version.

    Raises
    ------
    DoesNotApply
        If the stage's policy says ``applies: false``.
    LeaseError
        If another run has taken the batch over.
    """
    stage = chain.find(name)
    if why := stage.why_skipped(run):
        raise DoesNotApply(why)
    if run.spec.version is None:  # ingest: nothing is known yet that a result could be kept under
        with working(run):
            finished = stage.function(run)
    else:
        finished = _once(run, stage)
    if finished.input_sha is not None and finished.version is not None:
        run = run.landed(finished.input_sha, finished.version)
    if finished.verdict is not None:
        record_verdict(run, finished.verdict)
    return run.finished(name, finished.result)


def _once(run: Run, stage: chain.Stage) -> Finished:
    """The stage's work, done now or found.

    The folder is named after all that the stage depends on, so what lies there finished is what
    the work would give again.
    """
    chosen = run.spec.asked.reference if stage.by_reference else None
    kept = run.workspace.result(f"{stage.name}_{chosen}" if chosen else stage.name)
    found = _found(run, stage, kept.read()) if kept.exists() else None
    if found is not None:
        keep_lease(run)
        return found
    narrowed = run.restricted(stage.reads, stage.writes)
    with working(run):
        run.workspace.clear_aside()
        finished = stage.function(narrowed)
    wrote = tuple(sorted(narrowed.workspace.written))
    finished = finished.model_copy(update={"wrote": wrote})
    kept.write(finished.model_dump_json(indent=1))
    return finished


def _found(run: Run, stage: chain.Stage, text: str) -> Finished | None:
    """What an earlier run of this very code finished, if all of it that is read later is there."""
    try:
        found = Finished.model_validate_json(text)
    except ValidationError:  # written by other code
        return None
    needed = chain.needed_later(stage.name) & set(found.wrote)
    whole = all(run.workspace.is_there(name) for name in needed)
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
