"""The incident about a version whose objects are damaged, opened and closed by its batch's runs."""

from __future__ import annotations

from assay.errors import AssayError
from assay.reasons import ReasonCode
from assay.stages.incidents._one_reason import close_incident, open_incident
from assay.stages.services import Services


def report_damage(services: Services, dataset: str, batch: str, error: AssayError) -> None:
    """Open the incident for a batch, with its messages."""
    message = f"damaged: {error.problems[0].got}"
    open_incident(services, dataset, batch, ReasonCode.OBJECT_DAMAGED, message)


def close_damage(services: Services, dataset: str, batch: str) -> None:
    """Close it for a batch whose objects are whole."""
    close_incident(services, dataset, batch, ReasonCode.OBJECT_DAMAGED)
