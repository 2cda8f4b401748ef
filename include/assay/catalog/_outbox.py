"""The outbox: a message is written with its cause, then claimed, sent and marked.

Written in the same transaction as its cause, a message can't be lost; claimed before it is sent,
two processes don't both send it. Only a kill between *send* and *mark* sends one twice. Messages of
one *thread* (a subject at a place) keep their order; those of one *bundle* go out as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import and_, func, or_, select, update

from assay.catalog._schema import OutboxRow
from assay.catalog._store import Store, insert_new
from assay.records.outbox import OutboxItem, OutboxState

_UNSENT: Final = ("pending", "claimed")
_THREAD: Final = func.coalesce(OutboxRow.thread, OutboxRow.key)
"""A message that belongs to no other is a thread of its own."""


@dataclass(frozen=True)
class Outbox:
    """Messages that wait to be sent, and the record of those that were."""

    store: Store

    def add(
        self,
        key: str,
        body: Mapping[str, Any],
        *,
        at: datetime,
        due: datetime | None = None,
        thread: str | None = None,
        bundle: str | None = None,
        hold: datetime | None = None,
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
            Not to be looked at before; ``at`` by default.
        thread : str, optional
            One subject at one place; a message waits for the earlier ones of its thread.
        bundle : str, optional
            Messages that are posted together.
        hold : datetime, optional
            Not to be posted before; what only changes a post needn't wait.
        """
        values = {
            "key": key,
            "body": dict(body),
            "state": "pending",
            "attempts": 0,
            "created": at,
            "due": due or at,
            "thread": thread,
            "bundle": bundle,
            "hold": hold,
        }
        with self.store.session(writes=True) as session:
            return insert_new(session, OutboxRow, values, keys=("key",))

    def due(self, now: datetime, *, after: int = 0, limit: int = 100) -> list[OutboxItem]:
        """Messages to be sent now, oldest first: due, and claimed by no sender.

        Of each thread only the first unsent one can be among them, so that what waits for it takes
        no place. ``after`` is the last one of the page before.
        """
        turn = select(func.min(OutboxRow.id)).where(OutboxRow.state.in_(_UNSENT)).group_by(_THREAD)
        wanted = (
            select(OutboxRow)
            .where(_free(now), OutboxRow.id > after, OutboxRow.id.in_(turn))
            .order_by(OutboxRow.id)
            .limit(limit)
        )
        with self.store.session(writes=False) as session:
            return [_item(r) for r in session.scalars(wanted)]

    def claim(self, item_id: int, owner: str, *, now: datetime, ttl: timedelta) -> bool:
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
        with self.store.session(writes=True) as session:
            taken: int = session.execute(claim).rowcount  # type: ignore[attr-defined]
            return taken == 1

    def claim_bundle(
        self, bundle: str, owner: str, *, now: datetime, ttl: timedelta
    ) -> list[OutboxItem]:
        """Take all messages of a bundle that nobody has in hand; empty if another was quicker."""
        return self._claim_all(OutboxRow.bundle == bundle, owner, now, ttl)

    def claim_thread(
        self, thread: str, owner: str, *, now: datetime, ttl: timedelta
    ) -> list[OutboxItem]:
        """Take all messages of a thread that nobody has in hand, due or not."""
        return self._claim_all(OutboxRow.thread == thread, owner, now, ttl)

    def _claim_all(self, which: Any, owner: str, now: datetime, ttl: timedelta) -> list[OutboxItem]:
        wanted = (
            select(OutboxRow)
            .where(which, _unsent(now))
            .order_by(OutboxRow.id)  # two senders lock them in one order
            .with_for_update()
        )
        with self.store.session(writes=True) as session:
            rows = session.scalars(wanted).all()
            for row in rows:
                row.state, row.owner, row.claimed_until = "claimed", owner, now + ttl
                row.attempts += 1
            session.flush()
            return [_item(row) for row in rows]

    def prolong(self, item_ids: Sequence[int], owner: str, *, until: datetime) -> int:
        """Keep a sender's claims on messages that take long to send; how many it still has."""
        kept = (
            update(OutboxRow)
            .where(OutboxRow.id.in_(item_ids), OutboxRow.owner == owner)
            .where(OutboxRow.state == "claimed")
            .values(claimed_until=until)
        )
        with self.store.session(writes=True) as session:
            found: int = session.execute(kept).rowcount  # type: ignore[attr-defined]
            return found

    def put_off(self, bundle_prefix: str, *, hold: datetime) -> int:
        """Hold the bundles whose name begins so until a time; how many messages they are."""
        later = (
            update(OutboxRow)
            .where(OutboxRow.bundle.startswith(bundle_prefix, autoescape=True))
            .where(OutboxRow.state == "pending", OutboxRow.hold < hold)
            .values(hold=hold)
        )
        with self.store.session(writes=True) as session:
            found: int = session.execute(later).rowcount  # type: ignore[attr-defined]
            return found

    def bring_forward(self, key: str, *, at: datetime) -> bool:
        """Let a message that is held back go at once and alone; False if there is none."""
        now = (
            update(OutboxRow)
            .where(OutboxRow.key == key, OutboxRow.state == "pending", OutboxRow.hold > at)
            .values(hold=None, bundle=None, due=at)
        )
        with self.store.session(writes=True) as session:
            return bool(session.execute(now).rowcount)  # type: ignore[attr-defined]

    def withdraw(self, key_prefix: str) -> int:
        """Take back the messages whose key begins so and that aren't under way; how many."""
        back = (
            update(OutboxRow)
            .where(OutboxRow.key.startswith(key_prefix, autoescape=True))
            .where(OutboxRow.state == "pending")
            .values(state="withdrawn")
        )
        with self.store.session(writes=True) as session:
            found: int = session.execute(back).rowcount  # type: ignore[attr-defined]
            return found

    def thread(self, thread: str) -> list[OutboxItem]:
        """The messages of a thread, oldest first, whatever their state."""
        wanted = select(OutboxRow).where(OutboxRow.thread == thread).order_by(OutboxRow.id)
        with self.store.session(writes=False) as session:
            return [_item(r) for r in session.scalars(wanted)]

    def mark(
        self,
        item_ids: int | Sequence[int],
        state: Literal["sent", "failed", "pending"],
        *,
        owner: str,
        at: datetime,
        receipt: Mapping[str, Any] | None = None,
        error: str | None = None,
        due: datetime | None = None,
    ) -> None:
        """Record how sending went; ``pending`` with ``due`` is a retry.

        A sender that has lost its claim to another one records nothing: the other one does.

        Parameters
        ----------
        item_ids : int or sequence of int
            All of them at once, where one letter held several.
        state : {'sent', 'failed', 'pending'}
            ``failed`` is for good.
        owner : str
            Who has claimed them.
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
        ids = [item_ids] if isinstance(item_ids, int) else list(item_ids)
        own = and_(OutboxRow.state == "claimed", OutboxRow.owner == owner)
        with self.store.session(writes=True) as session:
            session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids), own).values(**values))

    def get(self, key: str) -> OutboxItem | None:
        """The message with a key, whatever its state."""
        with self.store.session(writes=False) as session:
            row = session.scalar(select(OutboxRow).where(OutboxRow.key == key))
            return _item(row) if row else None

    def about(self, key_prefix: str) -> list[OutboxItem]:
        """The messages whose key begins so, oldest first, whatever their state."""
        wanted = (
            select(OutboxRow)
            .where(OutboxRow.key.startswith(key_prefix, autoescape=True))
            .order_by(OutboxRow.id)
        )
        with self.store.session(writes=False) as session:
            return [_item(r) for r in session.scalars(wanted)]

    def first(self, key_prefix: str) -> list[OutboxItem]:
        """The first message of each thread whose keys begin so, neither failed nor taken back."""
        first = (
            select(func.min(OutboxRow.id))
            .where(OutboxRow.key.startswith(key_prefix, autoescape=True))
            .where(OutboxRow.state.not_in(("failed", "withdrawn")))
            .group_by(_THREAD)
        )
        wanted = select(OutboxRow).where(OutboxRow.id.in_(first)).order_by(OutboxRow.id)
        with self.store.session(writes=False) as session:
            return [_item(r) for r in session.scalars(wanted)]

    def find(self, state: OutboxState | None = None) -> list[OutboxItem]:
        """All messages, oldest first; of one state if given."""
        wanted = select(OutboxRow).order_by(OutboxRow.id)
        if state is not None:
            wanted = wanted.where(OutboxRow.state == state)
        with self.store.session(writes=False) as session:
            return [_item(r) for r in session.scalars(wanted)]


def _free(now: datetime) -> Any:
    return and_(_unsent(now), or_(OutboxRow.state == "claimed", OutboxRow.due <= now))


def _unsent(now: datetime) -> Any:
    """Not sent, and not claimed; an expired claim was a dead sender's."""
    abandoned = and_(OutboxRow.state == "claimed", OutboxRow.claimed_until <= now)
    return or_(OutboxRow.state == "pending", abandoned)


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
        thread=row.thread,
        bundle=row.bundle,
        hold=row.hold,
    )
