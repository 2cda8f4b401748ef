"""The sealed record of a run of feedback: what it has found of each batch."""

from __future__ import annotations

from assay.stages.artefacts import TextArtefact, Workspace, run_folder
from assay.stages.feedback._spec import JudgedBatch, JudgedRun, policy_of
from assay.stages.feedback.workspace import folder_of
from assay.stages.models._pin import read_model_file
from assay.stages.services import Services
from assay.stages.work import keep_sealed, read_sealed


def dataset_of(services: Services, model: str) -> str:
    """The data set of a model's predictions.

    Raises
    ------
    PolicyError
        If the model file doesn't load, or has no section ``feedback``.
    """
    _, file = read_model_file(services, model)
    return policy_of(model, file).predicted_in(model)


def run_name(services: Services, model: str, run_id: str) -> tuple[str, str, str]:
    """Data set of the predictions, model, and the run's id: what a crash is kept by."""
    return dataset_of(services, model), model, run_id


def drop_judged(services: Services, dataset: str, model: str, run_id: str) -> None:
    """Take back what an earlier attempt of a run has found."""
    _file(services, dataset, model, run_id).path.unlink(missing_ok=True)


def keep_judged(services: Services, dataset: str, model: str, run_id: str, run: JudgedRun) -> None:
    """Seal what a run has found."""
    keep_sealed(services, _file(services, dataset, model, run_id), _about(model, run_id), run)


def read_judged(services: Services, dataset: str, model: str, run_id: str) -> JudgedRun | None:
    """What a run has found; None if it has left nothing."""
    file = _file(services, dataset, model, run_id)
    return read_sealed(services, file, _about(model, run_id), JudgedRun)


def judged_batches(services: Services, model: str, run_id: str) -> tuple[JudgedBatch, ...]:
    """The batches that a run has judged, each with what was found; none if it has left nothing."""
    found = read_judged(services, dataset_of(services, model), model, run_id)
    return found.batches if found else ()


def _file(services: Services, dataset: str, model: str, run_id: str) -> TextArtefact:
    key = (dataset, folder_of(model), run_folder(run_id))
    return Workspace(services.lake, key).result("judged")


def _about(model: str, run_id: str) -> list[str]:
    return ["feedback", model, run_id]
