"""The tags of Assay's DAGs; the cluster policy refuses others."""

from __future__ import annotations

from typing import Final

ASSAY: Final = "assay"
RELEASE: Final = "release"
RETENTION: Final = "retention"
REPORTS: Final = "reports"
ALERTS: Final = "alerts"
TRAINING: Final = "training"
SCORING: Final = "scoring"
FEEDBACK: Final = "feedback"
SYNTHESIS: Final = "synthesis"
LABELLING: Final = "labelling"
PUBLISHING: Final = "publishing"


def dataset_tag(dataset: str) -> str:
    """The tag of a data set's DAGs."""
    return f"dataset:{dataset}"


def owner_tag(owner: str) -> str:
    """The tag of the DAGs of one owner."""
    return f"owner:{owner}"


def model_tag(model: str) -> str:
    """The tag of a model's DAGs."""
    return f"model:{model}"
