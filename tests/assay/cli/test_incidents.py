"""The verbs about incidents: list, show, ack, snooze, dismiss; digest; and what check adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.verdict import Outcome, Reason

NOW = datetime.now(UTC)


@pytest.fixture
def incident(services: Any) -> Any:
    """A home with one open incident, of a day that drifted."""
    reason = Reason(code="drift_detected", outcome=Outcome.FAIL, message="score has shifted")
    services.services.catalog.incidents.open_or_update(
        "visits", "drift/drift_detected", "2024-01-03", reasons=[reason], at=NOW, run_id="r1"
    )
    return services


def test_an_incident_is_listed_shown_and_taken_on(assay: Any, incident: Any) -> None:
    assert assay("incidents", "list", "sites").out.strip() == "No incident is open."
    listed = assay("incidents", "list")
    assert listed.code == 0
    for word in ("1", "normal", "visits", "drift/drift_detected", "FAIL", "2024-01-03", "open"):
        assert word in listed.out
    said = assay("incidents", "ack", "1", "--author", "ann", "--reason", "On it, [/s].")
    assert said.code == 0
    assert "Incident 1 (visits, drift/drift_detected): acknowledged" in said.out
    assert "It was so already." in assay("incidents", "ack", "1", "--author", "bob").out
    shown = assay("incidents", "show", "1")
    assert "2024-01-03 failing since" in shown.out
    assert "drift_detected: score has shifted" in shown.out
    assert "ann: acknowledge. On it, [/s]." in shown.out
    found = assay("incidents", "show", "1", "--json").json
    assert found["responses"][0]["author"] == "ann"
    assert found["batches"][0]["run_id"] == "r1"
    assert assay("incidents", "list", "--json").json["incidents"][0]["severity"] == "normal"


def test_a_snooze_is_listed_by_check_and_a_dismissal_has_no_end(assay: Any, incident: Any) -> None:
    before = datetime.now(UTC)
    said = assay("incidents", "snooze", "1", "--until", "3d", "--reason", "Monday", "--json")
    assert said.code == 0
    until = datetime.fromisoformat(said.json["snoozed_until"])
    assert before <= until - timedelta(days=3) <= datetime.now(UTC)
    checked = assay("check", "--no-gx")
    assert checked.code == 0
    assert "muted: incident 1, visits drift/drift_detected (2024-01-03), snoozed" in checked.err
    assert "Monday" in checked.err
    assert assay("incidents", "dismiss", "1", "--reason", "Known").code == 0
    (silence,) = assay("check", "--no-gx", "--json").json["silences"]
    assert (silence["state"], silence["reason"], silence["until"]) == ("unbounded", "Known", None)
    assert "muted: UNBOUNDED incident 1" in assay("check", "--no-gx").err
    assert "dismissed" in assay("incidents", "list", "--all").out


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("ack", "9"), "no such incident"),
        (("snooze", "1", "--until", "soon", "--reason", "r"), "this isn't a time"),
        (("snooze", "1", "--until", "1d"), "--reason"),
        (("dismiss", "1", "--reason", "r", "--batch", "2024-01-09"), "one of: 2024-01-03"),
        (("list", "visitz"), "Did you mean 'visits'"),
    ],
)
def test_what_cannot_be_done_says_what_can(
    assay: Any, incident: Any, words: tuple[str, ...], shown: str
) -> None:
    said = assay("incidents", *words)
    assert said.code == 2
    assert shown in said.err


def test_a_digest_of_an_owner_or_of_all(assay: Any, incident: Any) -> None:
    said = assay("digest", "--all")
    assert said.code == 0
    assert "of tests: 0 released" in said.out
    year, week, _ = NOW.isocalendar()
    this = assay("digest", "tests", "--week", f"{year}-W{week:02d}", "--json").json
    (digest,) = this["digests"]
    assert digest["owner"] == "tests"
    assert {line["dataset"]: line["opened"] for line in digest["lines"]} == {
        "sites": 0,
        "visits": 1,
    }
    by_batch = assay("digest", "tests", "--week", "2024-W01", "--by-batch")
    assert "2 released" in by_batch.out
    for wrong, shown in (
        ((), "whose digest?"),
        (("nobody",), "one of: tests"),
        (("--all", "--week", "2024-W60"), "like 2013-W06"),
    ):
        said = assay("digest", *wrong)
        assert said.code == 2
        assert shown in said.err
