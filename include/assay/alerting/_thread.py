"""The next step of a message: it depends on the earlier messages of its thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from assay.records.outbox import OutboxItem


@dataclass(frozen=True)
class Step:
    """What to do with a message.

    ``hold``: it may be posted only later. ``skip``: there is nothing to change, or nobody was
    notified of what it ends. ``edit`` and ``post``.
    """

    action: Literal["hold", "skip", "edit", "post"]
    edits: tuple[Mapping[str, Any], ...] = ()
    follows: Mapping[str, Any] | None = None


def next_step(
    item: OutboxItem, sent: Sequence[OutboxItem], now: datetime, *, can_edit: bool
) -> Step:
    """Decide what to do with a message whose turn it is in its thread; pure.

    Parameters
    ----------
    item : OutboxItem
        The message in the outbox.
    sent : sequence of OutboxItem
        The messages sent before it about the same incident to the same place, oldest first.
    can_edit : bool
        Whether its transport can change what it has posted.
    """
    kind = item.body.get("kind", "opened")
    if kind in {"updated", "reopened", "closed"}:
        # What a webhook posted, or what lies in a file, can't be changed with a token of today.
        receipts = [o.receipt or {} for o in sent] if can_edit else []
        if posts := {r["ts"]: r for r in receipts if "ts" in r and "bundled" not in r}:
            return Step("edit", edits=tuple(posts.values()))
        if not _is_news(kind, sent):
            return Step("skip")
    if item.hold is not None and now < item.hold:
        return Step("hold")
    follows = next((o.receipt for o in reversed(sent)), None)
    return Step("post", follows=follows if kind in {"reopened", "closed"} else None)


def _is_news(kind: str, sent: Sequence[OutboxItem]) -> bool:
    """Whether a change that can't be edited into an earlier post needs a post of its own."""
    if kind == "updated" or not sent:
        return False
    # Where the end was never sent, the reopening needn't be either.
    last = sent[-1].body.get("kind")
    return last == "closed" if kind == "reopened" else True
