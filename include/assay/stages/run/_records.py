"""The sealed records of a run: what it was asked, what its stages found, what was decided.

They are the files of one folder of the working zone, which is named after the run. A task finds
them by what Airflow says of its run, and believes those that the registry's key has sealed for this
attempt at this very batch, version and stage. Any other is as good as none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from assay.errors import cause_of
from assay.stages.artefacts import TextArtefact, Workspace, run_folder
from assay.stages.run import chain
from assay.stages.run._result import JUDGING, Finished
from assay.stages.run._rules import Rules, Texts
from assay.stages.run._run import Run
from assay.stages.run._spec import RunSpec
from assay.stages.services import Services
from assay.stages.work import RecordT, keep_sealed, read_sealed
from assay.verdict import Frozen

RULES: Final = "rules"
"""Name of the record with what the run is judged by."""
_CRASH: Final = "crash"


class Crash(Frozen):
    """The error that a stage ended in, and why."""

    stage: str
    cause: str


def resume(services: Services, dataset: str, batch: str, run_id: str) -> Run | None:
    """The run as its records tell, with the result of each stage that has left one.

    Returns
    -------
    Run or None
        None if the run was never pinned.
    """
    file = _file(services, (dataset, batch, run_id), chain.PIN)
    spec = read_sealed(services, file, _of_run(dataset, batch, run_id), RunSpec)
    if spec is None:
        return None
    run = Run(services, spec)
    texts = read_sealed(services, _place(run, RULES), _of_rules(run), Texts)
    if texts is not None:
        run = replace(run, rules=Rules(texts))
    for stage in chain.STAGES:
        found = read_record(run, stage.name, Finished)
        pinned = run.spec.pinned.hashes.get(f"policy {stage.noun}")
        if found is not None and found.judging == JUDGING and found.agrees(pinned):
            run = run.finished(stage.name, found)
    return run


def keep_spec(run: Run) -> None:
    """Seal what a run was asked and what is pinned; records of an earlier attempt end with it.

    The content of contract, suites and policies is kept beside it: an edit changes the next run.
    """
    keep_sealed(run.services, _place(run, RULES), _of_rules(run), run.rules.texts)
    about = _of_run(run.dataset, run.batch, run.spec.run_id)
    keep_sealed(run.services, _place(run, chain.PIN), about, run.spec)


def keep_record(run: Run, name: str, value: Frozen) -> None:
    """Seal what a stage has found, or what was decided, as a record of the run."""
    keep_sealed(run.services, _place(run, name), _of_version(run, name), value)


def read_record(run: Run, name: str, model: type[RecordT]) -> RecordT | None:
    """A record of the run; None where there is none that its seal vouches for."""
    return read_sealed(run.services, _place(run, name), _of_version(run, name), model)


def drop_record(run: Run, name: str) -> None:
    """Take a record of the run back."""
    _place(run, name).path.unlink(missing_ok=True)


def keep_crash(
    services: Services, run: tuple[str, str, str], stage: str, error: BaseException
) -> None:
    """Seal why a stage of a run ended in an error, for those who are notified of it.

    Parameters
    ----------
    run : tuple of str
        Data set, batch and id of the run.
    """
    crash = Crash(stage=stage, cause=cause_of(error))
    keep_sealed(services, _file(services, run, _CRASH), [*_of_run(*run), _CRASH], crash)


def crash_cause(run: Run, stage: str) -> str | None:
    """Why a stage of the run ended in an error; None where nothing is known of it."""
    names = (run.dataset, run.batch, run.spec.run_id)
    found = read_sealed(
        run.services, _file(run.services, names, _CRASH), [*_of_run(*names), _CRASH], Crash
    )
    return found.cause if found is not None and found.stage == stage else None


def _place(run: Run, name: str) -> TextArtefact:
    return _file(run.services, (run.dataset, run.batch, run.spec.run_id), name)


def _file(services: Services, run: tuple[str, str, str], name: str) -> TextArtefact:
    dataset, batch, run_id = run
    return Workspace(services.lake, (dataset, batch, run_folder(run_id))).result(name)


def _of_run(dataset: str, batch: str, run_id: str) -> list[str]:
    return ["run", dataset, batch, run_id, chain.PIN]


def _of_rules(run: Run) -> list[str]:
    return ["run", run.dataset, run.batch, run.spec.run_id, _attempt(run), RULES]


def _of_version(run: Run, name: str) -> list[str]:
    """What a record is about: this attempt of the run, its version, and the stage."""
    version = "" if name == chain.INGEST else run.spec.version or ""
    return ["run", run.dataset, run.batch, run.spec.run_id, _attempt(run), version, name]


def _attempt(run: Run) -> str:
    return f"{run.spec.token} {run.spec.started.isoformat()}"
