"""Incidents through the train: told, answered, put off, escalated, summed up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.alerting import AlertContext
from assay.errors import CatalogError, InputError
from assay.stages import run as stages
from assay.stages.incidents import list_silences, respond, send_alerts, send_weekly, weekly_digests
from assay.stages.incidents._outbox import alerting_of, plan_into_outbox
from assay.verdict import Outcome, Reason

DAY = "2024-01-03"
POLICY = """\
opens: [FAIL, INCONCLUSIVE]
severities:
  - {severity: urgent, reasons: [drift_detected]}
continues_within_minutes: 60
longest_silence_days: 30
routes:
  - {slack: '#tests', email: [team@example.org]}
escalation: {after_minutes: 30, at_most: 2, severities: [urgent], slack: '#on-call'}
backfills: {quiet_minutes: 10}
weekly_digest: {email: [team@example.org]}
"""


class Shift:
    """A train whose clock a test moves, and what people were told."""

    def __init__(self, train: Any, mini: Any) -> None:
        self.train, self.mini = train, mini
        self.at = datetime(2024, 1, 10, 6, tzinfo=UTC)
        train.now = lambda: self.at
        self.write_policy(POLICY)

    def write_policy(self, text: str) -> None:
        (self.train.project / "include/policies/visits/alerting.yaml").write_text(text)

    def later(self, **more: float) -> Shift:
        self.at += timedelta(**more)
        return self

    def run(self, day: str = DAY, *, run_type: str = "manual", **visits: Any) -> None:
        self.train.drop("visits", day, self.mini.visits(day, **visits))
        self.train.run("visits", day, run_type=run_type)

    def tell(self) -> dict[str, Any]:
        services = self.train.services
        return send_alerts(services, self.mini.transports(services), owner="tick")

    def respond(self, action: str, number: int = 1, **more: Any) -> Any:
        return respond(self.train.services, number, action, by="ann", **more)

    def told(self, about: str = "") -> list[str]:
        """Titles of the Slack messages that name something, in the order of their writing."""
        folder = self.train.home / "messages"
        files = sorted(folder.glob("*.json"), key=lambda p: p.stat().st_mtime_ns)
        return [t for p in files if about in (t := json.loads(p.read_text())["text"])]


@pytest.fixture(scope="module")
def drifted(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home in which a day has drifted, so that it is held, and its owner was told."""
    shift = Shift(mini.copy(template, tmp_path_factory.mktemp("drifted")), mini)
    shift.run(shift=30)
    return shift.train


@pytest.fixture
def shift(drifted: Any, mini: Any, tmp_path: Path) -> Shift:
    """That home, to go on from."""
    return Shift(mini.copy(drifted, tmp_path / "shift"), mini)


DISMISSED = "Dismissed: visits 2024-01-03, drift/drift_detected"
FAIL = "URGENT FAIL: visits 2024-01-03, drift/drift_detected"


def test_a_day_that_drifts_is_told_escalated_answered_and_resolved(shift: Shift) -> None:
    assert shift.told() == [FAIL]
    for minutes, escalated in ((29, []), (1, [1]), (29, []), (1, [1]), (300, [])):
        assert shift.later(minutes=minutes).tell()["escalated"] == escalated
    assert (
        shift.told()[1:]
        == ["URGENT, no answer yet: visits 2024-01-03 failed (drift/drift_detected)"] * 2
    )
    assert shift.respond("acknowledge").kind == "acknowledged"
    shift.run(shift=0)
    assert len(shift.told()) == 3, "it may yet come back"
    shift.later(minutes=60).tell()
    assert shift.told()[3:] == ["Resolved: visits 2024-01-03, drift/drift_detected"] * 2


def test_who_acknowledges_in_time_is_left_in_peace(shift: Shift) -> None:
    shift.later(minutes=20).respond("acknowledge")
    assert shift.later(hours=9).tell()["escalated"] == []
    assert shift.told() == [FAIL]


def test_a_snooze_is_kept_and_ends(shift: Shift) -> None:
    shift.respond("snooze", until="3h", reason="The upstream is at it.")
    shift.run("2024-01-04", shift=30)
    assert shift.later(hours=2, minutes=59).tell()["reminded"] == []
    assert shift.told() == [FAIL]
    assert shift.later(minutes=1).tell()["reminded"] == [1]
    assert shift.told()[1:] == ["URGENT Still FAIL: visits 2 batches, drift/drift_detected"]
    assert shift.later(minutes=30).tell()["escalated"] == [1], "the clock starts anew"


def test_a_dismissed_day_stays_held_and_quiet(shift: Shift) -> None:
    shift.respond("dismiss", reason="The meter was changed.")
    shift.tell()
    assert shift.told()[1:] == [DISMISSED]
    shift.later(days=1).run(shift=31)
    shift.tell()
    assert len(shift.told()) == 2
    assert shift.train.batch("visits", DAY)["state"] == "held"
    shift.run("2024-01-04", shift=30)
    assert shift.told()[2:] == ["URGENT FAIL: visits 2024-01-04, drift/drift_detected"]


def test_a_day_that_is_no_longer_compared_does_not_resolve_what_drifted(shift: Shift) -> None:
    path = shift.train.project / "include/policies/visits/drift.yaml"
    text = path.read_text()
    path.write_text(text.replace("bootstrap: [", f"bootstrap: [{DAY}, "))
    shift.later(days=1).run(shift=30)
    assert shift.train.batch("visits", DAY)["not_judged"] == ["drift"]
    (incident,) = shift.train.services.catalog.incidents.find("visits", state="open")
    assert list(incident.failing) == [DAY]


def test_a_backfill_is_summed_up_when_it_is_over(shift: Shift) -> None:
    shift.later(days=1).respond("dismiss", reason="Another matter.")
    before = shift.told()
    for day in ("2024-01-04", "2024-01-05"):
        shift.run(day, run_type="backfill", shift=30)
        shift.later(minutes=9).tell()
    assert [t for t in shift.told() if t not in before] == [DISMISSED]
    shift.later(minutes=1).tell()
    assert shift.told()[-1] == "URGENT FAIL: visits 2 batches, drift/drift_detected"


def test_a_policy_that_does_not_load_keeps_nobody_else_waiting(shift: Shift) -> None:
    shift.respond("snooze", until="1h", reason="r")
    shift.write_policy("opens: [NEVER]\n")
    (error,) = shift.later(hours=2).tell()["unreadable"].values()
    assert "alerting.yaml:1" in error
    assert shift.respond("acknowledge").kind == "acknowledged"
    shift.write_policy(POLICY)
    assert shift.tell()["reminded"] == [1], "it was put off, not lost"


@pytest.mark.parametrize(
    ("action", "more", "told"),
    [
        ("snooze", {"until": "3d"}, "snooze needs a reason"),
        ("snooze", {"reason": "r"}, "needs an end"),
        ("snooze", {"reason": "r", "until": "31d"}, "at most 30 days"),
        ("snooze", {"reason": "r", "until": "tomorrow"}, "this isn't a time"),
        ("snooze", {"reason": "r", "until": "2024-01-10T05:59"}, "the end has passed"),
        ("dismiss", {"reason": "  "}, "dismiss needs a reason"),
        ("dismis", {"reason": "r"}, "Did you mean 'dismiss'"),
        ("acknowledge", {"batch": DAY}, "only a dismissal"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    shift: Shift, action: str, more: dict[str, str], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        shift.respond(action, **more)
    assert shift.train.services.catalog.responses.find() == []


def test_an_incident_that_is_not_there(shift: Shift) -> None:
    with pytest.raises(CatalogError, match="no such incident"):
        shift.respond("acknowledge", 4)


def test_the_weekly_digest_of_an_owner_is_sent_once(shift: Shift) -> None:
    shift.run("2024-01-04")
    shift.respond("snooze", until="10d", reason="r")
    shift.at = datetime(2024, 1, 15, 6, tzinfo=UTC)
    (weekly,) = weekly_digests(shift.train.services)
    assert (weekly.owner, weekly.week) == ("tests", "2024-W02")
    lines = {line.dataset: line for line in weekly.lines}
    assert set(lines) == {"sites", "visits"}
    visits = lines["visits"]
    assert (visits.released, visits.held, visits.opened, visits.open_now) == (1, 1, 1, 1)
    assert visits.held_batches == (DAY,)
    assert visits.rows_quarantined == 4
    muted = "incident 1, drift/drift_detected, 1 batch, snoozed until 2024-01-20 06:00 UTC"
    assert visits.muted == (muted,)
    services = shift.train.services
    for _ in range(2):
        send_weekly(services, shift.mini.transports(services), owner="monday")
    (text,) = (shift.train.home / "messages").glob("weekly-*.txt")
    assert "Week 2024-W02 of tests: 1 released, 1 held, 1 open" in text.read_text()


def test_a_digest_may_count_the_weeks_batches(shift: Shift) -> None:
    for week, held in (("2024-W01", 1), ("2024-W02", 0)):
        (weekly,) = weekly_digests(shift.train.services, "tests", week, "batch")
        assert {line.dataset: line.held for line in weekly.lines}["visits"] == held
    with pytest.raises(InputError, match=r"no data set.*one of: tests"):
        weekly_digests(shift.train.services, "test")


def test_silences_are_read_without_making_anything(shift: Shift, tmp_path: Path) -> None:
    project = shift.train.services.project
    nowhere = project.__class__.from_environment(
        {"ASSAY_PROJECT": str(shift.train.project), "ASSAY_HOME": str(tmp_path / "nowhere")}
    )
    assert list_silences(nowhere, shift.at) == ([], None)
    assert not (tmp_path / "nowhere").exists()
    shift.respond("snooze", until="3d", reason="r")
    (silence,), unread = list_silences(project, shift.at)
    assert (silence.kind, silence.state, unread) == ("snoozed", "active", None)
    away = project.__class__.from_environment(
        {
            "ASSAY_PROJECT": str(shift.train.project),
            "ASSAY_CATALOG_URL": "postgresql://nobody:hush@127.0.0.1:9/nothing",
        }
    )
    found, unread = list_silences(away, shift.at)
    assert found == []
    assert unread is not None
    assert "hush" not in unread


@pytest.mark.parametrize(
    ("name", "what"),
    [("contracts/visits.odcs.yaml", "contract"), ("policies/visits/drift.yaml", "drift policy")],
)
def test_a_definition_that_stops_loading_is_told_once_and_closed(
    shift: Shift, name: str, what: str
) -> None:
    path = shift.train.project / "include" / name
    good = path.read_text()
    assert shift.tell()["definitions"] == {}
    path.write_text(good.replace("name:", "nmae:").replace("alpha:", "alhpa:"))
    assert shift.later(minutes=5).tell()["definitions"] == {"visits": "opened"}
    assert shift.later(minutes=5).tell()["definitions"] == {}
    assert shift.told("not_loaded") == ["FAIL: visits every batch, definition/not_loaded"]
    (incident,) = [
        i for i in shift.train.services.catalog.incidents.find() if "not_loaded" in i.check
    ]
    assert incident.batches[0].reasons[0]["cause"] == f"the {what} doesn't load, see assay check"
    assert path.name in incident.batches[0].reasons[0]["message"]
    assert list_silences(shift.train.services.project, shift.at) == ([], None)

    path.write_text(good)
    assert shift.later(minutes=5).tell()["definitions"] == {"visits": "closed"}
    assert shift.later(minutes=5).tell()["definitions"] == {}
    shift.later(minutes=60).tell()
    (resolved,) = shift.told("not_loaded")[1:]
    assert resolved == "Resolved: visits every batch, definition/not_loaded"


def test_a_definition_that_does_not_load_can_be_put_off(shift: Shift) -> None:
    path = shift.train.project / "include" / "contracts" / "visits.odcs.yaml"
    path.write_text("- nothing\n")
    shift.tell()
    number = not_loaded(shift)
    assert shift.respond("snooze", number, until="1h", reason="The table is being renamed.")
    before = shift.told("not_loaded")
    shift.later(minutes=30).tell()
    assert shift.told("not_loaded") == before
    shift.later(minutes=30).tell()
    assert shift.told("not_loaded")[-1] == "Still FAIL: visits every batch, definition/not_loaded"


def test_a_draft_that_does_not_load_is_nobodys_incident(shift: Shift) -> None:
    include = shift.train.project / "include"
    (include / "contracts" / "drafted.odcs.yaml").write_text("- nothing\n")
    (include / "policies" / "drafted").mkdir()
    (include / "policies" / "drafted" / "alerting.yaml").write_text(POLICY)
    told = shift.tell()
    assert (told["definitions"], told["unreadable"]) == ({}, {})


def test_a_run_is_told_of_though_its_contract_has_stopped_loading(shift: Shift) -> None:
    services = shift.train.services
    run = stages.pin(services, "visits", DAY, "cut-off", "scheduled", stages.Asked())
    (shift.train.project / "include/contracts/visits.odcs.yaml").write_text("- nothing\n")
    told = stages.notify(run, shift.mini.transports(services), crashed="ingest")
    assert told["incidents"] == {"run/stage_crashed": "opened"}
    assert shift.told("stage_crashed") == ["FAIL: visits 2024-01-03, run/stage_crashed"]


def not_loaded(shift: Shift) -> int:
    (number,) = [
        i.id for i in shift.train.services.catalog.incidents.find() if "not_loaded" in i.check
    ]
    return number


def test_a_definition_that_was_dismissed_and_mended_is_told_when_it_breaks_again(
    shift: Shift,
) -> None:
    path = shift.train.project / "include" / "contracts" / "visits.odcs.yaml"
    good = path.read_text()
    path.write_text("- nothing\n")
    shift.tell()
    shift.respond("dismiss", not_loaded(shift), reason="On purpose.")
    assert shift.later(minutes=5).tell()["definitions"] == {}
    path.write_text(good)
    shift.later(minutes=5).tell()
    path.write_text("- nothing\n")
    assert shift.later(days=90).tell()["definitions"] == {"visits": "opened"}


def test_a_definition_that_is_removed_has_nothing_left_to_mend(shift: Shift) -> None:
    path = shift.train.project / "include" / "contracts" / "visits.odcs.yaml"
    path.write_text("- nothing\n")
    shift.tell()
    path.unlink()
    assert shift.later(minutes=5).tell()["definitions"] == {"visits": "closed"}
    assert shift.train.services.catalog.incidents.get(not_loaded(shift)).state == "closed"


@pytest.mark.parametrize("until", ["9999-12-31T23:59-01:00", "soon"])
def test_an_end_that_no_calendar_knows_is_refused(shift: Shift, until: str) -> None:
    with pytest.raises(InputError, match="this isn't a time"):
        shift.respond("snooze", until=until, reason="r")


@pytest.mark.parametrize("number", [0, -1, 99, 10**30])
def test_an_incident_that_there_is_not_is_refused(shift: Shift, number: int) -> None:
    with pytest.raises(CatalogError, match="no such incident"):
        shift.respond("acknowledge", number)


QUIET = """\
quiet_hours:
  timezone: UTC
  windows: [{days: [wed], start: "00:00", end: "12:00"}]
  pierced_by: [urgent]
  rationale: Nobody is there.
"""


def test_what_is_held_back_and_becomes_urgent_waits_no_longer(shift: Shift) -> None:
    text = POLICY.replace("reasons: [drift_detected]", "outcomes: [FAIL]")
    shift.write_policy(text + QUIET)
    services = shift.train.services
    owner, policy = alerting_of(services, "visits")

    def fails(day: str, outcome: Outcome) -> list[str]:
        reason = Reason(code="odd", outcome=outcome, message="Odd.")
        with services.catalog.transaction():
            change = services.catalog.incidents.open_or_update(
                "visits", "drift/odd", day, reasons=[reason], at=shift.at
            )
            plan_into_outbox(services, change, policy, AlertContext(owner, shift.at))
        shift.tell()
        return shift.told("drift/odd")

    assert fails("2024-01-04", Outcome.INCONCLUSIVE) == []
    assert fails("2024-01-05", Outcome.INCONCLUSIVE) == []
    (told,) = fails("2024-01-06", Outcome.FAIL)
    assert told == "URGENT FAIL: visits 3 batches, drift/odd"
    shift.later(hours=7).tell()
    assert shift.told("drift/odd")[1:] == [
        "URGENT, no answer yet: visits 3 batches failed (drift/odd)"
    ]
