"""What carries a letter: the interface, and the one that needs no connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from assay.alerting._message import Letter
from assay.alerting._render import render_email, render_slack
from assay.alerting._thread import Step
from assay.lake import Lake, write_text

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
    """Carries letters to one service; ``edits`` is whether it can change what it has sent."""

    edits: ClassVar[bool]

    def send(self, letter: Letter, step: Step, now: datetime) -> Receipt:
        """Hand a letter over.

        Parameters
        ----------
        step : Step
            With the receipts of the posts to be changed, or of the letter that this one follows.

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

    edits: ClassVar[bool] = False
    lake: Lake

    def send(self, letter: Letter, step: Step, now: datetime) -> Receipt:  # noqa: ARG002
        """Write the letter; the receipt says under which name."""
        if letter.transport == "slack":
            body = {"channel": letter.to[0], **render_slack(letter)}
            files = {f"{letter.name}.json": json.dumps(body, indent=2, ensure_ascii=False) + "\n"}
        else:
            subject, text, html = render_email(letter)
            head = f"To: {', '.join(letter.to)}\nSubject: {subject}\n\n"
            files = {f"{letter.name}.txt": head + text, f"{letter.name}.html": html}
        for name, content in files.items():
            write_text(self.lake.make("messages", name), content)
        return {"transport": "files", "files": [f"messages/{name}" for name in files]}


def open_transports(
    lake: Lake, slack: Transport | None = None, smtp: Transport | None = None
) -> dict[str, Transport]:
    """What carries ``slack`` and ``email`` for ``send_due``; files where no connection is."""
    files = Files(lake)
    return {"slack": slack or files, "email": smtp or files}
