"""The incident about a registry whose history was rewound, opened and closed."""

from __future__ import annotations

from typing import Final

from assay.alerting import AlertContext
from assay.errors import AssayError
from assay.reasons import ReasonCode
from assay.records.incidents import IncidentChange
from assay.stages.incidents._outbox import alerting_of, plan_into_outbox
from assay.stages.services import Services
from assay.verdict import Outcome, Reason

_CHECK: Final = f"registry/{ReasonCode.HISTORY_REWOUND}"
_EVERY: Final = "every batch"


def report_rewound(services: Services, error: AssayError) -> None:
    """Open an incident of each data set that has a version, with its messages.

    A writer or a sweep that found the history rewound calls it before it stops.
    """
    what = error.problems[0]
    reason = Reason(code=ReasonCode.HISTORY_REWOUND, outcome=Outcome.FAIL, message=what.what)
    for dataset in sorted(services.catalog.history.last().holdings):
        with services.catalog.transaction():
            change = services.catalog.incidents.open_or_update(
                dataset, _CHECK, _EVERY, reasons=[reason], at=services.clock()
            )
            announce(services, change)


def close_rewound(services: Services) -> None:
    """Close the incidents about a rewound history that stands again, or was accepted."""
    for incident in services.catalog.incidents.find(state="open"):
        if incident.check == _CHECK:
            with services.catalog.transaction():
                for change in services.catalog.incidents.resolve_batch(
                    incident.dataset, _EVERY, how="passed", at=services.clock(), only=[_CHECK]
                ):
                    announce(services, change)


def announce(services: Services, change: IncidentChange) -> None:
    """Plan the messages about it; an unreadable policy hides no incident."""
    try:
        owner, policy = alerting_of(services, change.incident.dataset)
    except AssayError:
        return
    plan_into_outbox(services, change, policy, AlertContext(owner, services.clock()))
