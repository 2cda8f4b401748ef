"""Airflow's own backfill releases what may go out, holds the rest, and changes nothing twice."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

_DAG = "release__flights"
_BLIZZARD = "2013-02-08"


def test_registers_are_released(site: Any, references: dict[str, Any]) -> None:
    for dataset, (run,) in references.items():
        assert run["state"] == "success", site.states(run["dag_id"], run["dag_run_id"])
        assert (run["run_type"], run["partition_key"]) == ("backfill", "2013")
        record = site.record(dataset, "2013")
        assert record.state == "released"
        assert site.pointer(dataset) == {"2013": record.version}
        (event,) = site.events(dataset, run["dag_run_id"])
        assert event["partition_key"] == "2013"


def test_ordinary_days_go_out_and_the_blizzard_is_held(site: Any, week: dict[str, Any]) -> None:
    assert {b: run["state"] for b, run in week.items()} == {
        "2013-02-04": "success",
        "2013-02-05": "success",
        "2013-02-06": "success",
        "2013-02-07": "success",
        _BLIZZARD: "failed",
    }
    for batch, run in week.items():
        history = {r.run_id: r for r in site.catalog.batches.history("flights", batch)}
        record = history[run["dag_run_id"]]
        held = batch == _BLIZZARD
        assert record.state == ("held" if held else "released")
        assert record.run_type == "backfill"
        events = site.events("flights", run["dag_run_id"])
        assert [e["partition_key"] for e in events] == ([] if held else [batch])
        for event in events:
            snapshots = {s.number: s for s in site.catalog.snapshots.find("flights")}
            assert snapshots[event["extra"].pop("snapshot")].batches[batch] == record.version
            assert event["extra"] == {
                "batch": batch, "version": record.version, "run_type": "backfill"
            }  # fmt: skip


def test_a_held_batch_skips_to_the_release_and_everybody_is_told(
    site: Any, week: dict[str, Any]
) -> None:
    run_id = week[_BLIZZARD]["dag_run_id"]
    assert site.states(_DAG, run_id) == {
        **dict.fromkeys(("pin", "ingest", "validate_raw", "notify"), "success"),
        **dict.fromkeys(("protect", "clean", "validate_clean", "commit"), "skipped"),
        **dict.fromkeys(("drift", "fairness", "label_noise", "approve_force"), "skipped"),
        "release": "failed",
    }
    assert "Held by validate_raw" in site.log(_DAG, run_id, "release")
    # The policy gathers what a backfill finds, until the data set is quiet.
    check = "validate_raw/quarantine_share_above_limit"
    (incident,) = [i for i in site.catalog.incidents.find("flights") if i.check == check]
    waiting = site.catalog.outbox.about(f"incident/{incident.id}/opened/")
    assert {item.body["transport"] for item in waiting} == {"slack", "email"}
    assert all(item.bundle.startswith("backfill/flights/") for item in waiting)


def test_a_second_backfill_changes_no_version_no_snapshot_and_no_byte(
    site: Any, week: dict[str, Any]
) -> None:
    before = _world(site)
    runs = site.backfill(["flights"], min(week), max(week), "--reprocess-behavior", "completed")
    assert {r["partition_key"]: r["state"] for r in runs["flights"]} == {
        b: run["state"] for b, run in week.items()
    }
    assert _world(site) == before


def _world(site: Any) -> dict[str, Any]:
    return {
        "pointer": site.pointer("flights"),
        "snapshots": [s.number for s in site.catalog.snapshots.find("flights")],
        "versions": sorted(site.catalog.versions.find("flights")),
        "objects": _bytes(site.home / "registry", site.home / "work"),
    }


def _bytes(*folders: Path) -> dict[str, str]:
    """Path → its bytes' digest; without Git's own files, and without the records of each run."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in str(path) and not path.parent.name.startswith("run-")
    }
