"""Where the artefacts of a feedback are: the only module that knows the names of their files.

They lie with the data set of the predictions, under its periods:
``reports/<dataset>/feedback-<model>/<id>/``. They hold figures and numbers of rows, and no value.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.stages.artefacts import Workspace, text_at


def folder_of(model: str) -> str:
    """The name of the folders and leases of a model's feedback; no batch has such a key."""
    return f"feedback-{model}"


@dataclass(frozen=True)
class FeedbackWorkspace(Workspace):
    """The artefacts of one feedback; its key is data set, folder of the model, and id."""

    page = text_at("reports", "feedback.html")
    text = text_at("reports", "feedback.txt")
    misclassified = text_at("reports", "misclassified.json")
    request = text_at("reports", "labelling_request.json")
