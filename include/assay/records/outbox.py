"""Messages that wait in the outbox, or were sent from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

OutboxState = Literal["pending", "claimed", "sent", "failed", "withdrawn"]


@dataclass(frozen=True)
class OutboxItem:
    """A message in the outbox.

    ``receipt`` is what the receiver returned (a Slack channel and timestamp, say); a later message
    that edits this one needs it.
    """

    id: int
    key: str
    body: Mapping[str, Any]
    state: OutboxState
    attempts: int
    created: datetime
    due: datetime
    sent: datetime | None
    receipt: Mapping[str, Any] | None
    error: str | None
    thread: str | None = None
    bundle: str | None = None
    hold: datetime | None = None
