"""Runs tell the truth: colour, decision, record and asset event, for every way to end."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

pytestmark = pytest.mark.integration

_TABLE = {
    # way: run, release task, batch's state, verdict, asset events
    "passed": ("success", "success", "released", "PASS", 1),
    "stopped": ("success", "skipped", "candidate", "PASS", 0),
    "held": ("failed", "failed", "held", "FAIL", 0),
    "forced": ("success", "success", "forced", "FAIL", 1),
    "crashed": ("failed", "failed", "running", None, 0),
}


@pytest.mark.parametrize("way", _TABLE)
def test_a_run_tells_how_it_ended(site: Any, endings: dict[str, Any], way: str) -> None:
    end = endings[way]
    tasks = site.states(end.dag_id, end.run_id)
    history = {r.run_id: r for r in site.catalog.batches.history("ticks", end.batch)}
    record = history[end.run_id]
    found = (
        site.run(end.dag_id, end.run_id)["state"],
        tasks["release"],
        record.state,
        record.verdict,
        len(site.events("ticks", end.run_id)),
    )
    assert found == _TABLE[way]
    assert tasks["notify"] == "success"
    assert record.counts.problem(record.state) is None


@pytest.mark.parametrize("way", _TABLE)
def test_its_events_tell_the_same(site: Any, endings: dict[str, Any], way: str) -> None:
    end = endings[way]
    # A later run may release the batch that this one didn't.
    ended = datetime.fromisoformat(site.run(end.dag_id, end.run_id)["end_date"])
    said = [
        event
        for path in sorted((site.home / "lineage").glob("*.jsonl"))
        for event in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if event["job"]["name"] == f"{end.dag_id}.release"
        and datetime.fromisoformat(event["eventTime"]) <= ended
        and {d["facets"]["assay_version"]["batch"] for d in event["inputs"]} == {end.batch}
    ]
    task, events = _TABLE[way][1], _TABLE[way][4]
    assert said[-1]["eventType"] == ("FAIL" if task == "failed" else "COMPLETE")
    assert len(said[-1]["outputs"]) == events
