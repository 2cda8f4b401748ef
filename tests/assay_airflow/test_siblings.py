"""The runs of one backfill know each other's ids, and wait for references among them."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from airflow.sdk.exceptions import AirflowRescheduleException
from airflow.utils.types import DagRunType

from assay.contract import Partition
from assay.errors import UndecidedError
from assay_airflow.batches import timetable
from assay_airflow.operators import pin as pin_module
from assay_airflow.operators.pin import PinOperator
from assay_airflow.siblings import Siblings

DAYS = [f"2024-01-{day:02}" for day in range(1, 32)]
NOON = pendulum.datetime(2024, 2, 1, 12)


class Airflow:
    """The runs of a DAG, and how often they were asked for."""

    def __init__(self, **states: str) -> None:
        self.states, self.asked = states, 0

    def get_dr_count(self, *, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        self.asked += 1
        assert dag_id == "release__visits"
        return sum(self.states.get(run_id) in states for run_id in run_ids)


def _ids(calendar: Any, days: list[str], kind: DagRunType = DagRunType.BACKFILL_JOB) -> list[str]:
    return [
        calendar.generate_run_id(
            run_type=kind, run_after=NOON, data_interval=None, partition_key=day
        )
        for day in days
    ]


def _calendar() -> Any:
    return timetable(Partition(grain="day", first="2024-01-01"))


def test_ids_of_one_backfill_differ_by_the_batch_only() -> None:
    calendar = _calendar()
    first, again = _ids(calendar, DAYS), _ids(calendar, DAYS)
    marks = {run_id.replace(day, "") for run_id, day in zip(first, DAYS, strict=True)}
    assert len(marks) == 1
    assert len({*first, *again, *_ids(_calendar(), DAYS)}) == 3 * len(DAYS)
    scheduled = _ids(calendar, DAYS * 2, DagRunType.SCHEDULED)
    assert len(set(scheduled)) == len(scheduled)


def _siblings(airflow: Airflow, run_id: str, batch: str) -> Siblings:
    return Siblings(SimpleNamespace(run_id=run_id, dag_id="release__visits"), airflow, batch)


def test_the_unfinished_runs_of_a_backfill_are_found() -> None:
    ids = dict(zip(DAYS, _ids(_calendar(), DAYS), strict=True))
    ended = dict.fromkeys(ids.values(), "success")
    open_runs = {ids[DAYS[0]]: "running", ids[DAYS[9]]: "queued"}
    mine = _siblings(Airflow(**(ended | open_runs)), ids[DAYS[20]], DAYS[20])
    assert mine.unfinished(DAYS[:20]) == [DAYS[0], DAYS[9]]
    assert mine.at_work([DAYS[0]])
    assert not mine.at_work([DAYS[9]])
    done = Airflow(**ended)
    assert _siblings(done, ids[DAYS[20]], DAYS[20]).unfinished(DAYS[:20]) == []
    assert done.asked == 1


@pytest.mark.parametrize(
    "run_id", ["manual__x", "scheduled__2024-01-21", "backfill__2024-01-02__a"]
)
def test_a_run_of_no_backfill_asks_nothing(run_id: str) -> None:
    airflow = Airflow()
    alone = _siblings(airflow, run_id, DAYS[20])
    assert (alone.unfinished(DAYS), alone.at_work(DAYS), airflow.asked) == ([], False, 0)


@pytest.mark.parametrize(("state", "error"), [("running", AirflowRescheduleException),
                                              ("queued", UndecidedError)])  # fmt: skip
def test_a_run_gives_way_while_its_reference_is_made(
    monkeypatch: pytest.MonkeyPatch, state: str, error: type[Exception]
) -> None:
    """Behind a queued one it may hold the place that this one needs, so it ends in time."""

    def pin(*_: Any, awaited: Any, **__: Any) -> Any:
        undecided = UndecidedError("waits")
        undecided.batches = tuple(awaited(DAYS[:2]))
        raise undecided

    own, first = f"backfill__{DAYS[2]}__aa", f"backfill__{DAYS[0]}__aa"
    monkeypatch.setattr("assay.stages.run.pin", pin)
    monkeypatch.setattr(pin_module, "open_services", lambda: None)
    monkeypatch.setattr(pin_module, "explained", lambda *_: nullcontext())
    monkeypatch.setattr(pin_module, "read_asked", lambda *_: {"batch": DAYS[2], "run_id": own})
    run = SimpleNamespace(run_id=own, dag_id="release__visits")
    with pytest.raises(error):
        PinOperator(task_id="pin", dataset="visits").execute(
            {"dag_run": run, "ti": Airflow(**{first: state})}
        )
