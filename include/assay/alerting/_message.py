"""What a message says: numbers, reason codes and names of columns, never a value of the data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assay.verdict import Outcome

MessageKind = Literal["opened", "updated", "closed"]
TransportName = Literal["slack", "email"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MessageReason(_Frozen):
    """A reason without its sentence: the code, the column, the numbers, the cause, the runbook."""

    code: str
    column: str | None
    numbers: dict[str, int | float]
    runbook: str
    cause: str | None = None


class MessageBatch(_Frozen):
    """A batch of the incident: ``failing``, ``passed``, ``forced`` or ``dismissed``."""

    batch: str
    state: str
    since: datetime
    rows_affected: int | None
    reasons: tuple[MessageReason, ...]


class Message(_Frozen):
    """One message about one incident to one place; it is what the outbox holds, as JSON.

    Parameters
    ----------
    key : str
        Makes the message one: a second message with the key is the same message.
    edits : str or None
        The key of the message that this one replaces where the transport can edit. Where it
        can't, an ``updated`` message isn't sent and a ``closed`` one is posted anew.
    """

    key: str
    edits: str | None
    kind: MessageKind
    transport: TransportName
    to: tuple[str, ...]
    incident: int
    dataset: str
    check: str
    outcome: Outcome
    opened: datetime
    closed: datetime | None
    owner: str
    run_url: str | None
    batches: tuple[MessageBatch, ...]

    def body(self) -> dict[str, Any]:
        """The message as JSON data, for the outbox."""
        return self.model_dump(mode="json")
