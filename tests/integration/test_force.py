"""A held batch goes out only if a second person says so, on record."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration

_REASON = "The snow was real."


def test_a_held_batch_is_forced_by_a_second_person(site: Any, week: object) -> None:
    dag_id, batch = "release__flights", "2013-02-09"
    run_id = site.trigger(dag_id, batch=batch, force=True, reason=_REASON)
    site.question(dag_id, run_id)
    asked = site.get(f"/dags/{dag_id}/dagRuns/{run_id}/hitlDetails")["hitl_details"][0]
    assert asked["subject"] == "Release a held batch of flights all the same?"
    assert f"**flights {batch}** is held by validate raw" in asked["body"]
    assert f"Asked by admin, who says: {_REASON}" in asked["body"]
    assert "the limit is 15.00%" in asked["body"]
    assert "/assay/reports/flights/" in asked["body"]
    assert "/assay/docs/runbooks/quarantine_share_above_limit.md)" in asked["body"]

    assert site.answer("admin", dag_id, run_id, "Approve").status_code == 403
    assert site.states(dag_id, run_id)["approve_force"] == "awaiting_input"
    site.decide("reviewer", dag_id, run_id, "Approve")
    assert site.end(dag_id, run_id)["state"] == "success"

    record = site.record("flights", batch)
    assert (record.state, record.verdict) == ("forced", "FAIL")
    assert (record.counts.held, record.counts.released > 0) == (0, True)
    assert site.pointer("flights")[batch] == record.version
    (event,) = site.events("flights", run_id)
    assert event["partition_key"] == batch
    snapshot = max(site.catalog.snapshots.find("flights"), key=lambda s: s.number)
    assert (snapshot.author, snapshot.reason) == ("reviewer", f"forced: {_REASON}")
    states = {
        i.check: next(b.state for b in i.batches if b.batch == batch)
        for i in site.catalog.incidents.find("flights")
        if batch in {b.batch for b in i.batches}
    }
    assert "validate_raw/quarantine_share_above_limit" in states
    assert set(states.values()) == {"forced"}


def test_a_rejection_leaves_it_held(site: Any) -> None:
    site.unpause("ticks")
    dag_id, batch = "release__ticks", site.drop_ticks(11, rows=2)
    run_id = site.trigger(dag_id, batch=batch, force=True, reason=_REASON)
    site.question(dag_id, run_id)
    site.decide("reviewer", dag_id, run_id, "Reject")
    assert site.end(dag_id, run_id)["state"] == "failed"
    assert site.record("ticks", batch).state == "held"
    assert batch not in site.pointer("ticks")
    assert site.events("ticks", run_id) == []
