import email
import email.policy
import json
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assay.alerting import (
    AlertContext,
    SlackBot,
    SlackWebhook,
    Smtp,
    _send,
    held_until,
    open_transports,
    send_due,
)
from assay.catalog import Catalog
from assay.lake import Lake
from assay.policy.alerting import AlertingPolicy
from assay.records.incidents import IncidentChange
from assay.stages.run._notify import plan_into_outbox
from assay.verdict import Outcome, Reason

MINUTE = timedelta(minutes=1)
REASON = Reason(code="drift_found", outcome=Outcome.FAIL, message="m", numbers={"psi": 0.4})


@dataclass
class Desk:
    """A data set's batches fail and pass, people answer, and messages are sent, at some time."""

    catalog: Catalog
    policy: AlertingPolicy
    context: AlertContext
    at: datetime

    def fails(self, batch: str, *, backfill: bool = False) -> None:
        minutes = self.policy.continues_within_minutes
        window = timedelta(minutes=minutes) if minutes else None
        with self.catalog.transaction():
            change = self.catalog.incidents.open_or_update(
                "flights", "c", batch, reasons=[REASON], at=self.at, continues_within=window
            )
            self.plan(change, backfill=backfill)

    def passes(self, batch: str) -> None:
        with self.catalog.transaction():
            for change in self.catalog.incidents.resolve_batch(
                "flights", batch, how="passed", at=self.at
            ):
                self.plan(change)

    def plan(self, change: IncidentChange, *, backfill: bool = False) -> None:
        context = replace(self.context, at=self.at, backfill=backfill)
        plan_into_outbox(Services(self.catalog), change, self.policy, context)  # type: ignore[arg-type]

    def send(self, lake: Lake, **connections: Any) -> list[str]:
        transports = open_transports(lake, **connections)
        return [
            d.state
            for d in send_due(self.catalog.outbox, transports, lambda: self.at, owner="test")
        ]

    def later(self, **more: float) -> "Desk":
        self.at += timedelta(**more)
        return self


@dataclass
class Services:
    """As much of an office as planning needs."""

    catalog: Catalog


@pytest.fixture
def desk(catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime) -> Desk:
    return Desk(catalog, policy, context, now)


@pytest.fixture
def bot(slack: Any) -> SlackBot:
    return SlackBot("xoxb-hush", base_url=f"{slack.url}/api/")


@pytest.fixture
def hook(slack: Any) -> SlackWebhook:
    return SlackWebhook(f"{slack.url}/services/T0/B0/hush")


def posts(slack: Any) -> list[tuple[str, str]]:
    """What Slack was asked to do: post or update, and the title."""
    return [(path.rsplit(".", 1)[-1], body["text"]) for path, body in slack.calls]


def test_a_bot_posts_once_and_edits(desk: Desk, lake: Lake, slack: Any, bot: SlackBot) -> None:
    desk.fails("b1")
    assert desk.send(lake, slack=bot) == ["sent", "sent"]
    desk.fails("b1")
    desk.fails("b2")
    desk.passes("b1")
    desk.passes("b2")
    assert set(desk.send(lake, slack=bot)) == {"sent", "skipped"}
    assert desk.send(lake, slack=bot) == []
    assert [path for path, _ in slack.calls] == ["/api/chat.postMessage", "/api/chat.update"]
    first, second = (body for _, body in slack.calls)
    assert first["authorization"] == "Bearer xoxb-hush"
    assert first["channel"] == "#flights"
    assert second["channel"] == "C024BE91L"
    assert len(slack.messages) == 1
    assert next(iter(slack.messages.values()))[0]["text"]["text"].startswith("Resolved: flights")


def test_a_bot_shows_a_batch_that_joins(desk: Desk, lake: Lake, slack: Any, bot: SlackBot) -> None:
    desk.fails("b1")
    desk.send(lake, slack=bot)
    desk.fails("b2")
    desk.send(lake, slack=bot)
    assert posts(slack) == [
        ("postMessage", "FAIL: flights b1, c"),
        ("update", "FAIL: flights 2 batches, c"),
    ]


def test_a_message_that_was_deleted_is_posted_again(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    desk.fails("b1")
    desk.send(lake, slack=bot)
    slack.messages.clear()
    desk.passes("b1")
    desk.send(lake, slack=bot)
    assert [p for p, _ in posts(slack)][1:] == ["update", "postMessage"]


def test_a_webhook_posts_on_opening_and_on_closing(
    desk: Desk, lake: Lake, slack: Any, hook: SlackWebhook
) -> None:
    desk.fails("b1")
    desk.send(lake, slack=hook)
    desk.fails("b2")
    assert desk.send(lake, slack=hook) == ["skipped", "skipped"]
    desk.passes("b1")
    desk.passes("b2")
    desk.send(lake, slack=hook)
    assert [title.split(":")[0] for _, title in posts(slack)] == ["FAIL", "Resolved"]


@pytest.mark.parametrize("kind", ["bot", "hook"])
def test_rate_limits_and_outages_are_waited_for(
    desk: Desk, lake: Lake, slack: Any, request: pytest.FixtureRequest, kind: str
) -> None:
    transport, start = request.getfixturevalue(kind), desk.at
    slack.answers += [
        (429, {"Retry-After": "30"}, {"ok": False, "error": "ratelimited"}),
        (503, {}, "unavailable"),
        (200, {}, {"ok": False, "error": "token_revoked"})
        if kind == "bot"
        else (404, {}, "no_service"),
    ]
    desk.fails("b1")
    assert desk.send(lake, slack=transport) == ["later", "sent"]
    desk.at = start + MINUTE / 3
    assert desk.send(lake, slack=transport) == []
    desk.at = start + MINUTE / 2
    assert desk.send(lake, slack=transport) == ["later"]
    desk.at = start + 3 * MINUTE
    assert desk.send(lake, slack=transport) == ["later"]
    errors = [i.error for i in desk.catalog.outbox.find("pending")]
    assert errors == [
        f"Slack answered {'200 token_revoked' if kind == 'bot' else '404 no_service'}"
    ]
    desk.at = start + 60 * MINUTE
    assert desk.send(lake, slack=transport) == ["sent"]
    assert desk.send(lake, slack=transport) == []


def test_a_service_that_asks_to_wait_is_left_alone(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    slack.answers.append((429, {"Retry-After": "60"}, {"ok": False, "error": "ratelimited"}))
    for check in ("c", "d", "e"):
        change = desk.catalog.incidents.open_or_update(
            "flights", check, "b1", reasons=[REASON], at=desk.at
        )
        desk.plan(change)
    assert desk.send(lake, slack=bot).count("later") == 1
    assert len(slack.calls) == 1
    desk.later(minutes=2).send(lake, slack=bot)
    assert len(slack.calls) == 4


def test_a_channel_that_is_missing_keeps_no_other_waiting(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    routes = [{"slack": "#gone"}, {"slack": "#flights"}]
    desk.policy = AlertingPolicy.model_validate({"opens": ["FAIL"], "routes": routes})
    slack.answers.append((200, {}, {"ok": False, "error": "channel_not_found"}))
    desk.fails("b1")
    assert desk.send(lake, slack=bot) == ["later", "sent"]


def test_an_outage_is_followed_by_how_things_stand(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    slack.answers.append((500, {}, "oops"))
    desk.fails("b1")
    desk.send(lake, slack=bot)
    desk.fails("b2")
    desk.passes("b1")
    desk.passes("b2")
    desk.send(lake, slack=bot)
    assert len(slack.calls) == 1, "an end never overtakes its beginning"
    desk.later(minutes=5).send(lake, slack=bot)
    assert posts(slack)[1:] == [("postMessage", "Resolved: flights 2 batches, c")]
    assert desk.send(lake, slack=bot) == []


def test_what_slack_refuses_for_good_is_not_sent_again(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    slack.answers.append((200, {}, {"ok": False, "error": "invalid_blocks"}))
    desk.fails("b1")
    assert desk.send(lake, slack=bot) == ["failed", "sent"]
    assert desk.later(hours=10).send(lake, slack=bot) == []


@pytest.mark.parametrize("kind", ["bot", "hook"])
def test_a_connection_that_breaks_is_tried_again_only_later(
    desk: Desk, lake: Lake, slack: Any, request: pytest.FixtureRequest, kind: str
) -> None:
    slack.resets = 1
    desk.fails("b1")
    assert desk.send(lake, slack=request.getfixturevalue(kind)) == ["later", "sent"]
    assert len(slack.calls) == 1, "it may have been posted: not in the same breath"
    assert desk.later(minutes=5).send(lake, slack=request.getfixturevalue(kind)) == ["sent"]


def test_no_server_at_all_and_no_secret_in_the_error(desk: Desk, lake: Lake) -> None:
    desk.fails("b1")
    connections = {
        "slack": SlackWebhook("http://127.0.0.1:9/services/T0/B0/hush"),
        "smtp": Smtp("127.0.0.1", 9, "assay@example.org", "assay", "hush"),
    }
    assert desk.send(lake, **connections) == ["later", "later"]
    assert not any("hush" in str(i) or "services" in str(i) for i in desk.catalog.outbox.find())
    assert "hush" not in repr(connections)


def test_without_connections_messages_are_files(desk: Desk, lake: Lake) -> None:
    desk.fails("b1")
    desk.send(lake)
    desk.fails("b2")
    desk.send(lake)
    desk.passes("b1")
    desk.passes("b2")
    desk.send(lake)
    folder = lake.make("messages")
    kinds = sorted(p.name.split("-")[3] + p.suffix for p in folder.iterdir())
    assert kinds == sorted(
        f"{k}.{e}" for k in ("opened", "closed") for e in ("json", "txt", "html")
    )
    named = [
        f for i in desk.catalog.outbox.find("sent") for f in (i.receipt or {}).get("files", [])
    ]
    assert sorted(named) == sorted(f"messages/{p.name}" for p in folder.iterdir())
    assert all((zone := lake.zone_of(p)) and zone.name == "messages" for p in folder.iterdir())


def test_two_senders_send_once(desk: Desk, lake: Lake, slack: Any, hook: SlackWebhook) -> None:
    desk.fails("b1")
    transports, catalog = open_transports(lake, slack=hook), desk.catalog

    class Slow:
        """Between the look and the claim of this one, another sender takes it all."""

        def __getattr__(self, name: str) -> Any:
            return getattr(catalog.outbox, name)

        def due(self, at: datetime, *, after: int = 0) -> Any:
            items = catalog.outbox.due(at, after=after)
            send_due(catalog.outbox, transports, lambda: at, owner="other")
            return items

    assert send_due(Slow(), transports, lambda: desk.at, owner="slow") == []
    assert len(slack.calls) == 1


def test_a_message_that_takes_long_to_send_is_sent_once(
    desk: Desk, lake: Lake, slack: Any, hook: SlackWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slower than a claim lasts: it is prolonged, so that nobody else takes the message."""
    monkeypatch.setattr(_send, "_CLAIM", timedelta(seconds=0.6))
    monkeypatch.setattr(_send, "_BEAT_S", 0.1)
    desk.fails("b1")
    slack.delay = 2.0
    transports = open_transports(lake, slack=hook)
    with ThreadPoolExecutor() as pool:
        senders = []
        for _ in range(4):
            clock = partial(datetime.now, UTC)
            senders.append(pool.submit(send_due, desk.catalog.outbox, transports, clock, owner="s"))
            time.sleep(0.35)
        sent = [d for s in senders for d in s.result() if d.key.split("/")[3] == "slack"]
    assert [d.state for d in sent] == ["sent"]
    assert len(slack.calls) == 1


def test_mail_in_text_and_html(desk: Desk, lake: Lake, mailbox: Any) -> None:
    box, port = mailbox
    smtp = Smtp("127.0.0.1", port, "assay@example.org")
    desk.fails("b1")
    desk.send(lake, smtp=smtp)
    desk.fails("b2")
    desk.passes("b1")
    desk.passes("b2")
    desk.send(lake, smtp=smtp)
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
    desk: Desk, lake: Lake, tls_mailbox: Any, certificate: Path
) -> None:
    box, port = tls_mailbox
    trusted = ssl.create_default_context(cafile=str(certificate))
    desk.fails("b1")
    sender = "assay@example.org"
    stranger = Smtp("127.0.0.1", port, sender, "assay", "hush")
    assert desk.send(lake, smtp=stranger)[1] == "later", "its certificate isn't trusted"
    wrong = Smtp("127.0.0.1", port, sender, "assay", "wrong", tls=trusted)
    assert desk.later(minutes=5).send(lake, smtp=wrong) == ["later"]
    right = Smtp("127.0.0.1", port, sender, "assay", "hush", tls=trusted)
    assert desk.later(minutes=60).send(lake, smtp=right) == ["sent"]
    assert box.tls == [True]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_mail_encrypted_from_the_first_byte_with_a_login(
    desk: Desk, lake: Lake, smtps_mailbox: Any, certificate: Path
) -> None:
    box, port = smtps_mailbox
    smtps = Smtp("127.0.0.1", port, "assay@example.org", "assay", "hush", implicit_tls=True)
    desk.fails("b1")
    assert desk.send(lake, smtp=smtps)[1] == "later", "its certificate isn't trusted"
    (waiting,) = desk.catalog.outbox.find("pending")
    assert waiting.error == "the mail server didn't take it (SSLCertVerificationError)"
    trusted = replace(smtps, tls=ssl.create_default_context(cafile=str(certificate)))
    wrong = replace(trusted, password="wrong")
    assert desk.later(minutes=5).send(lake, smtp=wrong) == ["later"]
    assert desk.later(minutes=60).send(lake, smtp=trusted) == ["sent"]
    assert [to for to, _ in box.mails] == [["ann@example.org", "bob@example.org"]]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("451 later", "later"),
        ("554 no", "failed"),
        ("552 5.3.4 too big", "failed"),
        ("552 5.2.2 mailbox full", "later"),
        ("554 5.7.1 host blocked", "later"),
    ],
)
def test_what_a_mail_server_refuses(
    desk: Desk, lake: Lake, mailbox: Any, answer: str, state: str
) -> None:
    box, port = mailbox
    box.refuse = answer
    desk.fails("b1")
    smtp = Smtp("127.0.0.1", port, "assay@example.org")
    assert desk.send(lake, smtp=smtp) == ["sent", state]


def test_a_refused_sender_is_no_refused_message(desk: Desk, lake: Lake, mailbox: Any) -> None:
    box, port = mailbox
    box.sender = "552 5.2.2 over quota"
    smtp = Smtp("127.0.0.1", port, "assay@example.org")
    desk.fails("b1")
    assert desk.send(lake, smtp=smtp) == ["sent", "later"]
    box.sender = None
    assert desk.later(minutes=5).send(lake, smtp=smtp) == ["sent"]


def test_a_host_that_is_turned_away_may_come_back(desk: Desk, lake: Lake, mailbox: Any) -> None:
    _, port = mailbox
    desk.fails("b1")
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor() as pool:
        pool.submit(turn_away, door)
        smtp = Smtp("127.0.0.1", door.getsockname()[1], "assay@example.org")
        assert desk.send(lake, smtp=smtp) == ["sent", "later"]
    assert [i.error for i in desk.catalog.outbox.find("pending")] == [
        "the mail server answered 554"
    ]
    smtp = Smtp("127.0.0.1", port, "assay@example.org")
    assert desk.later(minutes=5).send(lake, smtp=smtp) == ["sent"]


def turn_away(door: socket.socket) -> None:
    guest, _ = door.accept()
    with guest:
        guest.sendall(b"554 5.7.1 Client host blocked\r\n")
        guest.recv(1)


def test_a_login_waits_for_encryption(desk: Desk, lake: Lake, mailbox: Any) -> None:
    box, port = mailbox
    desk.fails("b1")
    # An address of this host that isn't known to be its own.
    smtp = Smtp("0.0.0.0", port, "assay@example.org", "assay", "hush")
    assert desk.send(lake, smtp=smtp) == ["sent", "later"]
    (waiting,) = desk.catalog.outbox.find("pending")
    assert "no encryption" in (waiting.error or "")
    assert box.mails == []


def test_a_wrong_address_keeps_the_mail_from_nobody_else(
    desk: Desk, lake: Lake, mailbox: Any
) -> None:
    box, port = mailbox
    smtp = Smtp("127.0.0.1", port, "assay@example.org")
    box.unknown = {"bob@example.org"}
    desk.fails("b1")
    assert desk.send(lake, smtp=smtp) == ["sent", "sent"]
    assert [to for to, _ in box.mails] == [["ann@example.org"]]
    (mail,) = (i for i in desk.catalog.outbox.find("sent") if "email" in i.key)
    assert (mail.receipt or {})["refused"] == 1
    box.unknown |= {"ann@example.org"}
    desk.passes("b1")
    assert desk.send(lake, smtp=smtp) == ["sent", "later"]
    (mail,) = desk.catalog.outbox.find("pending")
    assert mail.error == "the mail server refuses every address (550)"


@dataclass
class Counted:
    """An outbox that counts how often a thread is looked up."""

    outbox: Any
    lookups: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outbox, name)

    def thread(self, thread: str) -> Any:
        self.lookups += 1
        return self.outbox.thread(thread)


@pytest.mark.parametrize("kind", ["bot", "hook"])
def test_a_thread_is_looked_up_once_a_pass(
    desk: Desk, lake: Lake, request: pytest.FixtureRequest, kind: str
) -> None:
    desk.fails("b0")
    desk.send(lake, slack=request.getfixturevalue(kind))
    for n in range(1, 9):
        desk.fails(f"b{n}")
    counted = Counted(desk.catalog.outbox)
    transports = open_transports(lake, slack=request.getfixturevalue(kind))
    sent = send_due(counted, transports, lambda: desk.at, owner="test")  # type: ignore[arg-type]
    assert (len(sent), counted.lookups) == (16, 2), "two places"


def test_an_outage_of_one_service_keeps_the_other_from_nothing(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    tuned(desk)
    slack.answers.append((429, {"Retry-After": "60"}, {"ok": False, "error": "ratelimited"}))
    with desk.catalog.transaction():
        for n in range(120):
            fails_elsewhere(desk, f"c{n}")
    delivered = desk.send(lake, slack=bot)
    assert (delivered.count("later"), delivered.count("sent")) == (1, 120)
    assert len(slack.calls) == 1


@pytest.mark.parametrize("body", [{"kind": "opened"}, {"kind": "sung"}, {"transport": "pigeon"}])
def test_a_message_that_cannot_be_read_keeps_no_other_waiting(
    desk: Desk, lake: Lake, body: dict[str, str]
) -> None:
    address = {"transport": "slack", "to": ["#flights"], "secret": "hush"}
    desk.catalog.outbox.add("other", {**address, **body}, at=desk.at, thread="other")
    desk.fails("b1")
    assert desk.send(lake) == ["later", "sent", "sent"]
    (waiting,) = desk.catalog.outbox.find("pending")
    assert "this version of Assay can't read it (" in (waiting.error or "")
    assert "hush" not in (waiting.error or "")
    assert desk.later(minutes=0.5).send(lake) == []
    assert desk.later(minutes=0.5).send(lake) == ["later"]


def test_a_message_that_says_more_than_is_understood_is_sent(desk: Desk, lake: Lake) -> None:
    desk.fails("b1")
    (item, _) = desk.catalog.outbox.find()
    desk.catalog.outbox.withdraw("")
    desk.catalog.outbox.add("more", {**item.body, "mood": "cheerful"}, at=desk.at)
    assert desk.send(lake) == ["sent"]


def test_a_successor_that_cannot_be_read_is_tried_later(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    tuned(desk)
    desk.fails("b1")
    item = desk.catalog.outbox.find()[0]
    newer = {**item.body, "kind": "closed", "outcome": "SPLENDID"}
    desk.catalog.outbox.add("newer", newer, at=desk.at, thread=item.thread)
    assert sorted(desk.send(lake, slack=bot)) == ["later", "sent", "sent"]
    assert posts(slack) == [("postMessage", "FAIL: flights b1, c")]
    assert [i.key for i in desk.catalog.outbox.find("pending")] == ["newer"]


@pytest.mark.parametrize("kind", ["bot", "hook"])
def test_who_was_told_hears_the_end_wherever_the_route_leads_by_then(
    desk: Desk, lake: Lake, slack: Any, request: pytest.FixtureRequest, kind: str
) -> None:
    transport = request.getfixturevalue(kind)
    desk.policy = routed("#old")
    desk.fails("b1")
    desk.send(lake, slack=transport)
    desk.policy = routed("#new")
    desk.passes("b1")
    assert sorted(desk.send(lake, slack=transport)) == ["sent", "skipped"], "#new knew nothing"
    desk.policy = routed("#newer")
    desk.fails("b2")
    desk.passes("b2")
    desk.send(lake, slack=transport)
    titles = [title for _, title in posts(slack)]
    assert titles[:2] == ["FAIL: flights b1, c", "Resolved: flights b1, c"]
    assert [body.get("channel") for _, body in slack.calls] == (
        ["#old", "C024BE91L", "#newer"] if kind == "bot" else [None] * 3
    )


def test_what_is_held_back_for_a_place_is_told_as_it_stands_though_the_route_has_changed(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    desk.policy = routed("#old", **QUIET)
    desk.fails("b1")
    desk.policy = routed("#new", **QUIET)
    desk.passes("b1")
    desk.later(hours=4).send(lake, slack=bot)
    assert posts(slack) == [("postMessage", "Resolved: flights b1, c")]


def routed(channel: str, **more: Any) -> AlertingPolicy:
    return AlertingPolicy.model_validate(
        {"opens": ["FAIL"], "routes": [{"slack": channel}], **more}
    )


# Quiet hours, flapping checks, backfills, silences.

QUIET = {
    "quiet_hours": {
        "timezone": "UTC",
        "windows": [{"days": ["sat"], "start": "00:00", "end": "09:00"}],
        "pierced_by": ["urgent"],
    }
}


def tuned(desk: Desk, **more: Any) -> Desk:
    routes = [{"slack": "#flights", "email": ["ann@example.org"]}]
    desk.policy = AlertingPolicy.model_validate({"opens": ["FAIL"], "routes": routes, **more})
    return desk


def fails_elsewhere(desk: Desk, check: str) -> None:
    change = desk.catalog.incidents.open_or_update(
        "flights", check, "b9", reasons=[REASON], at=desk.at
    )
    desk.plan(change)


def test_what_quiet_hours_held_back_is_one_message_at_their_end(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot, mailbox: Any
) -> None:
    box, port = mailbox
    connections = {"slack": bot, "smtp": Smtp("127.0.0.1", port, "assay@example.org")}
    tuned(desk, **QUIET)
    desk.fails("b1")
    fails_elsewhere(desk, "d")
    desk.send(lake, **connections)
    desk.later(hours=1).passes("b1")
    desk.send(lake, **connections)
    assert (slack.calls, box.mails) == ([], []), "it is Saturday, before nine"
    desk.later(hours=2).send(lake, **connections)
    title = "During quiet hours: flights, 1 open, 1 resolved"
    assert posts(slack) == [("postMessage", title)]
    (mail,) = (email.message_from_bytes(raw) for _, raw in box.mails)
    assert mail["Subject"] == f"[assay] {title}"
    assert desk.later(hours=9).send(lake, **connections) == []
    # What follows is posted below it, since that post is about others too.
    for change in desk.catalog.incidents.resolve_batch("flights", "b9", how="passed", at=desk.at):
        desk.plan(change)
    desk.send(lake, **connections)
    assert slack.calls[1][1]["thread_ts"] == next(iter(slack.messages))


def test_an_urgent_incident_pierces_quiet_hours(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    tuned(desk, **QUIET, severities=[{"severity": "urgent", "reasons": ["drift_found"]}])
    desk.fails("b1")
    desk.send(lake, slack=bot)
    assert posts(slack) == [("postMessage", "URGENT FAIL: flights b1, c")]


def test_an_edit_disturbs_nobody_and_needs_not_wait(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    tuned(desk, **QUIET)
    desk.at -= timedelta(hours=7)
    desk.fails("b1")
    desk.send(lake, slack=bot)
    desk.later(hours=8).passes("b1")
    assert sorted(desk.send(lake, slack=bot)) == ["held", "sent"], "the e-mail waits"
    assert [what for what, _ in posts(slack)] == ["postMessage", "update"]


@pytest.mark.parametrize("kind", ["bot", "hook"])
def test_a_flapping_check_is_one_incident(
    desk: Desk, lake: Lake, slack: Any, request: pytest.FixtureRequest, kind: str
) -> None:
    tuned(desk, continues_within_minutes=60)
    transport = request.getfixturevalue(kind)
    for _ in range(5):
        desk.later(minutes=10).fails("b1")
        desk.send(lake, slack=transport)
        desk.later(minutes=10).passes("b1")
        desk.send(lake, slack=transport)
    desk.later(minutes=61).send(lake, slack=transport)
    (incident,) = desk.catalog.incidents.find()
    assert (incident.state, incident.reopened) == ("closed", 4)
    made = [what for what, _ in posts(slack)]
    if kind == "bot":
        assert (made.count("postMessage"), made.count("update")) == (1, 9)
        assert next(iter(slack.messages.values()))[0]["text"]["text"].startswith("Resolved")
    else:
        assert [title.split(":")[0] for _, title in posts(slack)] == ["FAIL", "Resolved"]
    desk.fails("b1")
    assert len(desk.catalog.incidents.find()) == 2, "later it is another one"


def test_a_backfill_is_one_message_once_the_data_set_is_quiet(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    tuned(desk, backfills={"quiet_minutes": 10})
    for batch in ("b1", "b2", "b3"):
        desk.fails(batch, backfill=True)
        change = desk.catalog.incidents.open_or_update(
            "flights", "d", batch, reasons=[REASON], at=desk.at
        )
        desk.plan(change, backfill=True)
        desk.catalog.outbox.put_off("backfill/flights/", hold=held_until(desk.policy, desk.at))
        desk.later(minutes=9).send(lake, slack=bot)
    assert slack.calls == []
    desk.later(minutes=1).send(lake, slack=bot)
    assert posts(slack) == [("postMessage", "Backfill: flights, 2 open")]
    assert desk.later(hours=1).send(lake, slack=bot) == []


@pytest.mark.parametrize("backfill", [True, False])
def test_what_is_held_back_keeps_nothing_else_waiting(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot, *, backfill: bool
) -> None:
    urgent = [{"severity": "urgent", "reasons": ["boom"]}]
    tuned(desk, **QUIET, backfills={"quiet_minutes": 60}, severities=urgent)
    with desk.catalog.transaction():
        for n in range(120):
            desk.fails(f"b{n}", backfill=backfill)
    boom = Reason(code="boom", outcome=Outcome.FAIL, message="m")
    desk.plan(desk.catalog.incidents.open_or_update("loans", "c", "b", reasons=[boom], at=desk.at))
    assert desk.later(minutes=10).send(lake, slack=bot) == ["sent", "sent"]
    assert posts(slack) == [("postMessage", "URGENT FAIL: loans b, c")]
    desk.later(hours=5).send(lake, slack=bot)
    assert posts(slack)[1:] == [("postMessage", "FAIL: flights 120 batches, c")]


def test_nothing_is_said_of_a_snoozed_incident_until_its_end(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    tuned(desk)
    desk.fails("b1")
    desk.send(lake, slack=bot)
    until = desk.at + timedelta(hours=3)
    change = desk.catalog.responses.snooze(
        1, until=until, reason="Ann (ann@example.org) is at it", by="ann", at=desk.at
    )
    desk.plan(change)
    desk.fails("b2")
    desk.passes("b1")
    desk.send(lake, slack=bot)
    assert [what for what, _ in posts(slack)] == ["postMessage", "update"]
    shown = json.dumps(slack.calls[1][1])
    assert "Snoozed until" in shown
    assert "Ann" not in shown
    assert "ann@" not in shown
    desk.later(hours=3)
    for change in desk.catalog.incidents.wake(desk.at, ["flights"]):
        desk.plan(change)
    desk.send(lake, slack=bot)
    assert posts(slack)[2:] == [("postMessage", "Still FAIL: flights b2, c")]
    desk.passes("b2")
    desk.send(lake, slack=bot)
    assert [what for what, _ in posts(slack)][3:] == ["update", "update"], "both posts say so"


def test_a_dismissed_incident_ends_and_stays_ended(
    desk: Desk, lake: Lake, slack: Any, hook: SlackWebhook
) -> None:
    tuned(desk)
    desk.fails("b1")
    desk.send(lake, slack=hook)
    desk.plan(desk.catalog.responses.dismiss(1, reason="A blizzard.", by="ann", at=desk.at))
    desk.send(lake, slack=hook)
    assert [t for _, t in posts(slack)] == ["FAIL: flights b1, c", "Dismissed: flights b1, c"]
    desk.later(days=9).fails("b1")
    desk.send(lake, slack=hook)
    assert len(slack.calls) == 2
    desk.passes("b1")
    desk.later(days=1).fails("b1")
    desk.send(lake, slack=hook)
    assert [t for _, t in posts(slack)][2:] == ["FAIL: flights b1, c"]


def test_what_was_never_told_has_no_end_to_be_told(
    desk: Desk, lake: Lake, slack: Any, bot: SlackBot
) -> None:
    tuned(desk, **QUIET)
    desk.fails("b1")
    desk.plan(desk.catalog.responses.dismiss(1, reason="Known.", by="ann", at=desk.at))
    for _ in range(3):
        desk.later(hours=2).send(lake, slack=bot)
    assert slack.calls == []
