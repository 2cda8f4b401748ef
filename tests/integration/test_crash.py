"""A stage that can't judge decides nothing: a red run, an undecided batch, and a way back."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration

_DAG = "release__ticks"


def test_a_crashed_run_decides_nothing_and_the_next_one_repairs(
    site: Any, endings: dict[str, Any]
) -> None:
    batch, crashed = endings["crashed"].batch, endings["crashed"].run_id
    tasks = site.tasks(_DAG, crashed)
    assert {n: t["state"] for n, t in tasks.items() if t["state"] != "upstream_failed"} == {
        "pin": "success", "ingest": "failed", "approve_force": "skipped", "release": "failed",
        "notify": "success",
    }  # fmt: skip
    assert tasks["ingest"]["try_number"] == 1, "a broken suite doesn't mend itself"
    assert "clean.json" in site.log(_DAG, crashed, "ingest")
    assert "No decision: ingest left no result" in site.log(_DAG, crashed, "release")
    record = site.record("ticks", batch)
    assert (record.state, record.verdict, record.reasons) == ("running", None, ("stage_crashed",))
    assert site.events("ticks", crashed) == []
    assert _open(site, batch) == ["run/stage_crashed"]

    repaired = site.trigger(_DAG, batch=batch)
    assert site.end(_DAG, repaired)["state"] == "success"
    assert site.record("ticks", batch).state == "released"
    assert len(site.events("ticks", repaired)) == 1
    assert _open(site, batch) == []


def test_a_fault_of_the_disk_is_tried_again(site: Any) -> None:
    site.unpause("ticks")
    batch = site.drop_ticks(10)
    in_the_way = site.home / "work" / "ticks" / batch
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("a file where a folder should be")
    run_id = site.trigger(_DAG, batch=batch)
    site.until(
        "a second try",
        lambda: "up_for_retry" in site.states(_DAG, run_id).values(),
        seen=lambda: site.states(_DAG, run_id),
    )
    in_the_way.unlink()
    assert site.end(_DAG, run_id)["state"] == "success"
    assert site.record("ticks", batch).state == "released"
    assert max(task["try_number"] for task in site.tasks(_DAG, run_id).values()) == 2


def _open(site: Any, batch: str) -> list[str]:
    """The checks with an open incident in which a batch fails."""
    return sorted(
        incident.check
        for incident in site.catalog.incidents.find("ticks", state="open")
        if any(b.batch == batch and b.state == "failing" for b in incident.batches)
    )
