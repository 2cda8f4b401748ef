"""Send what is due in the outbox, each message once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from assay.alerting._message import Message
from assay.alerting._transport import Receipt, SendLater, Transport
from assay.errors import DeliveryError

_CLAIM: Final = timedelta(minutes=5)
_FIRST_RETRY: Final = timedelta(minutes=1)
_LONGEST_RETRY: Final = timedelta(hours=1)


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


class OutboxLike(Protocol):
    """What sending needs of the catalog."""

    def outbox_due(self, now: datetime, *, limit: int = ...) -> Sequence[ItemLike]: ...
    def outbox_find(self, key: str) -> ItemLike | None: ...
    def outbox_claim(self, item_id: int, owner: str, *, now: datetime, ttl: timedelta) -> bool: ...
    def outbox_mark(
        self,
        item_id: int,
        state: Literal["sent", "failed", "pending"],
        *,
        at: datetime,
        receipt: Mapping[str, Any] | None = None,
        error: str | None = None,
        due: datetime | None = None,
    ) -> None: ...


@dataclass(frozen=True)
class Delivery:
    """What became of one message: ``sent``, ``skipped``, ``later`` or ``failed``."""

    key: str
    state: Literal["sent", "skipped", "later", "failed"]
    error: str | None = None
    receipt: Receipt | None = None


def send_due(
    outbox: OutboxLike, transports: Mapping[str, Transport], now: datetime, *, owner: str
) -> list[Delivery]:
    """Send every message that is due, oldest first; never raises for one that can't be sent.

    What can't be sent now is due again later: after the time that the receiver named, or after 1,
    2, 4 … minutes, at most an hour. Safe for many senders at once, and after a kill: a message is
    claimed, sent, marked, and only a kill between the last two sends it twice.

    Parameters
    ----------
    outbox : OutboxLike
        The catalog.
    transports : mapping
        ``slack`` and ``email``, see ``open_transports``.
    now : datetime
        Timezone-aware.
    owner : str
        Who sends, for the claim; unlike for every sender.

    Returns
    -------
    list of Delivery
        One for each message that was tried.
    """
    done = []
    for item in outbox.outbox_due(now):
        message = Message.model_validate(item.body)
        if _waits_for_original(outbox, message):
            continue
        if not outbox.outbox_claim(item.id, owner, now=now, ttl=_CLAIM):
            continue
        done.append(_deliver(outbox, transports[message.transport], item, message, now))
    return done


def _waits_for_original(outbox: OutboxLike, message: Message) -> bool:
    original = outbox.outbox_find(message.edits) if message.edits else None
    return original is not None and original.state in {"pending", "claimed"}


def _deliver(
    outbox: OutboxLike, transport: Transport, item: ItemLike, message: Message, now: datetime
) -> Delivery:
    original = _editable(outbox, transport, message)
    if message.kind == "updated" and (original is None or _is_closed(outbox, message)):
        receipt: Receipt = {"skipped": True}
        outbox.outbox_mark(item.id, "sent", at=now, receipt=receipt)
        return Delivery(item.key, "skipped", receipt=receipt)
    try:
        receipt = transport.send(message, original, now)
    except DeliveryError as error:
        outbox.outbox_mark(item.id, "failed", at=now, error=str(error))
        return Delivery(item.key, "failed", str(error))
    except SendLater as later:
        return _postpone(outbox, item, now, later.reason, later.after)
    except Exception as error:  # alerts degrade: whatever breaks here, the batch's run goes on
        return _postpone(outbox, item, now, type(error).__name__, None)
    outbox.outbox_mark(item.id, "sent", at=now, receipt=receipt)
    return Delivery(item.key, "sent", receipt=receipt)


def _editable(outbox: OutboxLike, transport: Transport, message: Message) -> Receipt | None:
    """The receipt of the message to be changed, if this transport can change it."""
    original = outbox.outbox_find(message.edits) if message.edits else None
    if original is None or not transport.edits or original.receipt is None:
        return None
    # What a webhook posted, or what lies in a file, can't be changed with a token that came later.
    return original.receipt if "ts" in original.receipt else None


def _is_closed(outbox: OutboxLike, message: Message) -> bool:
    """Whether the closing message is there, which a late update must not overwrite."""
    opened = message.edits or ""
    return outbox.outbox_find(opened.replace("/opened/", "/closed/")) is not None


def _postpone(
    outbox: OutboxLike, item: ItemLike, now: datetime, reason: str, after: float | None
) -> Delivery:
    backoff = min(_FIRST_RETRY * 2 ** min(item.attempts, 10), _LONGEST_RETRY)
    due = now + (timedelta(seconds=after) if after is not None else backoff)
    outbox.outbox_mark(item.id, "pending", at=now, error=reason, due=due)
    return Delivery(item.key, "later", reason)
