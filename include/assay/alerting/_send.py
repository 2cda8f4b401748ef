"""Send what is due in the outbox, each message once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from assay.alerting._message import Bundle, Letter, Message, read_letter
from assay.alerting._thread import HOLD, SKIP, WAIT, Way, choose_way
from assay.alerting._transport import Receipt, SendLater, Transport
from assay.errors import DeliveryError

_CLAIM: Final = timedelta(minutes=5)
_BEAT_S = 60.0
"""How often a claim is prolonged while its message is being sent."""
_FIRST_RETRY: Final = timedelta(minutes=1)
_LONGEST_RETRY: Final = timedelta(hours=1)

Clock = Callable[[], datetime]


class ItemLike(Protocol):
    """A message in the outbox."""

    @property
    def id(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def state(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def receipt(self) -> Mapping[str, Any] | None: ...
    @property
    def thread(self) -> str | None: ...
    @property
    def bundle(self) -> str | None: ...
    @property
    def hold(self) -> datetime | None: ...


class OutboxLike(Protocol):
    """What sending needs of the catalog."""

    def outbox_due(self, now: datetime, *, limit: int = ...) -> Sequence[ItemLike]: ...
    def outbox_thread(self, thread: str) -> Sequence[ItemLike]: ...
    def outbox_claim(
        self, item_id: int, owner: str, *, now: datetime, ttl: timedelta, early: bool = ...
    ) -> bool: ...
    def outbox_claim_bundle(
        self, bundle: str, owner: str, *, now: datetime, ttl: timedelta
    ) -> Sequence[ItemLike]: ...
    def outbox_prolong(self, item_ids: Sequence[int], owner: str, *, until: datetime) -> int: ...
    def outbox_mark(
        self,
        item_ids: int | Sequence[int],
        state: Literal["sent", "failed", "pending"],
        *,
        at: datetime,
        receipt: Mapping[str, Any] | None = None,
        error: str | None = None,
        due: datetime | None = None,
    ) -> None: ...


@dataclass(frozen=True)
class Delivery:
    """What became of one message: ``sent``, ``skipped``, ``held``, ``later`` or ``failed``."""

    key: str
    state: Literal["sent", "skipped", "held", "later", "failed"]
    error: str | None = None
    receipt: Receipt | None = None


@dataclass
class _Sender:
    """One pass over the outbox; a service that asks to wait isn't asked again in it."""

    outbox: OutboxLike
    transports: Mapping[str, Transport]
    clock: Clock
    owner: str
    resting: set[str] = field(default_factory=set)

    def deliver(self, item: ItemLike) -> list[Delivery]:
        """Send one message and what belongs with it; nothing if it isn't its turn."""
        letter = read_letter(item.body)
        if letter.transport in self.resting:
            return []
        thread = self.outbox.outbox_thread(item.thread) if item.thread else ()
        way = choose_way(item, letter, thread, self.transports[letter.transport], self.clock())
        if way.what == WAIT:
            return []
        if way.what in {HOLD, SKIP}:
            return self._put_aside(item, way)
        items = self._take(item, way)
        return self._hand_over(items, _one_letter(items), way) if items else []

    def _put_aside(self, item: ItemLike, way: Way) -> list[Delivery]:
        if not self._claim(item):
            return []
        now = self.clock()
        if way.what == HOLD:
            self.outbox.outbox_mark(item.id, "pending", at=now, due=item.hold)
            return [Delivery(item.key, "held")]
        receipt: Receipt = {"skipped": True}
        self.outbox.outbox_mark(item.id, "sent", at=now, receipt=receipt)
        return [Delivery(item.key, "skipped", receipt=receipt)]

    def _take(self, item: ItemLike, way: Way) -> list[ItemLike]:
        """Claim the message, its bundle, and what was said later about the same incidents.

        So the letter says how things stand now, and an outage isn't followed by a flood.
        """
        taken = [item]
        if item.bundle and way.posts:
            now = self.clock()
            found = self.outbox.outbox_claim_bundle(item.bundle, self.owner, now=now, ttl=_CLAIM)
            taken = list(found)
        elif not self._claim(item):
            return []
        known = {one.id for one in taken}
        for thread in dict.fromkeys(one.thread for one in taken if one.thread):
            rest = [o for o in self.outbox.outbox_thread(thread) if o.state == "pending"]
            taken += [o for o in rest if o.id not in known and self._claim(o, early=True)]
        return sorted(taken, key=lambda one: one.id)

    def _claim(self, item: ItemLike, *, early: bool = False) -> bool:
        now = self.clock()
        return self.outbox.outbox_claim(item.id, self.owner, now=now, ttl=_CLAIM, early=early)

    def _hand_over(self, items: Sequence[ItemLike], letter: Letter, way: Way) -> list[Delivery]:
        ids = [item.id for item in items]
        transport = self.transports[letter.transport]
        try:
            with self._kept(ids):
                sent = transport.send(letter, self.clock(), way.edits, way.follows)
        except DeliveryError as error:
            self.outbox.outbox_mark(ids, "failed", at=self.clock(), error=str(error))
            return [Delivery(item.key, "failed", str(error)) for item in items]
        except SendLater as later:
            return self._postpone(items, letter, later)
        except Exception as error:  # alerts degrade: whatever breaks here, the batch's run goes on
            return self._postpone(items, letter, SendLater(type(error).__name__, only_this=True))
        receipt = {**sent, "bundled": True} if isinstance(letter, Bundle) else dict(sent)
        self.outbox.outbox_mark(ids, "sent", at=self.clock(), receipt=receipt)
        return [Delivery(item.key, "sent", receipt=receipt) for item in items]

    def _postpone(
        self, items: Sequence[ItemLike], letter: Letter, later: SendLater
    ) -> list[Delivery]:
        if not later.only_this:
            self.resting.add(letter.transport)
        attempts = max(item.attempts for item in items)
        backoff = min(_FIRST_RETRY * 2 ** min(attempts, 10), _LONGEST_RETRY)
        now = self.clock()
        due = now + (timedelta(seconds=later.after) if later.after is not None else backoff)
        ids = [item.id for item in items]
        self.outbox.outbox_mark(ids, "pending", at=now, error=later.reason, due=due)
        return [Delivery(item.key, "later", later.reason) for item in items]

    @contextmanager
    def _kept(self, ids: Sequence[int]) -> Iterator[None]:
        """Keep the claims while a message is being sent, however long that takes."""
        done = threading.Event()

        def prolong() -> None:
            while not done.wait(_BEAT_S):
                with suppress(Exception):  # the next beat tries again; the claim outlives some
                    until = self.clock() + _CLAIM
                    self.outbox.outbox_prolong(ids, self.owner, until=until)

        thread = threading.Thread(target=prolong, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _one_letter(items: Sequence[ItemLike]) -> Letter:
    """The newest message of each incident; as one letter where there are several."""
    newest = {item.thread or item.key: read_letter(item.body) for item in items}
    letters = list(newest.values())
    messages = tuple(letter for letter in letters if isinstance(letter, Message))
    if len(letters) == 1 or not messages:
        return letters[-1]
    # Named after what is in it: what comes late is another one.
    key = f"{items[0].bundle}/{items[0].id}"
    return Bundle(key=key, transport=messages[0].transport, to=messages[0].to, messages=messages)


def send_due(
    outbox: OutboxLike, transports: Mapping[str, Transport], clock: Clock, *, owner: str
) -> list[Delivery]:
    """Send every message that is due, oldest first; never raises for one that can't be sent.

    What can't be sent now is due again later: after the time that the receiver named, or after 1,
    2, 4 … minutes, at most an hour. Safe for many senders at once, and after a kill: a message is
    claimed, sent, marked, and only a kill between the last two sends it twice (or a network that
    loses the receiver's answer). The claim is prolonged for as long as the sending takes.

    Parameters
    ----------
    outbox : OutboxLike
        The catalog.
    transports : mapping
        ``slack`` and ``email``, see ``open_transports``.
    clock : callable
        Gives the time, timezone-aware.
    owner : str
        Who sends, for the claims.

    Returns
    -------
    list of Delivery
        One for each message that was tried.
    """
    sender = _Sender(outbox, transports, clock, f"{owner}/{uuid.uuid4().hex[:12]}")
    return [d for item in outbox.outbox_due(clock()) for d in sender.deliver(item)]
