"""Send what is due in the outbox, each message once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Literal, Protocol

from pydantic import ValidationError

from assay.alerting._message import Bundle, Letter, Message, WeeklyLetter, read_letter
from assay.alerting._thread import Step, next_step
from assay.alerting._transport import Receipt, SendLater, Transport
from assay.errors import DeliveryError
from assay.records.outbox import OutboxItem

_CLAIM: Final = timedelta(minutes=5)
_BEAT_S = 60.0
"""How often a claim is prolonged while its message is being sent."""
_FIRST_RETRY: Final = timedelta(minutes=1)
_LONGEST_RETRY: Final = timedelta(hours=1)

Clock = Callable[[], datetime]
Marked = Literal["sent", "failed", "pending"]


class Outbox(Protocol):
    """What sending asks of the outbox."""

    def due(self, now: datetime, *, after: int = ...) -> Sequence[OutboxItem]: ...
    def thread(self, thread: str) -> Sequence[OutboxItem]: ...
    def claim(self, item_id: int, owner: str, *, now: datetime, ttl: timedelta) -> bool: ...
    def claim_all(
        self, owner: str, *, now: datetime, ttl: timedelta, bundle: str | None = None,
        thread: str | None = None,
    ) -> Sequence[OutboxItem]: ...  # fmt: skip
    def prolong(self, item_ids: Sequence[int], owner: str, *, until: datetime) -> int: ...
    def mark(
        self, item_ids: Sequence[int], state: Marked, *, owner: str, at: datetime,
        receipt: Mapping[str, Any] | None = None, error: str | None = None,
        due: datetime | None = None,
    ) -> None: ...  # fmt: skip


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

    outbox: Outbox
    transports: Mapping[str, Transport]
    clock: Clock
    owner: str
    resting: set[str] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)

    def deliver(self, first: OutboxItem) -> Iterator[Delivery]:
        """Deliver a thread, from its first due message to the first that must wait.

        After a skipped message comes the next one; a message that is sent takes the rest along.
        """
        if first.id in self.taken:
            return
        thread = self.outbox.thread(first.thread) if first.thread else (first,)
        sent = [o for o in thread if o.state == "sent" and not (o.receipt or {}).get("skipped")]
        for item in (o for o in thread if o.state in {"pending", "claimed"}):
            name, now = item.body.get("transport", ""), self.clock()
            if name in self.resting or (item.state == "pending" and item.due > now):
                return
            can_edit = name in self.transports and self.transports[name].edits
            step = next_step(item, sent, now, can_edit=can_edit)
            if step.action != "skip":
                yield from self._hold(item) if step.action == "hold" else self._send(item, step)
                return
            if not self._claim(item):
                return
            receipt: Receipt = {"skipped": True}
            self._mark([item], "sent", receipt=receipt)
            yield Delivery(item.key, "skipped", receipt=receipt)

    def _hold(self, item: OutboxItem) -> Iterator[Delivery]:
        if self._claim(item):
            self._mark([item], "pending", due=item.hold)
            yield Delivery(item.key, "held")

    def _send(self, item: OutboxItem, step: Step) -> Iterator[Delivery]:
        threads: dict[str, list[OutboxItem]] = {}
        for one in self._take(item, step):
            threads.setdefault(one.thread or one.key, []).append(one)
        letters: list[Message | WeeklyLetter] = []
        for thread in threads.values():
            while thread:  # the newest readable one has the present state
                try:
                    letters.append(read_letter(thread[-1].body))
                    break
                except ValidationError as error:
                    yield from self._postpone([thread.pop()], SendLater(_unreadable(error)))
        if items := [one for thread in threads.values() for one in thread]:
            yield from self._hand_over(items, _one_letter(items[0], letters), step)

    def _take(self, item: OutboxItem, step: Step) -> list[OutboxItem]:
        """Claim the message, its bundle, and later messages about the same incidents.

        So the letter has the present state, and an outage isn't followed by a flood.
        """
        taken = [item]
        claim = partial(self.outbox.claim_all, self.owner, now=self.clock(), ttl=_CLAIM)
        if item.bundle and step.action == "post":
            taken = list(claim(bundle=item.bundle))
        elif not self._claim(item):
            return []
        for thread in dict.fromkeys(one.thread for one in taken if one.thread):
            taken += claim(thread=thread)
        self.taken |= {one.id for one in taken}
        return sorted(taken, key=lambda one: one.id)

    def _claim(self, item: OutboxItem) -> bool:
        return self.outbox.claim(item.id, self.owner, now=self.clock(), ttl=_CLAIM)

    def _mark(self, items: Sequence[OutboxItem], state: Marked, **more: Any) -> None:
        ids = [item.id for item in items]
        self.outbox.mark(ids, state, owner=self.owner, at=self.clock(), **more)

    def _hand_over(self, items: Sequence[OutboxItem], letter: Letter, step: Step) -> list[Delivery]:
        transport = self.transports[letter.transport]
        try:
            with self._kept([item.id for item in items]):
                sent = transport.send(letter, step, self.clock())
        except DeliveryError as error:
            self._mark(items, "failed", error=str(error))
            return [Delivery(item.key, "failed", str(error)) for item in items]
        except SendLater as later:
            if not later.only_this:
                self.resting.add(letter.transport)
            return self._postpone(items, later)
        except Exception as error:  # alerts degrade: whatever breaks here, the batch's run goes on
            return self._postpone(items, SendLater(type(error).__name__))
        receipt = {**sent, "bundled": True} if isinstance(letter, Bundle) else dict(sent)
        self._mark(items, "sent", receipt=receipt)
        return [Delivery(item.key, "sent", receipt=receipt) for item in items]

    def _postpone(self, items: Sequence[OutboxItem], later: SendLater) -> list[Delivery]:
        attempts = max(item.attempts for item in items)
        backoff = min(_FIRST_RETRY * 2 ** min(attempts, 10), _LONGEST_RETRY)
        wait = backoff if later.after is None else timedelta(seconds=later.after)
        self._mark(items, "pending", error=later.reason, due=self.clock() + wait)
        return [Delivery(item.key, "later", later.reason) for item in items]

    @contextmanager
    def _kept(self, ids: Sequence[int]) -> Iterator[None]:
        """Keep the claims while a message is being sent, however long that takes."""
        done = threading.Event()

        def prolong() -> None:
            while not done.wait(_BEAT_S):
                with suppress(Exception):  # the next beat tries again; the claim outlives some
                    self.outbox.prolong(ids, self.owner, until=self.clock() + _CLAIM)

        thread = threading.Thread(target=prolong, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _unreadable(error: ValidationError) -> str:
    """Which fields; what is in them stays out of sight."""
    fields = sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]})
    return f"this version of Assay can't read it ({', '.join(fields)})"


def _one_letter(first: OutboxItem, letters: Sequence[Message | WeeklyLetter]) -> Letter:
    """The newest message of each incident, as one letter where there are several."""
    messages = tuple(letter for letter in letters if isinstance(letter, Message))
    if len(letters) == 1 or not messages:
        return letters[-1]
    # Named after what is in it: what comes late is another one.
    key = f"{first.bundle}/{first.id}"
    return Bundle(key=key, transport=messages[0].transport, to=messages[0].to, messages=messages)


def _pages(outbox: Outbox, clock: Clock) -> Iterator[OutboxItem]:
    last = 0
    while page := outbox.due(clock(), after=last):
        yield from page
        last = page[-1].id


def send_due(
    outbox: Outbox, transports: Mapping[str, Transport], clock: Clock, *, owner: str
) -> list[Delivery]:
    """Send every message that is due, oldest first; never raises for one that can't be sent.

    What can't be sent now is due again later: after the time that the receiver named, or after 1,
    2, 4 … minutes, at most an hour. Safe for many senders at once, and after a kill: a message is
    claimed, sent, marked, and only a kill between the last two sends it twice (or a network that
    loses the receiver's answer). The claim is prolonged for as long as the sending takes.

    Parameters
    ----------
    transports : mapping
        ``slack`` and ``email``, see ``open_transports``.
    owner : str
        Who sends, for the claims.

    Returns
    -------
    list of Delivery
        One for each message that was tried.
    """
    sender = _Sender(outbox, transports, clock, f"{owner}/{uuid.uuid4().hex[:12]}")
    return [d for first in _pages(outbox, clock) for d in sender.deliver(first)]
