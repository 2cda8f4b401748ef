"""Airflow's own backfill releases what may go out, holds what may not, and changes nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration

_STAGES = (
    "pin", "ingest", "validate_raw", "protect", "clean", "validate_clean", "commit",
    "drift", "fairness", "approve_force", "release", "notify",
)  # fmt: skip


def test_registers_are_released(site: Any, references: dict[str, Any]) -> None:
    for dataset, (run,) in references.items():
        assert run["state"] == "success", site.states(run["dag_id"], run["dag_run_id"])
        assert run["partition_key"] == "2013"
        assert site.record(dataset, "2013").state == "released"
        (event,) = site.events(dataset)
        assert event["partition_key"] == "2013"


def test_ordinary_days_go_out_and_the_blizzard_is_held(site: Any, week: dict[str, Any]) -> None:
    print({b: site.states("release__flights", r["dag_run_id"]) for b, r in week.items()})
    print({b: site.record("flights", b) for b in week})
    print(site.events("flights"))
    assert {b: run["state"] for b, run in week.items()} == {}
