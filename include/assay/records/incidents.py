"""Incidents: checks that fail, the batches that they affect, and what people did about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from assay.verdict import Outcome

Resolution = Literal["passed", "forced", "dismissed"]
ChangeKind = Literal[
    "opened", "reopened", "updated", "closed", "unchanged",
    "acknowledged", "snoozed", "woken", "escalated",
]  # fmt: skip
DISMISSED: Final = "dismissed"
ActionKind = Literal["acknowledge", "snooze", "dismiss"]


@dataclass(frozen=True)
class AffectedBatch:
    """A batch in an incident: ``failing``, ``passed``, ``forced`` or ``dismissed`` (until when)."""

    batch: str
    state: str
    since: datetime
    run_id: str | None
    reasons: tuple[Mapping[str, Any], ...]
    rows_affected: int | None
    until: datetime | None = None


@dataclass(frozen=True)
class Incident:
    """A check that fails for some batches of a data set; open until each has been resolved.

    Parameters
    ----------
    resolution : str or None
        How the last batch was resolved, of a closed incident.
    reopened : int
        How often the check failed again soon after the incident was closed.
    acknowledged : datetime or None
        When somebody acknowledged it.
    snoozed_until : datetime or None
        No message about it is sent before.
    reminders : int
        Snoozes that have run out.
    escalations, escalated : int, datetime or None
        How often, and when last, it was escalated because nobody acknowledged it.
    """

    id: int
    dataset: str
    check: str
    state: str
    outcome: Outcome
    opened: datetime
    closed: datetime | None
    batches: tuple[AffectedBatch, ...]
    resolution: str | None = None
    reopened: int = 0
    acknowledged: datetime | None = None
    snoozed_until: datetime | None = None
    reminders: int = 0
    escalations: int = 0
    escalated: datetime | None = None

    @property
    def failing(self) -> tuple[str, ...]:
        """The batches that nothing has resolved."""
        return tuple(b.batch for b in self.batches if b.state == "failing")

    def snoozed(self, at: datetime) -> bool:
        """Whether it is snoozed at a time."""
        return self.snoozed_until is not None and at < self.snoozed_until


@dataclass(frozen=True)
class IncidentChange:
    """What one call did to one incident, with the incident as it is after it."""

    kind: ChangeKind
    incident: Incident


@dataclass(frozen=True)
class Response:
    """What a person did about an incident."""

    incident: int
    action: str
    author: str
    at: datetime
    until: datetime | None
    batch: str | None
    reason: str | None


@dataclass(frozen=True)
class Silence:
    """An incident or batches without messages: it was snoozed, or they were dismissed.

    ``state`` is ``active``, ``unbounded`` (a dismissal without an end: until the batch passes) or
    ``expired`` (its time is over, and nothing has passed since).
    """

    incident: Incident
    kind: Literal["snoozed", "dismissed"]
    state: Literal["active", "unbounded", "expired"]
    until: datetime | None
    batches: tuple[str, ...]
    response: Response | None
