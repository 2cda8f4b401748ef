"""The door to slack-sdk: a bot that posts and edits, and an incoming webhook that only posts.

What may have been posted is never posted again in the same breath: slack-sdk's own retries are off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from typing import Any, ClassVar, Final

from assay.alerting._message import Letter
from assay.alerting._render import render_slack
from assay.alerting._thread import Step
from assay.alerting._transport import Receipt, SendLater
from assay.errors import DeliveryError

_TIMEOUT: Final = 15
_NEVER: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "no_text", "invalid_payload"}
)
"""Errors that Slack returns again on every retry. A wrong token or channel isn't among these:
a person mends it, and then the message must still go out."""
_PLACE: Final = frozenset({
    "channel_not_found", "not_in_channel", "is_archived", "restricted_action",
    "channel_is_archived", "posting_to_general_channel_denied", "no_permission",
})  # fmt: skip
"""What one channel refuses, and another may take."""
_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


@dataclass(frozen=True)
class SlackBot:
    """Posts with a bot token, and edits what it posted.

    Parameters
    ----------
    token : str
        With the scope ``chat:write``.
    base_url : str, optional
        Another address of the API, for a proxy or a test.
    """

    edits: ClassVar[bool] = True
    token: str = field(repr=False)
    base_url: str | None = None

    def send(self, letter: Letter, step: Step, now: datetime) -> Receipt:  # noqa: ARG002
        """Post the letter, or edit the posts that the receipts name.

        What follows a bundle, which can't be edited for one incident, is posted below it.

        Raises
        ------
        SendLater
            Slack is out of reach, asks to wait, or refuses the token or the channel.
        DeliveryError
            Slack refuses the message itself.
        """
        client, rendered = self._client(), render_slack(letter)
        edited = [self._edit(client, receipt, rendered) for receipt in step.edits]
        if found := [receipt for receipt in edited if receipt is not None]:
            return found[-1]
        follows = step.follows
        below = {"thread_ts": follows["ts"]} if follows and "ts" in follows else {}
        channel = str(follows["channel"]) if follows and below else letter.to[0]
        posted = _call(lambda: client.chat_postMessage(channel=channel, **below, **rendered))
        return _receipt(posted)

    def _client(self) -> Any:
        from slack_sdk import WebClient

        address = self.base_url or WebClient.BASE_URL
        return WebClient(token=self.token, base_url=address, timeout=_TIMEOUT, retry_handlers=[])

    def _edit(self, client: Any, receipt: Receipt, rendered: dict[str, Any]) -> Receipt | None:
        """Edit a post; None if it is there no more."""
        place = {"channel": receipt["channel"], "ts": receipt["ts"]}
        answer = _call(lambda: client.chat_update(**place, **rendered), gone_is_none=True)
        return None if answer is None else _receipt(answer)


@dataclass(frozen=True)
class SlackWebhook:
    """Posts to the one channel of an incoming webhook; its URL is a secret."""

    edits: ClassVar[bool] = False
    url: str = field(repr=False)

    def send(self, letter: Letter, step: Step, now: datetime) -> Receipt:  # noqa: ARG002
        """Post the letter; raises as :meth:`SlackBot.send`, with a webhook as its token."""
        from slack_sdk.webhook import WebhookClient

        client = WebhookClient(self.url, timeout=_TIMEOUT, retry_handlers=[])
        answer = _call(lambda: client.send(**render_slack(letter)))
        if answer.status_code != 200:
            raise _refusal(str(answer.body)[:80], answer.status_code, answer.headers)
        return {"transport": "slack_webhook"}


def _call(request: Callable[[], Any], *, gone_is_none: bool = False) -> Any:
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        return request()
    except SlackApiError as error:
        code = str(error.response.get("error", "")) if error.response is not None else ""
        if gone_is_none and code in _GONE:
            return None
        raise _refusal(code, error.response.status_code, error.response.headers) from None
    except (SlackClientError, OSError, HTTPException) as error:
        raise SendLater(f"Slack is out of reach ({type(error).__name__})") from None


def _refusal(code: str, status: int, headers: Any) -> Exception:
    if code in _NEVER:
        return DeliveryError("Slack refuses the message", got=code)
    given = {str(k).lower(): v for k, v in dict(headers or {}).items()}.get("retry-after")
    given = given[0] if isinstance(given, list) else given
    after = float(given) if given and str(given).isdigit() else None
    answer = f"Slack answered {status} {code}".rstrip()
    return SendLater(answer, after, only_this=code in _PLACE)


def _receipt(answer: Any) -> Receipt:
    return {"transport": "slack_bot", "channel": answer["channel"], "ts": answer["ts"]}
