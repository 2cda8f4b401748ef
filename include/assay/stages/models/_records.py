"""The sealed records of a training run: what it was asked, what its stages found, what was decided.

As of a run of a batch, they are the files of one folder of the working zone, named after the run. A
task finds them by what Airflow says of its run, and believes those that the registry's key has
sealed for this attempt.
"""

from __future__ import annotations

from typing import Final

from assay.errors import cause_of
from assay.stages.artefacts import TextArtefact, Workspace, run_folder
from assay.stages.models import chain
from assay.stages.models._spec import TrainingSpec
from assay.stages.models._training import Training
from assay.stages.models.workspace import folder_of
from assay.stages.run._records import Crash
from assay.stages.run._result import JUDGING, Finished
from assay.stages.services import Services
from assay.stages.work import RecordT, keep_sealed, read_sealed
from assay.verdict import Frozen

_TEXT: Final = "model_file"
_CRASH: Final = "crash"
TrainingRun = tuple[str, str, str]
"""Data set, model, and the id by which Airflow or the command names a run."""


class ModelText(Frozen):
    """A model file as it was when a run began."""

    text: str


def resume_training(services: Services, dataset: str, model: str, run_id: str) -> Training | None:
    """The training run as its records say, with the result of each stage that has left one.

    Returns
    -------
    Training or None
        None if it was never pinned.
    """
    named = (dataset, model, run_id)
    spec = read_sealed(services, _file(services, named, chain.PIN), _about(named), TrainingSpec)
    if spec is None:
        return None
    run = Training(services, spec)
    kept = read_sealed(services, _place(run, _TEXT), _of_run(run, _TEXT), ModelText)
    if kept is None:
        return None
    run = Training(services, spec, text=kept.text)
    for stage in chain.STAGES:
        found = read_record(run, stage.name, Finished)
        if found is not None and found.judging == JUDGING and _agrees(found):
            run = run.finished(stage.name, found)
    return run


def _agrees(found: Finished) -> bool:
    """Whether a result follows from its verdict; the run's id derives from the model file."""
    return found.agrees(found.verdict.policy_hash if found.verdict else None)


def keep_spec(run: Training) -> None:
    """Seal what a run was asked and what is pinned; records of an earlier attempt end with it."""
    keep_sealed(run.services, _place(run, _TEXT), _of_run(run, _TEXT), ModelText(text=run.text))
    named = (run.dataset, run.model, run.spec.run_id)
    keep_sealed(run.services, _place(run, chain.PIN), _about(named), run.spec)


def keep_record(run: Training, name: str, value: Frozen) -> None:
    """Seal what a stage has found, or what was decided, as a record of the run."""
    keep_sealed(run.services, _place(run, name), _of_run(run, name), value)


def read_record(run: Training, name: str, model: type[RecordT]) -> RecordT | None:
    """A record of the run; None where there is none that its seal vouches for."""
    return read_sealed(run.services, _place(run, name), _of_run(run, name), model)


def drop_record(run: Training, name: str) -> None:
    """Take a record of the run back."""
    _place(run, name).path.unlink(missing_ok=True)


def keep_training_crash(
    services: Services, run: TrainingRun, stage: str, error: BaseException
) -> None:
    """Seal why a stage of a run ended in an error, for those who are notified of it."""
    crash = Crash(stage=stage, cause=cause_of(error))
    keep_sealed(services, _file(services, run, _CRASH), [*_about(run), _CRASH], crash)


def crash_cause(services: Services, run: TrainingRun, stage: str) -> str | None:
    """Why a stage of the run ended in an error; None where nothing is known of it."""
    found = read_sealed(services, _file(services, run, _CRASH), [*_about(run), _CRASH], Crash)
    return found.cause if found is not None and found.stage == stage else None


def _place(run: Training, name: str) -> TextArtefact:
    return _file(run.services, (run.dataset, run.model, run.spec.run_id), name)


def _file(services: Services, run: TrainingRun, name: str) -> TextArtefact:
    dataset, model, run_id = run
    key = (dataset, folder_of(model), run_folder(run_id))
    return Workspace(services.lake, key).result(name)


def _about(run: TrainingRun) -> list[str]:
    return ["training", *run, chain.PIN]


def _of_run(run: Training, name: str) -> list[str]:
    """What a record is about: this attempt of the run, its id, and the stage."""
    attempt = f"{run.spec.token} {run.spec.started.isoformat()}"
    return ["training", *run.subject, run.spec.run_id, attempt, name]
