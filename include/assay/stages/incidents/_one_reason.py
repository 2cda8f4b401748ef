"""An incident with one reason that no gate gives, such as a version that is damaged or recalled."""

from __future__ import annotations

from typing import Final

from assay.reasons import ReasonCode
from assay.stages.incidents._history import announce
from assay.stages.services import Services
from assay.verdict import Outcome, Reason

_ROOM: Final = "registry"


def is_open(
    services: Services, dataset: str, batch: str, code: ReasonCode, *, room: str = _ROOM
) -> bool:
    """Whether the incident of a reason is open for a batch."""
    return _check(room, code) in services.catalog.incidents.checks_against(dataset, batch)


def open_incident(
    services: Services, dataset: str, batch: str, code: ReasonCode, message: str, *,
    room: str = _ROOM,
) -> None:  # fmt: skip
    """Open the incident for a batch, with its messages."""
    reason = Reason(code=code, outcome=Outcome.FAIL, message=message)
    with services.catalog.transaction():
        change = services.catalog.incidents.open_or_update(
            dataset, _check(room, code), batch, reasons=[reason], at=services.clock()
        )
        announce(services, change)


def close_incident(
    services: Services, dataset: str, batch: str, code: ReasonCode, *, room: str = _ROOM
) -> None:
    """Close the incident for a batch, if it is open."""
    if not is_open(services, dataset, batch, code, room=room):
        return
    with services.catalog.transaction():
        for change in services.catalog.incidents.resolve_batch(
            dataset, batch, how="passed", at=services.clock(), only=[_check(room, code)]
        ):
            announce(services, change)


def _check(room: str, code: ReasonCode) -> str:
    return f"{room}/{code}"
