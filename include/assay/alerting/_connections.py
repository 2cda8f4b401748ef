"""Which transport carries what, from the connections that there are."""

from __future__ import annotations

from assay.alerting._slack import SlackBot, SlackWebhook
from assay.alerting._smtp import Smtp
from assay.alerting._transport import Files, Transport
from assay.lake import Lake


def open_transports(
    lake: Lake, slack: SlackBot | SlackWebhook | None = None, smtp: Smtp | None = None
) -> dict[str, Transport]:
    """A transport for each kind of message; files in the lake where there is no connection.

    Returns
    -------
    dict
        ``slack`` and ``email`` to transport, for ``send_due``.
    """
    files = Files(lake)
    return {"slack": slack or files, "email": smtp or files}
