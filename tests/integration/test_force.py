"""A held batch goes out only if a second person says so, on record."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration


def _asked(site: Any, dataset: str, batch: str) -> tuple[str, str]:
    """A run that was asked to force, waiting for an answer."""
    dag_id = f"release__{dataset}"
    run_id = site.trigger(dag_id, batch=batch, force=True, reason="The snow was real.")
    site.until(
        "the approval to be asked for",
        lambda: site.states(dag_id, run_id)["approve_force"] == "awaiting_input",
        seen=lambda: site.states(dag_id, run_id),
    )
    return dag_id, run_id


def _answer(site: Any, user: str, dag_id: str, run_id: str, option: str) -> Any:
    path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/approve_force/-1/hitlDetails"
    return site.client(user).patch(path, json={"chosen_options": [option], "params_input": {}})


def _incidents(site: Any, dataset: str, batch: str) -> list[Any]:
    return [i for i in site.catalog.incidents(dataset) if batch in str(i)]


def test_a_held_batch_is_forced_by_a_second_person(site: Any, week: dict[str, Any]) -> None:
    batch = "2013-02-09"
    dag_id, run_id = _asked(site, "flights", batch)
    own = _answer(site, "admin", dag_id, run_id, "Approve")
    print(own.status_code, own.text)
    assert own.status_code == 403
    assert site.states(dag_id, run_id)["approve_force"] == "awaiting_input"

    assert _answer(site, "reviewer", dag_id, run_id, "Approve").is_success
    run = site.end(dag_id, run_id)
    print(site.states(dag_id, run_id), site.record("flights", batch))
    print(site.catalog.incidents("flights"))
    print(site.log(dag_id, run_id, "notify")[-2000:])
    assert run["state"] == "success"
    record = site.record("flights", batch)
    assert record.state == "forced"
    assert record.counts.held == 0
    assert site.pointer("flights")[batch] == record.version
    (event,) = site.events("flights", run_id)
    assert event["partition_key"] == batch


def test_a_rejection_leaves_it_held(site: Any) -> None:
    site.unpause("ticks")
    batch = site.drop_ticks(5, rows=2)
    dag_id, run_id = _asked(site, "ticks", batch)
    assert _answer(site, "reviewer", dag_id, run_id, "Reject").is_success
    assert site.end(dag_id, run_id)["state"] == "failed"
    print(site.states(dag_id, run_id), site.record("ticks", batch))
    assert site.record("ticks", batch).state == "held"
    assert batch not in site.pointer("ticks")
    assert site.events("ticks", run_id) == []
