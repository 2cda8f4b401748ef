"""Days without a delivery: what is not expected, and what is late."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.contract import load_contract
from assay.errors import UndecidedError
from assay.stages import run as stages
from assay.stages.incidents import send_alerts
from assay.stages.incidents.late import late_since
from assay.stages.run import chain, render_result

FRIDAY, SATURDAY, MONDAY, TUESDAY = "2024-01-05", "2024-01-06", "2024-01-15", "2024-01-16"
WORKING = "{weekdays: [mon, tue, wed, thu, fri], holidays: [{country: US}], open: [2024-01-27]}"
LATENCY = "slaProperties: [{property: latency, value: 6, unit: h}]\n"


def _say(train: Any, delivery: str | None = WORKING, more: str = "") -> Any:
    """The contract of visits with a calendar of deliveries, and further keys."""
    path = train.project / "include/contracts/visits.odcs.yaml"
    text = path.read_text()
    entry = f"  - {{property: delivery, value: {delivery}}}\n" if delivery else ""
    path.write_text(text.replace("schema:\n", f"{entry}{more}schema:\n", 1))
    return train


@pytest.fixture
def working(ready: Any) -> Any:
    return _say(ready)


def _messages(train: Any) -> list[str]:
    found = sorted((train.home / "messages").glob("*.json"), key=lambda p: p.stat().st_mtime_ns)
    return [json.loads(path.read_text())["text"] for path in found]


@pytest.mark.parametrize("day", [SATURDAY, MONDAY])
def test_a_day_on_which_nothing_is_expected_ends_well_without_a_verdict(
    working: Any, day: str
) -> None:
    before = working.dataset("visits")["released"]

    done = working.run("visits", day)

    assert list(done) == ["ingest", "release"]
    assert [(r.outcome, r.holds, r.state) for r in done.values()] == [
        (None, False, "not_expected"),
        (None, False, "not_expected"),
    ]
    why = {SATURDAY: "it is a Saturday", MONDAY: "it is Martin Luther King Jr. Day (US)"}[day]
    assert why in render_result(done["ingest"])
    assert render_result(done["release"]).startswith("release: NOT EXPECTED\n")
    batch = working.batch("visits", day)
    assert (batch["state"], batch["verdict"], batch["reasons"]) == ("not_expected", None, [])
    assert (batch["rows_in"], batch["version"]) == (0, None)
    assert working.dataset("visits")["released"] == before
    assert working.dataset("visits")["incidents"] == []
    assert _messages(working) == []


@pytest.mark.parametrize(("content", "state"), [("header", "not_expected"), ("", "held")])
def test_an_input_without_a_record_is_no_delivery_and_a_broken_one_is_judged(
    working: Any, mini: Any, content: str, state: str
) -> None:
    working.drop("visits", SATURDAY, mini.as_csv(mini.HEADER, []) if content else "")
    working.run("visits", SATURDAY)
    assert working.batch("visits", SATURDAY)["state"] == state


def test_what_arrives_all_the_same_is_judged_like_every_batch(working: Any, mini: Any) -> None:
    working.drop("visits", SATURDAY, mini.visits(SATURDAY))
    working.run("visits", SATURDAY)
    assert working.batch("visits", SATURDAY)["state"] == "released"
    working.drop("visits", MONDAY, mini.visits(MONDAY, shift=8))
    working.run("visits", MONDAY)
    assert working.batch("visits", MONDAY)["state"] == "held"


@pytest.mark.parametrize("day", [FRIDAY, "2024-01-27"])
def test_a_day_on_which_a_delivery_is_expected_is_held_without_one(working: Any, day: str) -> None:
    done = working.run("visits", day)
    assert done["ingest"].reasons == ("source_missing",)
    assert working.batch("visits", day)["state"] == "held"
    assert [i["check"] for i in working.dataset("visits")["incidents"]] == ["ingest/source_missing"]


def test_a_run_that_knows_better_closes_the_incident(ready: Any) -> None:
    ready.run("visits", SATURDAY)
    assert len(ready.dataset("visits")["incidents"]) == 1
    _say(ready).run("visits", SATURDAY)
    assert ready.dataset("visits")["incidents"] == []
    assert ready.batch("visits", SATURDAY)["state"] == "not_expected"


def test_what_readers_have_of_a_day_stays_when_its_input_is_gone(working: Any, mini: Any) -> None:
    file = working.drop("visits", SATURDAY, mini.visits(SATURDAY))
    working.run("visits", SATURDAY)
    version = working.batch("visits", SATURDAY)["version"]
    file.unlink()
    working.run("visits", SATURDAY)
    batch = working.batch("visits", SATURDAY)
    assert (batch["state"], batch["with_readers"]) == ("not_expected", version)


def _moving(train: Any) -> Any:
    path = train.project / "include/policies/visits/drift.yaml"
    first = "first_days: {kind: pinned, batches: [2024-01-01, 2024-01-02]}\n"
    few = "  before: {kind: previous}\n  few: {kind: rolling, batches: 2}\n"
    path.write_text(path.read_text().replace(first, first + few))
    return train


def _references(train: Any, day: str) -> dict[str, list[str]]:
    run = stages.pin(train.services, "visits", day, f"ask-{day}", "manual")
    stages.abandon(run)
    return {name: sorted(batches) for name, batches in run.spec.pinned.references.items()}


def test_references_pass_over_days_on_which_nothing_is_expected(ready: Any, mini: Any) -> None:
    train = _moving(_say(ready, "{weekdays: [mon, tue, wed, thu, fri], closed: [2024-01-08]}"))
    for day in ("2024-01-03", "2024-01-04", FRIDAY, SATURDAY):  # Saturday's came all the same
        train.drop("visits", day, mini.visits(day))
        train.run("visits", day)
    found = _references(train, "2024-01-09")
    assert (found["before"], found["few"]) == ([FRIDAY], ["2024-01-04", FRIDAY])


def test_where_no_delivery_is_fine_a_reference_waits_for_the_run_that_finds_out(
    ready: Any, mini: Any
) -> None:
    train = _moving(_say(ready, "{optional: true}"))
    with pytest.raises(UndecidedError, match="2024-01-03"):
        _references(train, "2024-01-04")
    train.run("visits", "2024-01-03")
    assert train.batch("visits", "2024-01-03")["state"] == "not_expected"
    found = _references(train, "2024-01-04")
    assert (found["before"], found["few"]) == (["2024-01-02"], ["2024-01-01", "2024-01-02"])


class Watch:
    """A train whose clock a test sets, and what its people are notified of."""

    def __init__(self, train: Any, mini: Any) -> None:
        self.train, self.mini = train, mini
        train.now = lambda: self.at
        self.at = datetime(2024, 1, 3, tzinfo=UTC)

    def look(self, at: str) -> list[tuple[str, tuple[str, ...]]]:
        """What is open after the alerts of a moment: check and failing batches."""
        self.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        services = self.train.services
        send_alerts(services, self.mini.transports(services), owner="tick")
        found = services.catalog.incidents.find("visits", state="open")
        return [(incident.check, incident.failing) for incident in found]

    def late(self) -> dict[str, str]:
        return late_since(self.train.services, "visits")


@pytest.fixture
def watch(ready: Any, mini: Any) -> Watch:
    return Watch(_say(ready, more=LATENCY), mini)


def test_what_is_expected_and_late_is_an_incident_without_any_run(watch: Watch, mini: Any) -> None:
    assert watch.look("2024-01-04T05:59") == []
    assert watch.look("2024-01-04T06:00") == [("delivery/batch_late", ("2024-01-03",))]
    assert watch.late() == {"2024-01-03": "2024-01-04T06:00+0000"}
    assert len(_messages(watch.train)) == 1
    assert "FAIL: visits 2024-01-03, delivery/batch_late" in _messages(watch.train)[0]
    assert watch.look("2024-01-04T06:05") == [("delivery/batch_late", ("2024-01-03",))]
    assert len(_messages(watch.train)) == 1
    # Thursday and Friday follow; Saturday and Sunday are not expected.
    late = ("2024-01-03", "2024-01-04", FRIDAY)
    assert watch.look("2024-01-08T23:00") == [("delivery/batch_late", late)]
    for day in late:
        watch.train.drop("visits", day, mini.visits(day))
        watch.train.run("visits", day)
    assert watch.look("2024-01-08T23:05") == []
    assert watch.late() == {}


def test_a_run_that_finds_nothing_is_an_incident_from_when_the_batch_is_due(watch: Watch) -> None:
    assert watch.look("2024-01-04T00:00") == []
    watch.train.run("visits", "2024-01-03")
    assert watch.train.batch("visits", "2024-01-03")["state"] == "held"
    assert watch.look("2024-01-04T05:00") == []
    assert watch.look("2024-01-04T06:00") == [("delivery/batch_late", ("2024-01-03",))]
    watch.train.run("visits", "2024-01-04")
    assert watch.train.dataset("visits")["incidents"][0]["batches"] == ["2024-01-03"]
    watch.at = datetime(2024, 1, 5, 7, tzinfo=UTC)
    watch.train.run("visits", "2024-01-04")
    checks = {i["check"]: i["batches"] for i in watch.train.dataset("visits")["incidents"]}
    assert checks == {"delivery/batch_late": ["2024-01-03", "2024-01-04"]}


def test_a_gap_is_late_also_when_the_next_day_has_arrived(watch: Watch, mini: Any) -> None:
    assert watch.look("2024-01-04T07:00") == [("delivery/batch_late", ("2024-01-03",))]
    watch.train.drop("visits", "2024-01-04", mini.visits("2024-01-04"))
    watch.train.run("visits", "2024-01-04")
    assert watch.look("2024-01-05T05:00") == [("delivery/batch_late", ("2024-01-03",))]


def test_a_batch_that_was_dismissed_stays_so(watch: Watch) -> None:
    from assay.stages.incidents import respond

    watch.look("2024-01-04T07:00")
    respond(watch.train.services, 1, "dismiss", by="ann", reason="never sent")
    assert watch.look("2024-01-04T08:00") == []


def test_no_run_yet_means_that_nobody_waits(train: Any, mini: Any) -> None:
    watch = Watch(_say(train, more=LATENCY), mini)
    assert watch.look("2024-03-01T00:00") == []


def test_due_is_counted_by_the_calendar_of_the_zone(ready: Any) -> None:
    path = ready.project / "include/contracts/visits.odcs.yaml"
    path.write_text(path.read_text().replace("timezone: UTC", "timezone: America/New_York"))
    _say(ready, None, LATENCY.replace("value: 6", "value: 2").replace("unit: h", "unit: d"))
    contract = load_contract(path)
    assert str(contract.due("2024-03-08")) == "2024-03-11 04:00:00+00:00"


def test_a_stage_after_a_day_that_is_not_expected_does_not_apply(working: Any) -> None:
    run = stages.pin(working.services, "visits", SATURDAY, "one", "manual")
    run = stages.perform(run, chain.INGEST)
    assert run.missing == []
    for name in {*chain.names()[1:]} - {*run.spec.pinned.idle}:
        with pytest.raises(stages.DoesNotApply, match="no delivery is expected"):
            stages.perform(run, name)
    assert stages.perform(run, chain.INGEST).not_expected
