"""The incident about a version that was recalled, open until another one of its batch is out."""

from __future__ import annotations

from typing import Final

from assay.reasons import ReasonCode
from assay.stages.incidents._history import announce
from assay.stages.services import Services
from assay.verdict import Outcome, Reason

_CHECK: Final = f"registry/{ReasonCode.RECALLED}"


def report_recall(services: Services, dataset: str, batch: str, why: str) -> None:
    """Open the incident for a batch, with its messages; they are sent once."""
    if _CHECK in services.catalog.incidents.checks_against(dataset, batch):
        return
    reason = Reason(code=ReasonCode.RECALLED, outcome=Outcome.FAIL, message=f"recalled: {why}")
    with services.catalog.transaction():
        change = services.catalog.incidents.open_or_update(
            dataset, _CHECK, batch, reasons=[reason], at=services.clock()
        )
        announce(services, change)


def close_recall(services: Services, dataset: str, batch: str) -> None:
    """Close it for a batch of which readers have a version that isn't recalled."""
    incidents = services.catalog.incidents
    if _CHECK in incidents.checks_against(dataset, batch):
        with services.catalog.transaction():
            for change in incidents.resolve_batch(
                dataset, batch, how="passed", at=services.clock(), only=[_CHECK]
            ):
                announce(services, change)
