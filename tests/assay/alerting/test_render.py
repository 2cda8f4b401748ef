"""Messages as people get them, compared with golden files."""

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from assay.alerting._message import (
    Bundle,
    Letter,
    Message,
    MessageBatch,
    MessageReason,
    Weekly,
    WeeklyIncident,
    WeeklyLetter,
    WeeklyLine,
)
from assay.alerting._render import render_email, render_slack
from assay.verdict import Outcome

NOW = datetime(2013, 2, 9, 6, 0, tzinfo=UTC)

Golden = Callable[[str, str], None]


def message(kind: str, batches: int = 1, reasons: int = 2, **more: Any) -> Message:
    columns = ("dep_delay", "air_time", *(f"column_{i}" for i in range(reasons)))[:reasons]
    why = tuple(
        MessageReason(
            code="drift_found",
            column=column,
            numbers={"psi_limit": 0.2, "psi": 0.41234567, "rows": 930},
            runbook="https://git.example.org/docs/runbooks/drift_found.md",
        )
        for column in columns
    )
    over = more.get("resolution", "passed")
    rows = tuple(
        MessageBatch(
            batch=f"2013-02-{8 + i:02d}",
            state=over if kind == "closed" else "failing",
            since=NOW + timedelta(days=i),
            rows_affected=930 if i % 2 == 0 else None,
            reasons=why,
        )
        for i in range(batches)
    )
    fields = {
        "key": "incident/7/opened/slack/1",
        "kind": kind,
        "transport": "slack",
        "to": ("#flights",),
        "incident": 7,
        "dataset": "flights",
        "check": "drift/drift_found",
        "outcome": Outcome.FAIL,
        "opened": NOW,
        "closed": NOW + timedelta(days=2) if kind == "closed" else None,
        "resolution": over if kind == "closed" else None,
        "owner": "Flight <operations> & co",
        "run_url": "https://airflow.example.org/dags/release__flights/runs/7",
        "answer_url": f"https://airflow.example.org/assay/incidents/{more.get('incident', 7)}",
        "batches": rows,
    }
    return Message.model_validate({**fields, **more})


def bundle(key: str, *messages: Message) -> Bundle:
    return Bundle(key=key, transport="slack", to=("#flights",), messages=messages)


def weekly() -> WeeklyLetter:
    oldest = WeeklyIncident(incident=3, check="drift/drift_found", since=NOW, batches=1)
    flights = WeeklyLine(
        dataset="flights", released=4, forced=1, held=2, crashed=1, rows_in=6204,
        rows_quarantined=945, held_batches=("2013-02-08", "2013-02-09"), opened=2, open_now=2,
        oldest=oldest, muted=("incident 3, drift/drift_found, 1 batch, snoozed until Monday",),
        advice=(
            "late_arrival@3: 400 more rows of origin=EWR & hour>18: recall +3.1 points "
            "(+2.1 to +4.1); they are 2 % of the rows and 9 % of the errors.",
        ),
    )  # fmt: skip
    planes = WeeklyLine(
        dataset="planes", released=0, forced=0, held=0, crashed=0, rows_in=0, rows_quarantined=0,
        held_batches=(), opened=0, open_now=0, oldest=None, muted=(),
    )  # fmt: skip
    first = date(2013, 2, 4)
    week = Weekly(
        owner="air-traffic-data", week="2013-W06", first=first, last=date(2013, 2, 10),
        lines=(flights, planes),
    )  # fmt: skip
    return WeeklyLetter(key="weekly/x", transport="email", to=("ann@example.org",), weekly=week)


CASES: dict[str, Letter] = {
    "opened": message("opened"),
    "urgent": message("opened", severity="urgent", batches=2),
    "updated": message("updated", batches=3),
    "acknowledged": message("updated", acknowledged=NOW + timedelta(hours=1), reopened=2),
    "snoozed": message("updated", snoozed_until=NOW + timedelta(days=3)),
    "reminded": message("reminded"),
    "escalated": message("escalated", severity="urgent", escalations=2),
    "reopened": message("reopened", reopened=1),
    "closed": message("closed", batches=2, reasons=1),
    "dismissed": message("closed", reasons=1, resolution="dismissed"),
    "long": message("opened", batches=14, reasons=7),
    "quiet": bundle(
        "quiet/2013-02-09T09:00Z/slack/1/4",
        message("opened", batches=3),
        message("closed", incident=8, check="validate_raw/quarantine_share_above_limit"),
    ),
    "backfill": bundle(
        "backfill/flights/slack/1/4",
        message("opened", batches=12),
        message("opened", incident=9, outcome=Outcome.INCONCLUSIVE, check="drift/no_reference"),
    ),
    "weekly": weekly(),
}


@pytest.mark.parametrize("case", CASES)
def test_slack(golden: Golden, case: str) -> None:
    rendered = render_slack(CASES[case])
    golden(f"messages/{case}.slack.json", json.dumps(rendered, indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("case", CASES)
def test_email(golden: Golden, case: str) -> None:
    subject, text, page = render_email(CASES[case])
    golden(f"messages/{case}.email.txt", f"Subject: {subject}\n\n{text}")
    golden(f"messages/{case}.email.html", page)


@pytest.mark.parametrize("case", CASES)
def test_slack_would_take_it(case: str) -> None:
    assert_slack_takes(render_slack(CASES[case]))


def test_slack_limits_hold_for_very_long_letters() -> None:
    long = message("opened", batches=40, reasons=40, dataset="d" * 400, check="&" * 400)
    many = [long.model_copy(update={"incident": n}) for n in range(60)]
    for letter in (long, bundle("quiet/x/1", *many)):
        rendered = render_slack(letter)
        assert_slack_takes(rendered)
        assert "…" in json.dumps(rendered, ensure_ascii=False)


def test_a_week_of_many_data_sets_says_what_it_leaves_out() -> None:
    letter, dull = weekly(), weekly().weekly.lines[1]
    lines = [dull.model_copy(update={"dataset": f"d{n:02}", "held": n > 52}) for n in range(55)]
    many = letter.weekly.model_copy(update={"lines": tuple(lines), "owner": "data eng"})
    rendered = render_slack(letter.model_copy(update={"weekly": many}))
    assert_slack_takes(rendered)
    shown = [b["text"]["text"] for b in rendered["blocks"] if "text" in b][1:]
    assert [text[1:4] for text in shown[:3]] == ["d53", "d54", "d00"]
    assert len(shown) == 40
    assert shown[-1] == "… and 16 more data sets: assay digest 'data eng' --week 2013-W06"


def assert_slack_takes(rendered: dict[str, Any]) -> None:
    """Slack's own limits, by the checks of its SDK and by its documentation."""
    assert 0 < len(rendered["text"]) <= 4000
    assert 0 < len(rendered["blocks"]) <= 50
    for block, parsed in zip(rendered["blocks"], Block.parse_all(rendered["blocks"]), strict=True):
        parsed.validate_json()
        assert parsed.to_dict() == block, "the SDK knows every part of it"
        texts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        most = {"header": 150, "section": 3000, "context": 3000}[block["type"]]
        most = 2000 if "fields" in block else most
        assert all(0 < len(t["text"]) <= most for t in texts if t)
        assert len(block.get("fields", [])) <= 10
        assert len(block.get("elements", [])) <= 10


def test_the_html_says_what_the_text_says() -> None:
    for case, letter in CASES.items():
        _, text, page = render_email(letter)
        shown = html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
        lost = {w for w in re.findall(r"\w[\w./-]+", text) if w not in shown}
        assert lost == set(), case
        assert not re.search(r"src=|url\(|@import|<script|<link", page), "it loads nothing"


def test_what_a_name_says_is_never_markup() -> None:
    nasty = message("opened").model_copy(update={"owner": "<!channel> <b>x</b>"})
    assert "<!channel>" not in json.dumps(render_slack(nasty))
    assert "<b>x</b>" not in render_email(nasty)[2]


def test_a_runbook_in_the_repository_is_shown_as_a_path() -> None:
    text = message("opened").model_dump_json().replace("https://git.example.org/docs", "include")
    local = Message.model_validate_json(text)
    assert "`include/runbooks/drift_found.md`" in json.dumps(render_slack(local))
    assert "<code>include/runbooks/drift_found.md</code>" in render_email(local)[2]
