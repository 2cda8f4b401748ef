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


def test_a_finished_data_set_is_not_scheduled(site: Any, references: dict[str, Any]) -> None:
    for dataset in references:
        assert not site.runs(f"release__{dataset}", run_type="scheduled")
        assert site.get(f"/dags/release__{dataset}")["next_dagrun_run_after"] is None
