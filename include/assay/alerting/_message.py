"""The content of a message: numbers, reason codes and names of columns, never a value of the data.

A *letter* is what a transport carries: a message about one incident, several of them as one, or an
owner's weekly digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assay.policy.alerting import Severity
from assay.verdict import Outcome

MessageKind = Literal["opened", "updated", "reopened", "reminded", "escalated", "closed"]
TransportName = Literal["slack", "email"]


class _Frozen(BaseModel):
    # What another version of Assay wrote into the outbox may say more.
    model_config = ConfigDict(frozen=True, extra="ignore")

    def body(self) -> dict[str, Any]:
        """The value as JSON data, for the outbox."""
        return self.model_dump(mode="json")


class MessageReason(_Frozen):
    """A reason: its sentence, as far as it may leave the house, and what it is made of.

    ``about`` says in the policy's words what the numbers are of. An earlier version wrote no
    ``sentence``.
    """

    code: str
    column: str | None
    numbers: dict[str, int | float]
    runbook: str
    cause: str | None = None
    about: str | None = None
    sentence: str | None = None


class MessageBatch(_Frozen):
    """A batch of the incident: ``failing``, ``passed``, ``forced`` or ``dismissed``."""

    batch: str
    state: str
    since: datetime
    rows_affected: int | None
    reasons: tuple[MessageReason, ...]


class _Letter(_Frozen):
    """One letter to one place; a second one with its key is the same letter."""

    key: str
    transport: TransportName
    to: tuple[str, ...]

    @property
    def name(self) -> str:
        """A file name that no other letter has."""
        return self.key.replace(":", "").replace("/", "-")


class Message(_Letter):
    """One message about one incident to one place; it is what the outbox holds, as JSON.

    Who answered the incident, and in which words, isn't in it: that is on record in the catalog.

    Parameters
    ----------
    kind : str
        ``updated`` only ever changes a message that was posted; ``reopened`` and ``closed`` change
        it where the transport can, and are posted otherwise; the others are always posted.
    answer_url : str or None
        Where a person may acknowledge, snooze or dismiss the incident.
    """

    type: Literal["incident"] = "incident"
    kind: MessageKind
    incident: int
    dataset: str
    check: str
    outcome: Outcome
    severity: Severity = Severity.NORMAL
    opened: datetime
    closed: datetime | None
    resolution: str | None = None
    acknowledged: datetime | None = None
    snoozed_until: datetime | None = None
    reopened: int = 0
    escalations: int = 0
    owner: str
    run_url: str | None
    answer_url: str | None = None
    batches: tuple[MessageBatch, ...]

    @property
    def name(self) -> str:
        """A file name that no other letter has."""
        return f"{self.dataset}-{super().name}"


class Bundle(_Letter):
    """Messages that were held back, as one; the newest of each incident."""

    messages: tuple[Message, ...]


class WeeklyIncident(_Frozen):
    """An incident as the weekly digest names it."""

    incident: int
    check: str
    since: datetime
    batches: int


class WeeklyLine(_Frozen):
    """What became of one data set in a week.

    ``muted`` has the incidents that were muted for some time, with how and until when; ``advice``
    a sentence for each model that learned from the data set and would gain from more labels.
    """

    dataset: str
    released: int
    forced: int
    held: int
    crashed: int
    rows_in: int
    rows_quarantined: int
    held_batches: tuple[str, ...]
    opened: int
    open_now: int
    oldest: WeeklyIncident | None
    muted: tuple[str, ...]
    advice: tuple[str, ...] = ()


class Weekly(_Frozen):
    """An owner's week: what was released, held and quarantined, what is open, what was muted."""

    owner: str
    week: str
    first: date
    last: date
    lines: tuple[WeeklyLine, ...]


class WeeklyLetter(_Letter):
    """A weekly digest on its way to a place."""

    type: Literal["weekly"] = "weekly"
    weekly: Weekly


Letter = Message | Bundle | WeeklyLetter


def read_letter(body: Mapping[str, Any]) -> Message | WeeklyLetter:
    """What the outbox holds, as a value."""
    kind = WeeklyLetter if body.get("type") == "weekly" else Message
    return kind.model_validate(body)
