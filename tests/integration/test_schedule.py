"""A data set that goes on is run for the day that ended; a finished one is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.integration


def test_the_day_that_ended_is_released_by_the_schedule(site: Any) -> None:
    site.unpause("ticks")
    (run,) = site.until(
        "the scheduled run", lambda: site.runs("release__ticks", run_type="scheduled")[:1]
    )
    ended = site.end("release__ticks", run["dag_run_id"])
    due = datetime.fromisoformat(ended["run_after"])
    assert ended["partition_key"] == str(due.date() - timedelta(days=1))
    assert ended["state"] == "success"
    batch = ended["partition_key"]
    assert site.pointer("ticks")[batch] == site.record("ticks", batch).version
    (event,) = site.events("ticks", run["dag_run_id"])
    assert (event["partition_key"], event["extra"]["run_type"]) == (batch, "scheduled")


def test_a_day_without_a_delivery_is_not_expected_and_its_scheduled_run_ends_well(
    site: Any,
) -> None:
    """Nothing arrived and nothing was to arrive: no gate judges, no event, no incident."""
    site.unpause("pauses")
    (run,) = site.until(
        "the scheduled run", lambda: site.runs("release__pauses", run_type="scheduled")[:1]
    )
    ended = site.end("release__pauses", run["dag_run_id"])
    assert ended["state"] == "success"
    states = site.states("release__pauses", run["dag_run_id"])
    assert (states["ingest"], states["release"]) == ("success", "skipped")
    assert {states[gate] for gate in ("validate_raw", "drift", "fairness")} == {"skipped"}
    batch = ended["partition_key"]
    assert site.catalog.batches.states("pauses") == {batch: "not_expected"}
    assert site.events("pauses", run["dag_run_id"]) == []
    assert site.pointer("pauses") == {}
    assert site.catalog.incidents.find("pauses") == []
    assert "not expected" in site.log("release__pauses", run["dag_run_id"], "ingest").lower()


def test_a_finished_data_set_is_not_scheduled(site: Any, references: dict[str, Any]) -> None:
    for dataset in references:
        assert not site.runs(f"release__{dataset}", run_type="scheduled")
        assert site.get(f"/dags/release__{dataset}")["next_dagrun_run_after"] is None
