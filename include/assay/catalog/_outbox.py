"""The outbox: a message is written with what it tells of, then claimed, sent and marked.

Written in the same transaction as its cause, a message can't be lost; claimed before it is sent,
two processes don't both send it. Only a kill between *send* and *mark* sends one twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, or_, select, update

from assay.catalog._schema import OutboxRow
from assay.catalog._store import Store, insert_new

OutboxState = Literal["pending", "claimed", "sent", "failed"]


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


class Outbox(Store):
    """The part of the catalog that holds messages until they are sent."""

    def outbox_add(
        self, key: str, body: Mapping[str, Any], *, at: datetime, due: datetime | None = None
    ) -> bool:
        """Put a message in, once; False if its key is there already.

        Parameters
        ----------
        key : str
            What makes the message one, such as ``incident/7/opened/slack/#data``.
        body : mapping
            JSON.
        at : datetime
            Timezone-aware.
        due : datetime, optional
            Not to be sent before; ``at`` by default.
        """
        values = {
            "key": key,
            "body": dict(body),
            "state": "pending",
            "attempts": 0,
            "created": at,
            "due": due or at,
        }
        with self._session(writes=True) as session:
            return insert_new(session, OutboxRow, values, keys=("key",))

    def outbox_due(self, now: datetime, *, limit: int = 100) -> list[OutboxItem]:
        """Messages to be sent now, oldest first: due, and not in somebody's hands."""
        wanted = select(OutboxRow).where(_free(now)).order_by(OutboxRow.id).limit(limit)
        with self._session(writes=False) as session:
            return [_item(r) for r in session.scalars(wanted)]

    def outbox_claim(self, item_id: int, owner: str, *, now: datetime, ttl: timedelta) -> bool:
        """Take a message for sending; False if another sender was quicker.

        After ``ttl`` without a mark the message is due again: its sender has died.
        """
        claim = (
            update(OutboxRow)
            .where(OutboxRow.id == item_id, _free(now))
            .values(
                state="claimed",
                owner=owner,
                claimed_until=now + ttl,
                attempts=OutboxRow.attempts + 1,
            )
        )
        with self._session(writes=True) as session:
            taken: int = session.execute(claim).rowcount  # type: ignore[attr-defined]
            return taken == 1

    def outbox_mark(
        self,
        item_id: int,
        state: Literal["sent", "failed", "pending"],
        *,
        at: datetime,
        receipt: Mapping[str, Any] | None = None,
        error: str | None = None,
        due: datetime | None = None,
    ) -> None:
        """Record how sending went; ``pending`` with ``due`` is a retry.

        Parameters
        ----------
        item_id : int
        state : {'sent', 'failed', 'pending'}
            ``failed`` is for good.
        at : datetime
            Timezone-aware.
        receipt : mapping, optional
            What the receiver returned.
        error : str, optional
            What went wrong, without secrets.
        due : datetime, optional
            When to try again.
        """
        values: dict[str, Any] = {
            "state": state,
            "owner": None,
            "claimed_until": None,
            "error": error,
            "due": due or at,
        }
        if state == "sent":
            values.update(sent=at, receipt=dict(receipt or {}))
        with self._session(writes=True) as session:
            session.execute(update(OutboxRow).where(OutboxRow.id == item_id).values(**values))

    def outbox_find(self, key: str) -> OutboxItem | None:
        """The message with a key, whatever its state."""
        with self._session(writes=False) as session:
            row = session.scalar(select(OutboxRow).where(OutboxRow.key == key))
            return _item(row) if row else None

    def outbox(self, state: OutboxState | None = None) -> list[OutboxItem]:
        """All messages, oldest first; of one state if given."""
        wanted = select(OutboxRow).order_by(OutboxRow.id)
        if state is not None:
            wanted = wanted.where(OutboxRow.state == state)
        with self._session(writes=False) as session:
            return [_item(r) for r in session.scalars(wanted)]


def _free(now: datetime) -> Any:
    waiting = and_(OutboxRow.state == "pending", OutboxRow.due <= now)
    abandoned = and_(OutboxRow.state == "claimed", OutboxRow.claimed_until <= now)
    return or_(waiting, abandoned)


def _item(row: OutboxRow) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        key=row.key,
        body=row.body,
        state=row.state,  # type: ignore[arg-type]
        attempts=row.attempts,
        created=row.created,
        due=row.due,
        sent=row.sent,
        receipt=row.receipt,
        error=row.error,
    )
