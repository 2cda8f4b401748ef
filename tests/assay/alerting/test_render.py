"""Golden files; ASSAY_WRITE_GOLDEN=1 writes them anew."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.alerting import Message, render_email, render_slack
from assay.alerting._message import MessageBatch, MessageReason
from assay.verdict import Outcome

GOLDEN = Path(__file__).parents[2] / "golden" / "messages"
NOW = datetime(2013, 2, 9, 6, 0, tzinfo=UTC)


def message(kind: str, batches: int = 1, reasons: int = 2) -> Message:
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
    rows = tuple(
        MessageBatch(
            batch=f"2013-02-{8 + i:02d}",
            state="passed" if kind == "closed" else "failing",
            since=NOW + timedelta(days=i),
            rows_affected=930 if i % 2 == 0 else None,
            reasons=why,
        )
        for i in range(batches)
    )
    return Message.model_validate(
        {
            "key": "incident/7/opened/slack/1",
            "edits": None,
            "kind": kind,
            "transport": "slack",
            "to": ("#flights",),
            "incident": 7,
            "dataset": "flights",
            "check": "drift/drift_found",
            "outcome": Outcome.FAIL,
            "opened": NOW,
            "closed": NOW + timedelta(days=2) if kind == "closed" else None,
            "owner": "Flight <operations> & co",
            "run_url": "https://airflow.example.org/dags/release__flights/runs/7",
            "batches": rows,
        }
    )


CASES = {
    "opened": message("opened"),
    "updated": message("updated", batches=3),
    "closed": message("closed", batches=2, reasons=1),
    "long": message("opened", batches=14, reasons=7),
}


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("ASSAY_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_slack(case: str) -> None:
    rendered = render_slack(CASES[case])
    golden(f"{case}.slack.json", json.dumps(rendered, indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("case", CASES)
def test_email(case: str) -> None:
    subject, text, html = render_email(CASES[case])
    golden(f"{case}.email.txt", f"Subject: {subject}\n\n{text}")
    golden(f"{case}.email.html", html)


def test_slack_limits_hold_for_a_very_long_message() -> None:
    many = message("opened", batches=40, reasons=40)
    long = many.model_copy(update={"dataset": "d" * 400, "check": "&" * 400})
    rendered = render_slack(long)
    header, facts, batches, links = rendered["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert all(len(f["text"]) <= 2000 for f in facts["fields"])
    assert 0 < len(batches["text"]["text"]) <= 3000
    assert len(links["elements"][0]["text"]) <= 3000


def test_what_a_name_says_is_never_markup() -> None:
    nasty = message("opened").model_copy(update={"owner": "<!channel> <b>x</b>"})
    assert "<!channel>" not in json.dumps(render_slack(nasty))
    assert "<b>x</b>" not in render_email(nasty)[2]


def test_a_runbook_in_the_repository_is_shown_as_a_path() -> None:
    text = message("opened").model_dump_json().replace("https://git.example.org/docs", "include")
    local = Message.model_validate_json(text)
    assert "`include/runbooks/drift_found.md`" in json.dumps(render_slack(local))
    assert "<code>include/runbooks/drift_found.md</code>" in render_email(local)[2]
