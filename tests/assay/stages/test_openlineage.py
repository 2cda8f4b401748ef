"""Events of OpenLineage: what real stages say, and that no receiver holds anything up."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import mini_model
import pytest
from own_receiver import Receiver, own_receiver

from assay.errors import InputError
from assay.lineage.openlineage import TaskData, TaskDataset
from assay.stages import models, openlineage
from assay.stages.openlineage import _events
from assay.stages.run import chain, decided, resume

DAY = "2024-01-03"
NAMED = ("name", "namespace")
AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def task_data(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with a day more, and what each stage of its run read and wrote."""
    home = mini.copy(template, tmp_path_factory.mktemp("task_data"))
    home.drop("visits", DAY, mini.visits(DAY))
    home.run("visits", DAY, run_id="the run")
    run = resume(home.services, "visits", DAY, "the run")
    assert run is not None
    run = decided(run) or run
    stages = (*chain.names(), chain.RELEASE)
    return home, {stage: openlineage.data_of_stage(run, stage) for stage in stages}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with own_receiver() as found:
        yield found


def _check(event: dict[str, Any]) -> None:
    """What OpenLineage's specification, 2-0-2, requires of a run's event and of its facets."""
    assert event["eventType"] in {"START", "COMPLETE", "FAIL"}
    assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
    assert urlsplit(event["schemaURL"]).fragment == "/$defs/RunEvent"
    assert urlsplit(event["producer"]).scheme
    uuid.UUID(event["run"]["runId"])
    assert all(event["job"][name] for name in NAMED)
    data = [*event.get("inputs", []), *event.get("outputs", [])]
    assert all(one[name] for one in data for name in NAMED)
    facets = [*event["run"].get("facets", {}).values()]
    for one in data:
        facets += [*one.get("facets", {}).values(), *one.get("inputFacets", {}).values()]
    assert all(urlsplit(f["_producer"]).scheme and urlsplit(f["_schemaURL"]).scheme for f in facets)


def _keep(home: Any, task_data: dict[str, TaskData], place: str) -> None:
    for stage, found in task_data.items():
        environ = {"ASSAY_OPENLINEAGE": place}
        assert openlineage.keep_run(home.services, environ, f"release__visits.{stage}", found, AT)


def test_a_receiver_gets_a_whole_release(task_data: Any, receiver: Receiver) -> None:
    home, found = task_data
    _keep(home, found, receiver.url)
    assert receiver.asked == 0
    environ = {"ASSAY_OPENLINEAGE": receiver.url, "ASSAY_OPENLINEAGE_KEY": "key"}
    sent = openlineage.send_events(home.services, environ, "test")
    assert (sent.sent, sent.refused, sent.error) == (2 * len(found), 0, None)
    assert receiver.keys == {"Bearer key"}
    for event in receiver.events:
        _check(event)
    ends = {e["job"]["name"]: e for e in receiver.events if e["eventType"] == "COMPLETE"}
    assert ends.keys() == {f"release__visits.{stage}" for stage in found}
    ingested = ends["release__visits.ingest"]
    assert [d["name"] for d in ingested["inputs"]] == ["visits.source"]
    (landed,) = ingested["outputs"]
    assert landed["name"] == "visits.landing"
    columns = {field["name"]: field["type"] for field in landed["facets"]["schema"]["fields"]}
    assert columns["age"] == "integer"

    (raw,) = ends["release__visits.validate_raw"]["inputs"]
    assertions = raw["inputFacets"]["dataQualityAssertions"]["assertions"]
    said = {(a["assertion"], a.get("column")): a["success"] for a in assertions}
    assert said["expect_column_values_to_be_between", "age"] is False
    assert said["expect_table_row_count_to_be_between", None] is True

    (version,) = ends["release__visits.commit"]["outputs"]
    made = home.services.registry.snapshot("visits").batches[DAY]
    assert version["facets"]["version"]["datasetVersion"] == made
    about = version["facets"]["assay_version"]
    assert (about["batch"], about["rows"]) == (DAY, 498)
    fields = version["facets"]["columnLineage"]["fields"]
    (person,), (score,) = (fields[name]["inputFields"] for name in ("person", "score"))
    assert (person["name"], person["field"]) == ("visits.landing", "person")
    assert person["transformations"] == [
        {"type": "DIRECT", "subtype": "TRANSFORMATION", "description": "pseudonymise",
         "masking": True}
    ]  # fmt: skip
    assert score["transformations"][0]["description"] == "impute"
    assert fields["age"]["inputFields"][0]["transformations"][0]["subtype"] == "IDENTITY"
    read = {d["name"]: d["facets"] for d in ends["release__visits.commit"]["inputs"]}
    assert read["sites"]["assay_version"]["snapshot"] == 1

    (released,) = ends["release__visits.release"]["outputs"]
    assert released["facets"]["version"]["datasetVersion"] == "3"
    verdict = ends["release__visits.drift"]["run"]["facets"]["assay_verdict"]
    assert (verdict["stage"], verdict["holds"]) == ("drift", False)
    assert openlineage.send_events(home.services, environ, "test") == openlineage.SentEvents()


def test_no_value_and_no_person_is_in_an_event(task_data: Any) -> None:
    home, found = task_data
    _keep(home, found, "file")
    (path,) = (home.home / "lineage").glob("*.jsonl")
    text = path.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == 2 * len(found)
    for event in lines:
        _check(event)
    assert "MRK" not in text
    assert "tester" not in text
    landed = next((home.home / "landing").rglob("manifest.json")).parent.name
    assert landed not in text


@pytest.mark.parametrize("manner", ["breaks", "is silent"])
def test_what_a_receiver_does_not_take_waits_for_it(
    task_data: Any, mini: Any, tmp_path: Path, receiver: Receiver, manner: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    home, found = mini.copy(task_data[0], tmp_path), task_data[1]
    monkeypatch.setattr(_events, "_PATIENCE_S", 0.2)
    receiver.manner = manner
    _keep(home, found, receiver.url)
    environ = {"ASSAY_OPENLINEAGE": receiver.url}
    sent = openlineage.send_events(home.services, environ, "test")
    assert receiver.asked == 1
    assert sent.sent == 0
    assert sent.error is not None
    receiver.manner = "takes"
    assert openlineage.send_events(home.services, environ, "test").sent == 2 * len(found)
    assert len({(e["run"]["runId"], e["eventType"]) for e in receiver.events}) == 2 * len(found)


def test_a_refused_event_holds_up_no_other_and_an_old_one_is_forgotten(
    task_data: Any, mini: Any, tmp_path: Path, receiver: Receiver
) -> None:
    home, found = mini.copy(task_data[0], tmp_path), task_data[1]
    environ = {"ASSAY_OPENLINEAGE": receiver.url}
    receiver.manner = "refuses"
    _keep(home, {"ingest": found["ingest"]}, receiver.url)
    assert openlineage.send_events(home.services, environ, "test").refused == 2
    _keep(home, {"ingest": found["ingest"]}, "http://127.0.0.1:9")
    down = openlineage.send_events(
        home.services, {"ASSAY_OPENLINEAGE": "http://127.0.0.1:9"}, "test"
    )
    assert down.error == "the receiver doesn't answer: ConnectError"
    later = home.later(days=31).services
    assert openlineage.send_events(later, environ, "test").forgotten == 2
    assert home.services.catalog.outbox.find() == task_data[0].services.catalog.outbox.find()


def test_files_are_of_a_day_and_bounded(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"ingest": TaskData((TaskDataset("visits"),))}
    folder = ready.home / "lineage"
    for days in (0, 1, 40):
        _keep(ready.later(days=days), data, "file")
        assert all(ready.services.lake.zone_of(path) for path in folder.iterdir())
    today = ready.now()
    expected = {f"{today + timedelta(days=40):%Y-%m-%d}.jsonl"}
    assert {path.name for path in folder.iterdir()} == expected
    monkeypatch.setattr(_events, "_LARGEST", 10)
    environ = {"ASSAY_OPENLINEAGE": "file"}
    later = ready.later(days=40).services
    assert not openlineage.keep_run(later, environ, "job", data["ingest"], AT)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("", None), ("off", None), ("file", "file"),
        ("http://marquez:5000", "http://marquez:5000/api/v1/lineage"),
        ("https://one.example/api/v2/x", "https://one.example/api/v2/x"),
    ],
)  # fmt: skip
def test_the_setting(said: str, place: str | None) -> None:
    assert openlineage.events_place({"ASSAY_OPENLINEAGE": said}) == place


@pytest.mark.parametrize("said", ["ftp://one", "yes", "http://", "http://user:word@one"])
def test_another_setting_is_refused(said: str) -> None:
    with pytest.raises(InputError, match="no place for events"):
        openlineage.events_place({"ASSAY_OPENLINEAGE": said})


def test_a_model_and_its_predictions_are_named(ready: Any) -> None:
    mini_model.release_days(ready)
    mini_model.write_model(ready.project)
    run = mini_model.train_model(ready)
    models.score(ready.services, mini_model.MODEL, DAY)
    trained = openlineage.data_of_training(run, run.done["promote"])
    assert [(d.name, d.facts) for d in trained.inputs] == [
        ("visits", {"snapshot": run.spec.data.number})
    ]
    (made,) = trained.outputs
    assert (made.name, made.version, made.facts) == (
        "models.passing", "passing@1", {"state": "champion"}
    )  # fmt: skip
    assert made.ways["score"][0].dataset == "visits"
    said = openlineage.data_of_scoring(ready.services, mini_model.MODEL, DAY)
    assert said is not None
    assert {d.name for d in said.inputs} == {"visits", "models.passing"}
    assert said.outputs[0].name == "passing_predictions.source"
    assert openlineage.data_of_scoring(ready.services, mini_model.MODEL, "2024-01-01") is None


def test_who_sends_no_event_needs_no_client() -> None:
    program = (
        "import sys; from assay.stages.openlineage import send_events, data_of_stage; "
        "print([name for name in sys.modules if name.startswith('openlineage')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
