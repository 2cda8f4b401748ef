"""The incident about a version whose objects are damaged, opened and closed by its batch's runs."""

from __future__ import annotations

from typing import Final

from assay.errors import AssayError
from assay.reasons import ReasonCode
from assay.stages.incidents._history import announce
from assay.stages.services import Services
from assay.verdict import Outcome, Reason

_CHECK: Final = f"registry/{ReasonCode.OBJECT_DAMAGED}"


def report_damage(services: Services, dataset: str, batch: str, error: AssayError) -> None:
    """Open the incident for a batch, with its messages."""
    problem = error.problems[0]
    reason = Reason(
        code=ReasonCode.OBJECT_DAMAGED, outcome=Outcome.FAIL, message=f"damaged: {problem.got}"
    )
    with services.catalog.transaction():
        change = services.catalog.incidents.open_or_update(
            dataset, _CHECK, batch, reasons=[reason], at=services.clock()
        )
        announce(services, change)


def close_damage(services: Services, dataset: str, batch: str) -> None:
    """Close it for a batch whose objects are whole."""
    incidents = services.catalog.incidents
    if _CHECK in incidents.checks_against(dataset, batch):
        with services.catalog.transaction():
            for change in incidents.resolve_batch(
                dataset, batch, how="passed", at=services.clock(), only=[_CHECK]
            ):
                announce(services, change)
