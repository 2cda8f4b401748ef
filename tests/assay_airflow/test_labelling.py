"""The tasks of a round of labelling, and the trigger that waits between them."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import label_rounds as support
import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from assay.errors import InputError
from assay.stages.labels import rounds
from assay_airflow import triggers
from assay_airflow.operators import labelling as operators
from assay_airflow.triggers import AnswersTrigger

DATASET = "visits"


@pytest.fixture(scope="module")
def prepared(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return support.prepare(mini.copy(template, tmp_path_factory.mktemp("labelling")))


@pytest.fixture
def home(prepared: Any, mini: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    train = mini.copy(prepared, tmp_path)
    monkeypatch.setenv("ASSAY_PROJECT", str(train.project))
    monkeypatch.setenv("ASSAY_HOME", str(train.home))
    monkeypatch.setattr(triggers, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(triggers, "LONGEST_PAUSE_S", 0.01)
    return train


class Ran:
    """A run of the DAG: its tasks, and what XCom keeps of them."""

    def __init__(self, run_id: str = "manual__1", **params: Any) -> None:
        self.xcom: dict[str, Any] = {}
        pull = SimpleNamespace(xcom_pull=lambda task_ids: self.xcom[task_ids])
        run = SimpleNamespace(run_id=run_id, triggering_user_name="admin")
        self.context = {"dag_run": run, "params": params, "ti": pull}

    def task(self, kind: Any, name: str) -> Any:
        more = {} if kind is operators.PlanRoundOperator else {"planned_by": "plan"}
        return kind(task_id=name, dataset=DATASET, **more)

    def do(self, kind: Any, name: str) -> Any:
        """Execute a task; where it waits, the trigger that it waits for."""
        try:
            self.xcom[name] = self.task(kind, name).execute(self.context)
        except TaskDeferred as deferred:
            return deferred.trigger
        return self.xcom[name]

    def resume(self, kind: Any, name: str, trigger: AnswersTrigger) -> Any:
        """Run the trigger to its event, and the task with that."""
        (path, given) = trigger.serialize()
        assert path == "assay_airflow.triggers.AnswersTrigger"
        event = asyncio.run(_event(AnswersTrigger(**given)))
        try:
            self.xcom[name] = self.task(kind, name).resume(self.context, event)
        except TaskDeferred as deferred:
            return event["why"], deferred.trigger
        return event["why"], self.xcom[name]


async def _event(trigger: AnswersTrigger) -> Any:
    async for event in trigger.run():
        return event.payload
    return None


def newest(train: Any) -> Any:
    return rounds.find_round(train.services, DATASET)


def test_a_round_goes_from_plan_to_landing_and_no_name_leaves_its_folder(
    home: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    run = Ran()
    assert run.do(operators.PlanRoundOperator, "plan")["round"] == 1
    assert run.do(operators.PublishRoundOperator, "publish") == {
        "platform": "sheets", "made": 3, "found": 0,
    }  # fmt: skip
    trigger = run.do(operators.AwaitRoundOperator, "collect")
    assert trigger.serialize()[1] == {
        "dataset": DATASET, "number": 1, "asking": "", "troubled": False,
    }  # fmt: skip
    support.fill(newest(home))
    why, answers = run.resume(operators.AwaitRoundOperator, "collect", trigger)
    assert (why, answers["given"]) == ("over", answers["asked"])
    assert run.do(operators.AgreeOnRoundOperator, "agree")["figures"]["raw_agreement"] == 1
    trigger = run.do(operators.AdjudicateRoundOperator, "adjudicate")
    support.fill(newest(home), who=(support.EXPERT,), of="review")
    why, decided = run.resume(operators.AdjudicateRoundOperator, "adjudicate", trigger)
    assert (why, decided["given"]) == ("over", decided["asked"])
    landed = run.do(operators.LandRoundOperator, "land")
    assert (landed["dataset"], landed["rows"], landed["left_out"]) == ("visits_labels", 40, 0)

    # Each task again, as after a kill, changes nothing.
    for name, kind in (
        ("plan", operators.PlanRoundOperator),
        ("collect", operators.AwaitRoundOperator),
        ("agree", operators.AgreeOnRoundOperator),
        ("adjudicate", operators.AdjudicateRoundOperator),
        ("land", operators.LandRoundOperator),
    ):
        before = run.xcom[name]
        assert run.do(kind, name) == before, name
    assert len(rounds.rounds_of(home.services, DATASET)) == 1

    said = f"{run.xcom} {caplog.text}".lower()
    assert [one for one in (*support.PEOPLE, support.EXPERT) if one in said] == []


def test_a_wait_takes_answers_that_have_waited(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Ran()
    run.do(operators.PlanRoundOperator, "plan")
    run.do(operators.PublishRoundOperator, "publish")
    trigger = run.do(operators.AwaitRoundOperator, "collect")
    support.fill(newest(home), who=("ada",))
    monkeypatch.setattr(triggers, "COLLECT_AFTER_S", 0.0)
    why, again = run.resume(operators.AwaitRoundOperator, "collect", trigger)
    assert (why, type(again)) == ("news", AnswersTrigger)
    assert len(newest(home).annotations()) > 0


def test_a_platform_that_fails_is_waited_for(home: Any) -> None:
    run = Ran()
    run.do(operators.PlanRoundOperator, "plan")
    run.do(operators.PublishRoundOperator, "publish")
    trigger = run.do(operators.AwaitRoundOperator, "collect")
    sheet = support.sheet(newest(home), "ada")
    whole = sheet.read_bytes()
    sheet.write_bytes(b"\xff\xfe")
    why, trigger = run.resume(operators.AwaitRoundOperator, "collect", trigger)
    assert (why, trigger.troubled) == ("trouble", True)
    sheet.write_bytes(whole)
    why, trigger = run.resume(operators.AwaitRoundOperator, "collect", trigger)
    assert (why, trigger.troubled) == ("answers again", False)


def test_a_trigger_that_cant_look_hands_over_to_the_task(home: Any) -> None:
    """Whose error says what is wrong, in the log that people read."""
    event = asyncio.run(_event(AnswersTrigger("nothing", 1, "")))
    assert event == {"why": "error"}
    run = Ran()
    run.xcom["plan"] = {"round": 7}
    with pytest.raises(InputError, match="no such round"):
        run.do(operators.AwaitRoundOperator, "collect")


def test_a_run_is_skipped_where_the_policy_asks_for_no_other_round(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enough(*_: Any, **__: Any) -> Any:
        raise rounds.EnoughLabels("the policy asks for no other round")

    monkeypatch.setattr("assay.stages.labels.rounds._plan._check_worth", enough)
    with pytest.raises(AirflowSkipException, match="no other round"):
        Ran().do(operators.PlanRoundOperator, "plan")
