"""The incident about a version that was recalled, open until another one of its batch is out."""

from __future__ import annotations

from assay.reasons import ReasonCode
from assay.stages.incidents._one_reason import close_incident, is_open, open_incident
from assay.stages.services import Services


def report_recall(services: Services, dataset: str, batch: str, why: str) -> None:
    """Open the incident for a batch, with its messages; they are sent once."""
    if not is_open(services, dataset, batch, ReasonCode.RECALLED):
        open_incident(services, dataset, batch, ReasonCode.RECALLED, f"recalled: {why}")


def close_recall(services: Services, dataset: str, batch: str) -> None:
    """Close it for a batch of which readers have a version that isn't recalled."""
    close_incident(services, dataset, batch, ReasonCode.RECALLED)
