"""Runs tell the truth: colour, decision, record and asset event, for every way to end."""

from __future__ import annotations

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
