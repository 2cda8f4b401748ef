"""Where the artefacts of a training run are: the only module that knows the names of their files.

They lie with the data set's own runs, under its periods: ``work/<dataset>/model-<model>/<id>/``.
What is kept for good, the model and its report, becomes objects of the registry.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.stages.artefacts import Workspace, sealed_at, text_at


def folder_of(model: str) -> str:
    """The name of a model's folders, and of its leases; no batch has such a key."""
    return f"model-{model}"


@dataclass(frozen=True)
class TrainingWorkspace(Workspace):
    """The artefacts of a training run; its key is data set, folder of the model, and id."""

    # Restricted: released rows are in them.
    rows = sealed_at("work", "rows.arrow")
    predictions = sealed_at("work", "predictions.arrow")
    model = sealed_at("work", "model.skops", stored_as="model")
    fitted = text_at("work", "fitted.json")
    figures = text_at("work", "figures.json")
    explanation = text_at("work", "explanation.json")
    # The rows that own code has named, by batch and number.
    sides = text_at("work", "sides.json", stored_as="sides")
    record = text_at("work", "record.json", stored_as="record")
    model_file = text_at("work", "model_file.yaml", stored_as="model_file")
    # What people read.
    overview = text_at("reports", "report.html", stored_as="report")
