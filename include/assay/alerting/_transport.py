"""What carries a letter: the interface, and the one that needs no connection."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from assay.alerting._message import Letter
from assay.alerting._render import render_email, render_slack
from assay.lake import Lake, publish

Receipt = Mapping[str, Any]


class SendLater(Exception):  # noqa: N818 - it isn't an error of the caller's
    """The letter could not be sent now; ``reason`` names no secret.

    Parameters
    ----------
    after : float, optional
        Seconds that the receiver asked to wait.
    only_this : bool
        Whether another letter may well go out now: it is this place, not the service, that
        doesn't take it.
    """

    def __init__(self, reason: str, after: float | None = None, *, only_this: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.only_this = only_this


class Transport(Protocol):
    """Carries letters to one service."""

    @property
    def edits(self) -> bool:
        """Whether a message that was sent can be changed."""

    def send(
        self,
        letter: Letter,
        now: datetime,
        edits: Sequence[Receipt] = (),
        follows: Receipt | None = None,
    ) -> Receipt:
        """Hand a letter over.

        Parameters
        ----------
        now : datetime
            Timezone-aware.
        edits : sequence of mapping
            Receipts of the posts to be changed, oldest first; none to make a new one.
        follows : mapping, optional
            Receipt of the letter that a new one goes on from.

        Returns
        -------
        mapping
            JSON; what a later edit needs.

        Raises
        ------
        SendLater
            It may work another time.
        DeliveryError
            It won't.
        """


@dataclass(frozen=True)
class Files:
    """Renders letters into the lake's ``messages`` zone, where no connection is configured."""

    lake: Lake

    @property
    def edits(self) -> bool:
        """False: each letter is a file of its own."""
        return False

    def send(
        self,
        letter: Letter,
        now: datetime,  # noqa: ARG002
        edits: Sequence[Receipt] = (),  # noqa: ARG002
        follows: Receipt | None = None,  # noqa: ARG002
    ) -> Receipt:
        """Write the letter; the receipt says under which name."""
        if letter.transport == "slack":
            body = {"channel": letter.to[0], **render_slack(letter)}
            files = {f"{letter.name}.json": json.dumps(body, indent=2, ensure_ascii=False) + "\n"}
        else:
            subject, text, html = render_email(letter)
            head = f"To: {', '.join(letter.to)}\nSubject: {subject}\n\n"
            files = {f"{letter.name}.txt": head + text, f"{letter.name}.html": html}
        for name, content in files.items():
            path = self.lake.make("messages", name)
            aside = path.with_name(f".{name}.{os.getpid()}")
            aside.write_text(content, encoding="utf-8")
            publish(aside, path)
        return {"transport": "files", "files": [f"messages/{name}" for name in files]}
