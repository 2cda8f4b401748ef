"""Which way a message takes: it depends on what was said before about its incident at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from assay.alerting._message import Letter, Message

_UNSENT: Final = frozenset({"pending", "claimed"})
WAIT: Final = "wait"
HOLD: Final = "hold"
SKIP: Final = "skip"
EDIT: Final = "edit"
POST: Final = "post"


@dataclass(frozen=True)
class Way:
    """What to do with a message.

    ``wait``: an earlier one of its thread hasn't been sent. ``hold``: it may be posted only later.
    ``skip``: there is nothing to change, or nobody was told what it ends. ``edit`` and ``post``.
    """

    what: Literal["wait", "hold", "skip", "edit", "post"]
    edits: tuple[Mapping[str, Any], ...] = ()
    follows: Mapping[str, Any] | None = None

    @property
    def posts(self) -> bool:
        """Whether a new post is made."""
        return self.what == POST


class _Item(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def state(self) -> str: ...
    @property
    def receipt(self) -> Mapping[str, Any] | None: ...
    @property
    def hold(self) -> datetime | None: ...


class _Edits(Protocol):
    @property
    def edits(self) -> bool: ...


def choose_way(
    item: _Item, letter: Letter, thread: Sequence[_Item], transport: _Edits, now: datetime
) -> Way:
    """The way of a message, given its thread; pure.

    Parameters
    ----------
    item : ItemLike
        The message in the outbox.
    letter : Letter
        What it says.
    thread : sequence of ItemLike
        The messages about the same incident at the same place, itself among them, oldest first.
    transport : Transport
    now : datetime
        Timezone-aware.
    """
    earlier = [other for other in thread if other.id < item.id]
    if any(other.state in _UNSENT for other in earlier):
        return Way("wait")
    told = [o for o in earlier if o.state == "sent" and not (o.receipt or {}).get("skipped")]
    kind = letter.kind if isinstance(letter, Message) else "opened"
    if kind in {"updated", "reopened", "closed"}:
        # What a webhook posted, or what lies in a file, can't be changed with a token of today.
        if posts := _posts(told) if transport.edits else ():
            return Way("edit", edits=posts)
        if not _is_news(kind, told):
            return Way("skip")
    if item.hold is not None and now < item.hold:
        return Way("hold")
    follows = next((o.receipt for o in reversed(told)), None)
    return Way("post", follows=follows if kind in {"reopened", "closed"} else None)


def _posts(told: Sequence[_Item]) -> tuple[Mapping[str, Any], ...]:
    """The posts of a thread that can be changed, each once."""
    receipts = (o.receipt or {} for o in told)
    return tuple({r["ts"]: r for r in receipts if "ts" in r and "bundled" not in r}.values())


def _is_news(kind: str, told: Sequence[_Item]) -> bool:
    """Whether who can't be shown a change must be told it anew."""
    if kind == "updated" or not told:
        return False
    # Where the end was never told, a beginning again needn't be either.
    last = told[-1].body.get("kind")
    return last == "closed" if kind == "reopened" else True
