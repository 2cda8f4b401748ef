"""A manual run: what the form asks is done, and what it can't mean is refused at once."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration

_DAG = "release__ticks"


def test_stopped_before_the_release(site: Any, endings: dict[str, Any]) -> None:
    stopped = endings["stopped"]
    states = site.states(_DAG, stopped.run_id)
    assert states["commit"] == "success"
    assert states["release"] == "skipped"
    assert site.record("ticks", stopped.batch).state == "candidate"
    assert stopped.batch not in site.pointer("ticks")


def test_a_partition_key_says_which_batch_as_well(site: Any, endings: dict[str, Any]) -> None:
    passed = endings["passed"]
    record = site.record("ticks", passed.batch)
    assert site.pointer("ticks")[passed.batch] == record.version
    (event,) = site.events("ticks", passed.run_id)
    assert event["partition_key"] == passed.batch
    assert event["extra"]["version"] == record.version


@pytest.fixture(scope="module")
def refused(site: Any) -> dict[str, tuple[str, str]]:
    """Runs that can't mean what they ask; what is wrong → the run, and what its log must say."""
    site.unpause("ticks")
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "not a key": ({"batch": "04.02.2013"}, "not a partition key"),
        "a path": ({"batch": "../../x"}, "not a partition key"),
        "outside": ({"batch": "1999-12-31"}, "no such batch in the calendar"),
        "missing": ({}, "the run names no batch"),
        "two": ({"batch": site.day(2), "partition_key": site.day(3)}, "the form's batch differ"),
        "no reason": ({"batch": site.day(2), "force": True}, "a forced release needs a reason"),
    }
    asked = {name: (site.trigger(_DAG, **form), told) for name, (form, told) in wrong.items()}
    for run_id, _ in asked.values():
        site.end(_DAG, run_id)
    return asked


@pytest.mark.parametrize("wrong", ["not a key", "a path", "outside", "missing", "two", "no reason"])
def test_what_cannot_be_meant_is_refused_at_once(
    site: Any, refused: dict[str, tuple[str, str]], wrong: str
) -> None:
    run_id, told = refused[wrong]
    tasks = site.tasks(_DAG, run_id)
    assert site.run(_DAG, run_id)["state"] == "failed"
    assert told in site.log(_DAG, run_id, "pin")
    assert {t["try_number"] for t in tasks.values() if t["state"] != "upstream_failed"} == {1}
    assert tasks["ingest"]["state"] == "upstream_failed"
    assert site.events("ticks", run_id) == []


def test_a_reference_that_the_form_does_not_offer_is_refused_before_the_run(site: Any) -> None:
    asked = {"logical_date": None, "conf": {"batch": site.day(2), "reference": "last_year"}}
    answer = site.client().post(f"/api/v2/dags/{_DAG}/dagRuns", json=asked)
    assert answer.status_code == 400
    assert "last_year" in answer.text
