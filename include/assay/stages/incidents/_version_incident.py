"""An incident about the version that readers have of a batch: it is damaged, or recalled."""

from __future__ import annotations

from assay.reasons import ReasonCode
from assay.stages.incidents._history import announce
from assay.stages.services import Services
from assay.verdict import Outcome, Reason


def is_open(services: Services, dataset: str, batch: str, code: ReasonCode) -> bool:
    """Whether the incident of a reason is open for a batch."""
    return _check(code) in services.catalog.incidents.checks_against(dataset, batch)


def open_incident(
    services: Services, dataset: str, batch: str, code: ReasonCode, message: str
) -> None:
    """Open the incident for a batch, with its messages."""
    reason = Reason(code=code, outcome=Outcome.FAIL, message=message)
    with services.catalog.transaction():
        change = services.catalog.incidents.open_or_update(
            dataset, _check(code), batch, reasons=[reason], at=services.clock()
        )
        announce(services, change)


def close_incident(services: Services, dataset: str, batch: str, code: ReasonCode) -> None:
    """Close the incident for a batch, if it is open."""
    if not is_open(services, dataset, batch, code):
        return
    with services.catalog.transaction():
        for change in services.catalog.incidents.resolve_batch(
            dataset, batch, how="passed", at=services.clock(), only=[_check(code)]
        ):
            announce(services, change)


def _check(code: ReasonCode) -> str:
    return f"registry/{code}"
