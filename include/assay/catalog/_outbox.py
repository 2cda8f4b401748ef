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

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, true, update

from assay.catalog._schema import OutboxRow
from assay.catalog._store import Store, insert_new, record_of
from assay.records.outbox import OutboxItem, OutboxState

_UNSENT: Final = ("pending", "claimed")
_THREAD: Final = func.coalesce(OutboxRow.thread, OutboxRow.key)
"""A message that belongs to no other is a thread of its own."""


TRACKING: Final = "tracking/"
"""How the keys begin of what waits for the tracking server."""
EVENTS: Final = "openlineage/"
"""How the keys begin of events that wait for the receiver of lineage."""


@dataclass(frozen=True)
class Outbox:
    """Messages that wait to be sent, and the record of those that were.

    Parameters
    ----------
    queue : str
        How the keys begin of a queue of its own; empty for the messages to people. They are one
        table, and none sees what is in another.
    """

    store: Store
    queue: str = ""

    @property
    def _queue(self) -> ColumnElement[bool]:
        if self.queue:
            return _key_begins(self.queue)
        return and_(not_(_key_begins(TRACKING)), not_(_key_begins(EVENTS)))

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
        due : datetime, optional
            Not to be looked at before; ``at`` by default.
        thread : str, optional
            One subject at one place; a message waits for the earlier ones of its thread.
        bundle : str, optional
            Messages that are posted together.
        hold : datetime, optional
            Not to be posted before; what only changes a post needn't wait.
        """
        start = {"key": key, "body": dict(body), "state": "pending", "attempts": 0, "created": at}
        order = {"due": due or at, "thread": thread, "bundle": bundle, "hold": hold}
        with self.store.session(writes=True) as session:
            return insert_new(session, OutboxRow, {**start, **order}, keys=("key",))

    def due(self, now: datetime, *, after: int = 0, limit: int = 100) -> list[OutboxItem]:
        """Messages to be sent now, oldest first: due, and claimed by no sender.

        Of each thread only the first unsent one can be among them, so that what waits for it takes
        no place. ``after`` is the last one of the page before.
        """
        unsent = and_(OutboxRow.state.in_(_UNSENT), self._queue)
        turn = select(func.min(OutboxRow.id)).where(unsent).group_by(_THREAD)
        free = and_(_free(now), OutboxRow.id > after, OutboxRow.id.in_(turn))
        return self._items(free, limit)

    def claim(self, item_id: int, owner: str, *, now: datetime, ttl: timedelta) -> bool:
        """Take a message for sending; False if another sender was quicker.

        After ``ttl`` without a mark the message is due again: its sender has died.
        """
        taken = {"state": "claimed", "owner": owner, "claimed_until": now + ttl}
        attempts = OutboxRow.attempts + 1
        free = and_(OutboxRow.id == item_id, _free(now))
        return self._change(free, **taken, attempts=attempts) == 1

    def claim_all(
        self,
        owner: str,
        *,
        now: datetime,
        ttl: timedelta,
        bundle: str | None = None,
        thread: str | None = None,
    ) -> list[OutboxItem]:
        """Take all messages of a bundle or thread that no sender has claimed, due or not."""
        which = OutboxRow.thread == thread if bundle is None else OutboxRow.bundle == bundle
        wanted = (
            select(OutboxRow)
            .where(which, self._queue, _unsent(now))
            .order_by(OutboxRow.id)  # two senders lock them in one order
            .with_for_update()
        )
        with self.store.session(writes=True) as session:
            rows = session.scalars(wanted).all()
            for row in rows:
                row.state, row.owner, row.claimed_until = "claimed", owner, now + ttl
                row.attempts += 1
            session.flush()
            return [record_of(OutboxItem, row) for row in rows]

    def prolong(self, item_ids: Sequence[int], owner: str, *, until: datetime) -> int:
        """Keep a sender's claims on messages that take long to send; how many it still has."""
        return self._change(_claimed(item_ids, owner), claimed_until=until)

    def put_off(self, bundle_prefix: str, *, hold: datetime) -> int:
        """Hold the bundles whose name begins so until a time; how many messages they are."""
        begins = OutboxRow.bundle.startswith(bundle_prefix, autoescape=True)
        waiting = and_(begins, OutboxRow.state == "pending", OutboxRow.hold < hold)
        return self._change(waiting, hold=hold)

    def bring_forward(self, key: str, *, at: datetime) -> bool:
        """Let a message that is held back go at once and alone; False if there is none."""
        held = and_(OutboxRow.key == key, OutboxRow.state == "pending", OutboxRow.hold > at)
        return self._change(held, hold=None, bundle=None, due=at) > 0

    def hasten(self, at: datetime) -> int:
        """Let every message that waits for its next try be tried at once; how many they are."""
        return self._change(and_(OutboxRow.state == "pending", self._queue), due=at)

    def withdraw(self, key_prefix: str) -> int:
        """Take back the messages whose key begins so and that aren't under way; how many."""
        waiting = and_(_key_begins(key_prefix), OutboxRow.state == "pending")
        return self._change(waiting, state="withdrawn")

    def mark(
        self,
        item_ids: Sequence[int],
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
        item_ids : sequence of int
            All of them at once, where one letter held several.
        state : {'sent', 'failed', 'pending'}
            ``failed`` is for good.
        owner : str
            Who has claimed them.
        receipt : mapping, optional
            What the receiver returned.
        error : str, optional
            What went wrong, without secrets.
        """
        values: dict[str, Any] = {"state": state, "owner": None, "claimed_until": None}
        if state == "sent":
            values.update(sent=at, receipt=dict(receipt or {}))
        self._change(_claimed(item_ids, owner), **values, error=error, due=due or at)

    def forget(self, item_ids: Sequence[int] = (), *, before: datetime | None = None) -> int:
        """Delete what is in a queue of its own: these, or all from before a time; how many."""
        which = OutboxRow.id.in_(item_ids) if before is None else OutboxRow.created < before
        with self.store.session(writes=True) as session:
            done = session.execute(delete(OutboxRow).where(self._queue, which))
            return int(done.rowcount)  # type: ignore[attr-defined]

    def get(self, key: str) -> OutboxItem | None:
        """The message with a key, whatever its state."""
        return next(iter(self._items(OutboxRow.key == key)), None)

    def thread(self, thread: str) -> list[OutboxItem]:
        """The messages of a thread, oldest first, whatever their state."""
        return self._items(OutboxRow.thread == thread)

    def about(self, key_prefix: str) -> list[OutboxItem]:
        """The messages whose key begins so, oldest first, whatever their state."""
        return self._items(_key_begins(key_prefix))

    def first(self, key_prefix: str) -> list[OutboxItem]:
        """The first message of each thread whose keys begin so, neither failed nor taken back."""
        first = (
            select(func.min(OutboxRow.id))
            .where(_key_begins(key_prefix), OutboxRow.state.not_in(("failed", "withdrawn")))
            .group_by(_THREAD)
        )
        return self._items(OutboxRow.id.in_(first))

    def find(self, state: OutboxState | None = None) -> list[OutboxItem]:
        """All messages, oldest first; of one state if given."""
        return self._items(true() if state is None else OutboxRow.state == state)

    def _items(self, which: ColumnElement[bool], limit: int | None = None) -> list[OutboxItem]:
        wanted = select(OutboxRow).where(which, self._queue).order_by(OutboxRow.id).limit(limit)
        return [record_of(OutboxItem, row) for row in self.store.all(wanted)]

    def _change(self, which: ColumnElement[bool], **values: Any) -> int:
        return self.store.change(update(OutboxRow).where(which).values(**values))


def _key_begins(prefix: str) -> ColumnElement[bool]:
    return OutboxRow.key.startswith(prefix, autoescape=True)


def _claimed(item_ids: Sequence[int], owner: str) -> ColumnElement[bool]:
    mine = and_(OutboxRow.state == "claimed", OutboxRow.owner == owner)
    return and_(OutboxRow.id.in_(item_ids), mine)


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(_unsent(now), or_(OutboxRow.state == "claimed", OutboxRow.due <= now))


def _unsent(now: datetime) -> ColumnElement[bool]:
    """Not sent, and not claimed; an expired claim was a dead sender's."""
    abandoned = and_(OutboxRow.state == "claimed", OutboxRow.claimed_until <= now)
    return or_(OutboxRow.state == "pending", abandoned)
