"""Which way a message takes: it depends on what was said before about its incident at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from assay.records.outbox import OutboxItem

HOLD: Final = "hold"
SKIP: Final = "skip"


@dataclass(frozen=True)
class Way:
    """What to do with a message.

    ``hold``: it may be posted only later. ``skip``: there is nothing to change, or nobody was told
    what it ends. ``edit`` and ``post``.
    """

    what: Literal["hold", "skip", "edit", "post"]
    edits: tuple[Mapping[str, Any], ...] = ()
    follows: Mapping[str, Any] | None = None

    @property
    def posts(self) -> bool:
        """Whether a new post is made."""
        return self.what == "post"


def choose_way(
    item: OutboxItem, told: Sequence[OutboxItem], now: datetime, *, can_edit: bool
) -> Way:
    """The way of a message whose turn it is in its thread; pure.

    Parameters
    ----------
    item : OutboxItem
        The message in the outbox.
    told : sequence of OutboxItem
        What was said before it about the same incident at the same place, oldest first.
    now : datetime
        Timezone-aware.
    can_edit : bool
        Whether its transport can change what it has posted.
    """
    kind = item.body.get("kind", "opened")
    if kind in {"updated", "reopened", "closed"}:
        # What a webhook posted, or what lies in a file, can't be changed with a token of today.
        if posts := _posts(told) if can_edit else ():
            return Way("edit", edits=posts)
        if not _is_news(kind, told):
            return Way("skip")
    if item.hold is not None and now < item.hold:
        return Way("hold")
    follows = next((o.receipt for o in reversed(told)), None)
    return Way("post", follows=follows if kind in {"reopened", "closed"} else None)


def _posts(told: Sequence[OutboxItem]) -> tuple[Mapping[str, Any], ...]:
    """The posts of a thread that can be changed, each once."""
    receipts = (o.receipt or {} for o in told)
    return tuple({r["ts"]: r for r in receipts if "ts" in r and "bundled" not in r}.values())


def _is_news(kind: str, told: Sequence[OutboxItem]) -> bool:
    """Whether who can't be shown a change must be told it anew."""
    if kind == "updated" or not told:
        return False
    # Where the end was never told, a beginning again needn't be either.
    last = told[-1].body.get("kind")
    return last == "closed" if kind == "reopened" else True
