"""What carries a message: the interface, and the one that needs no connection."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from assay.alerting._message import Message
from assay.alerting._render import render_email, render_slack
from assay.lake import Lake, publish

Receipt = Mapping[str, Any]


class SendLater(Exception):  # noqa: N818 - it isn't an error of the caller's
    """The message could not be sent now; ``reason`` names no secret.

    Parameters
    ----------
    reason : str
    after : float, optional
        Seconds that the receiver asked to wait.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Transport(Protocol):
    """Carries messages to one service."""

    @property
    def edits(self) -> bool:
        """Whether a message that was sent can be changed."""

    def send(self, message: Message, original: Receipt | None, now: datetime) -> Receipt:
        """Hand a message over.

        Parameters
        ----------
        message : Message
        original : mapping or None
            The receipt of the message to be changed; None to send a new one.
        now : datetime
            Timezone-aware.

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
    """Renders messages into the lake's ``messages`` zone, where no connection is configured."""

    lake: Lake

    @property
    def edits(self) -> bool:
        """False: each message is a file of its own."""
        return False

    def send(self, message: Message, original: Receipt | None, now: datetime) -> Receipt:  # noqa: ARG002
        """Write the message; the receipt says under which name."""
        stem = "-".join([message.dataset, *message.key.split("/")])
        if message.transport == "slack":
            body = {"channel": message.to[0], **render_slack(message)}
            files = {f"{stem}.json": json.dumps(body, indent=2, ensure_ascii=False) + "\n"}
        else:
            subject, text, html = render_email(message)
            head = f"To: {', '.join(message.to)}\nSubject: {subject}\n\n"
            files = {f"{stem}.txt": head + text, f"{stem}.html": html}
        for name, content in files.items():
            path = self.lake.path("messages", name)
            aside = path.with_name(f".{name}.{os.getpid()}")
            aside.write_text(content, encoding="utf-8")
            publish(aside, path)
        return {"transport": "files", "files": [f"messages/{name}" for name in files]}
