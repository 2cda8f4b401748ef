"""The tags of Assay's DAGs; the cluster policy refuses others."""

from __future__ import annotations

from typing import Final

ASSAY: Final = "assay"
RELEASE: Final = "release"
RETENTION: Final = "retention"
REPORTS: Final = "reports"
ALERTS: Final = "alerts"


def dataset_tag(dataset: str) -> str:
    """The tag of everything about one data set."""
    return f"dataset:{dataset}"


def owner_tag(owner: str) -> str:
    """The tag of everything that one team owns."""
    return f"owner:{owner}"
