import email
import email.policy
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.alerting import (
    AlertContext,
    SlackBot,
    SlackWebhook,
    Smtp,
    open_transports,
    plan_messages,
    send_due,
)
from assay.catalog import Catalog
from assay.lake import Lake
from assay.policy.alerting import AlertingPolicy
from assay.verdict import Outcome, Reason

MINUTE = timedelta(minutes=1)
REASON = Reason(code="drift_found", outcome=Outcome.FAIL, message="m", numbers={"psi": 0.4})
Tell = Callable[..., None]


@pytest.fixture
def fails(catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime) -> Tell:
    def tell(batch: str) -> None:
        with catalog.transaction():
            change = catalog.open_or_update_incident(
                "flights", "c", batch, reasons=[REASON], at=now
            )
            for m in plan_messages(change, policy, context):
                catalog.outbox_add(m.key, m.body(), at=now)

    return tell


@pytest.fixture
def passes(catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime) -> Tell:
    def tell(batch: str) -> None:
        with catalog.transaction():
            for change in catalog.resolve_batch_in_incidents(
                "flights", batch, how="passed", at=now
            ):
                for m in plan_messages(change, policy, context):
                    catalog.outbox_add(m.key, m.body(), at=now)

    return tell


def send(catalog: Catalog, lake: Lake, at: datetime, **connections: Any) -> list[str]:
    transports = open_transports(lake, **connections)
    return [d.state for d in send_due(catalog, transports, at, owner="test")]


def test_a_bot_posts_once_and_edits(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, passes: Tell, now: datetime
) -> None:
    bot = SlackBot("xoxb-hush", base_url=f"{slack.url}/api/")
    fails("b1")
    assert send(catalog, lake, now, slack=bot) == ["sent", "sent"]
    fails("b1")
    fails("b2")
    passes("b1")
    passes("b2")
    assert send(catalog, lake, now, slack=bot) == ["skipped", "skipped", "sent", "sent"]
    assert send(catalog, lake, now, slack=bot) == []
    paths = [path for path, _ in slack.calls]
    assert paths == ["/api/chat.postMessage", "/api/chat.update"]
    first, second = (body for _, body in slack.calls)
    assert first["authorization"] == "Bearer xoxb-hush"
    assert first["channel"] == "#flights"
    assert second["channel"] == "C024BE91L"
    assert len(slack.messages) == 1
    assert next(iter(slack.messages.values()))[0]["text"]["text"].startswith("Resolved: flights")


def test_a_bot_shows_a_batch_that_joins(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, now: datetime
) -> None:
    bot = SlackBot("xoxb-hush", base_url=f"{slack.url}/api/")
    fails("b1")
    fails("b2")
    assert send(catalog, lake, now, slack=bot) == ["sent", "sent", "sent"]
    assert [path for path, _ in slack.calls] == ["/api/chat.postMessage", "/api/chat.update"]
    assert "2 batches" in slack.calls[1][1]["text"]


def test_a_message_that_was_deleted_is_posted_anew(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, passes: Tell, now: datetime
) -> None:
    bot = SlackBot("xoxb-hush", base_url=f"{slack.url}/api/")
    fails("b1")
    send(catalog, lake, now, slack=bot)
    slack.messages.clear()
    passes("b1")
    assert send(catalog, lake, now, slack=bot) == ["sent", "sent"]
    assert [p for p, _ in slack.calls][1:] == ["/api/chat.update", "/api/chat.postMessage"]


def test_a_webhook_posts_on_opening_and_on_closing(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, passes: Tell, now: datetime
) -> None:
    hook = SlackWebhook(f"{slack.url}/services/T0/B0/hush")
    fails("b1")
    fails("b2")
    assert send(catalog, lake, now, slack=hook) == ["sent", "sent", "skipped"]
    passes("b1")
    passes("b2")
    assert send(catalog, lake, now, slack=hook) == ["skipped", "sent", "sent"]
    assert [body["text"].split(":")[0] for _, body in slack.calls] == ["FAIL", "Resolved"]


@pytest.mark.parametrize("kind", ["bot", "webhook"])
def test_rate_limits_and_outages_are_waited_for(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, now: datetime, kind: str
) -> None:
    transport = {
        "bot": SlackBot("xoxb-hush", base_url=f"{slack.url}/api/"),
        "webhook": SlackWebhook(f"{slack.url}/services/T0/B0/hush"),
    }[kind]
    slack.answers += [
        (429, {"Retry-After": "30"}, {"ok": False, "error": "ratelimited"}),
        (503, {}, "unavailable"),
        (200, {}, {"ok": False, "error": "token_revoked"})
        if kind == "bot"
        else (404, {}, "no_service"),
    ]
    fails("b1")
    assert send(catalog, lake, now, slack=transport) == ["later", "sent"]
    assert send(catalog, lake, now + MINUTE / 3, slack=transport) == []
    assert send(catalog, lake, now + MINUTE / 2, slack=transport) == ["later"]
    assert send(catalog, lake, now + 3 * MINUTE, slack=transport) == ["later"]
    errors = [i.error for i in catalog.outbox("pending")]
    assert errors == [
        f"Slack answered {'200 token_revoked' if kind == 'bot' else '404 no_service'}"
    ]
    assert send(catalog, lake, now + 60 * MINUTE, slack=transport) == ["sent"]
    assert send(catalog, lake, now + 60 * MINUTE, slack=transport) == []


def test_a_closing_never_overtakes_its_opening(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, passes: Tell, now: datetime
) -> None:
    bot = SlackBot("xoxb-hush", base_url=f"{slack.url}/api/")
    slack.answers.append((500, {}, "oops"))
    fails("b1")
    send(catalog, lake, now, slack=bot)
    passes("b1")
    assert send(catalog, lake, now, slack=bot) == ["sent"], "the e-mail alone"
    assert send(catalog, lake, now + 5 * MINUTE, slack=bot) == ["sent", "sent"]
    assert [p for p, _ in slack.calls][1:] == ["/api/chat.postMessage", "/api/chat.update"]


def test_what_slack_refuses_for_good_is_not_sent_again(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, now: datetime
) -> None:
    slack.answers.append((200, {}, {"ok": False, "error": "invalid_blocks"}))
    fails("b1")
    bot = SlackBot("xoxb-hush", base_url=f"{slack.url}/api/")
    assert send(catalog, lake, now, slack=bot) == ["failed", "sent"]
    assert send(catalog, lake, now + 600 * MINUTE, slack=bot) == []


def test_no_server_at_all_and_no_secret_in_the_error(
    catalog: Catalog, lake: Lake, fails: Tell, now: datetime
) -> None:
    fails("b1")
    connections = {
        "slack": SlackWebhook("http://127.0.0.1:9/services/T0/B0/hush"),
        "smtp": Smtp("127.0.0.1", 9, "assay@example.org", "assay", "hush"),
    }
    assert send(catalog, lake, now, **connections) == ["later", "later"]
    assert not any("hush" in str(i) or "services" in str(i) for i in catalog.outbox())
    assert "hush" not in repr(connections)


def test_without_connections_messages_are_files(
    catalog: Catalog, lake: Lake, fails: Tell, passes: Tell, now: datetime
) -> None:
    fails("b1")
    fails("b2")
    assert send(catalog, lake, now) == ["sent", "sent", "skipped"]
    passes("b1")
    passes("b2")
    assert send(catalog, lake, now) == ["skipped", "sent", "sent"]
    folder = lake.path("messages")
    kinds = sorted(p.name.split("-")[3] + p.suffix for p in folder.iterdir())
    assert kinds == sorted(
        f"{k}.{e}" for k in ("opened", "closed") for e in ("json", "txt", "html")
    )
    named = [f for i in catalog.outbox("sent") for f in (i.receipt or {}).get("files", [])]
    assert sorted(named) == sorted(f"messages/{p.name}" for p in folder.iterdir())
    assert all((zone := lake.zone_of(p)) and zone.name == "messages" for p in folder.iterdir())


def test_two_senders_send_once(
    catalog: Catalog, lake: Lake, slack: Any, fails: Tell, now: datetime
) -> None:
    fails("b1")
    transports = open_transports(lake, slack=SlackWebhook(f"{slack.url}/services/x"))

    class Slow:
        """Between the look and the claim of this one, another sender takes it all."""

        def __getattr__(self, name: str) -> Any:
            return getattr(catalog, name)

        def outbox_due(self, at: datetime, *, limit: int = 9) -> Any:
            items = catalog.outbox_due(at, limit=limit)
            send_due(catalog, transports, at, owner="other")
            return items

    assert send_due(Slow(), transports, now, owner="slow") == []
    assert len(slack.calls) == 1


def test_mail_in_text_and_html(
    catalog: Catalog, lake: Lake, mailbox: Any, fails: Tell, passes: Tell, now: datetime
) -> None:
    box, port = mailbox
    smtp = Smtp("127.0.0.1", port, "assay@example.org")
    fails("b1")
    fails("b2")
    send(catalog, lake, now, smtp=smtp)
    passes("b1")
    passes("b2")
    send(catalog, lake, now, smtp=smtp)
    assert [to for to, _ in box.mails] == [["ann@example.org", "bob@example.org"]] * 2
    opened, closed = (
        email.message_from_bytes(raw, policy=email.policy.default) for _, raw in box.mails
    )
    assert opened["Subject"] == "[assay] FAIL: flights b1, c"
    assert closed["Subject"] == "[assay] Resolved: flights 2 batches, c"
    assert closed["In-Reply-To"] == opened["Message-ID"]
    assert opened["Date"] == "Sat, 09 Feb 2013 06:00:00 +0000"
    assert [part.get_content_type() for part in opened.iter_parts()] == ["text/plain", "text/html"]


def test_mail_by_starttls_with_a_login(
    catalog: Catalog, lake: Lake, tls_mailbox: Any, certificate: Path, fails: Tell, now: datetime
) -> None:
    box, port = tls_mailbox
    trusted = ssl.create_default_context(cafile=str(certificate))
    fails("b1")
    sender = "assay@example.org"
    stranger = Smtp("127.0.0.1", port, sender, "assay", "hush")
    assert send(catalog, lake, now, smtp=stranger)[1] == "later", "its certificate isn't trusted"
    wrong = Smtp("127.0.0.1", port, sender, "assay", "wrong", tls=trusted)
    assert send(catalog, lake, now + 5 * MINUTE, smtp=wrong) == ["later"]
    right = Smtp("127.0.0.1", port, sender, "assay", "hush", tls=trusted)
    assert send(catalog, lake, now + 60 * MINUTE, smtp=right) == ["sent"]
    assert box.tls == [True]


@pytest.mark.parametrize(("answer", "state"), [("451 later", "later"), ("554 no", "failed")])
def test_what_a_mail_server_refuses(
    catalog: Catalog,
    lake: Lake,
    mailbox: Any,
    fails: Tell,
    now: datetime,
    answer: str,
    state: str,
) -> None:
    box, port = mailbox
    box.refuse = answer
    fails("b1")
    smtp = Smtp("127.0.0.1", port, "assay@example.org")
    assert send(catalog, lake, now, smtp=smtp) == ["sent", state]
