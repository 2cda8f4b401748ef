"""What Airflow's OpenLineage provider makes of the operators, and where its events go."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mini_feedback
import mini_model
import pytest
from airflow.providers.openlineage.extractors.manager import ExtractorManager
from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
from airflow.utils.state import TaskInstanceState

from assay import launcher
from assay_airflow.operators.feedback import ConcludeFeedbackOperator
from assay_airflow.operators.release import ReleaseOperator
from assay_airflow.operators.score import ScoreOperator
from assay_airflow.operators.stage import StageOperator
from assay_airflow.operators.training import PromoteOperator

DAY = "2024-01-03"


@pytest.fixture(scope="module")
def home(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with a day that was released, a model, and its predictions of the day."""
    made = mini.copy(template, tmp_path_factory.mktemp("events"))
    made.drop("visits", DAY, mini.visits(DAY))
    made.run("visits", DAY, run_id="the run")
    return made


@pytest.fixture
def environ(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings by which the launcher starts this home's Airflow."""
    found = launcher.environment(home.home, {**os.environ, "ASSAY_OPENLINEAGE": "file"})
    settings = {n: v for n, v in found.items() if n.startswith("AIRFLOW__OPENLINEAGE__")}
    settings |= {"ASSAY_OPENLINEAGE": "file", "ASSAY_HOME": str(home.home)}
    for name, value in {**settings, "ASSAY_PROJECT": str(home.project)}.items():
        monkeypatch.setenv(name, value)


def _ended(operator: Any, run_id: str, state: TaskInstanceState) -> Any:
    """What the provider finds out about a task that has ended."""
    run = SimpleNamespace(run_id=run_id, partition_key=DAY, run_type="manual")
    context = {"dag_run": run, "params": {}, "run_id": run_id}
    ti = SimpleNamespace(get_template_context=lambda: context, task=operator)
    return ExtractorManager().extract_metadata(
        dagrun=run, task=operator, task_instance_state=state, task_instance=ti
    )


def _sent(home: Any, task: Any, name: str) -> dict[str, Any]:
    """What is kept of the event that the provider's own adapter sends."""
    OpenLineageAdapter().complete_task(
        run_id="01939b5b-7c5c-7c5c-8c5c-0123456789ab", job_name=f"release__visits.{name}",
        end_time="2026-01-05T06:00:00+00:00", task=task, nominal_start_time=None,
        nominal_end_time=None, owners=["Ann Smith"], tags=["owner:Ann Smith"],
        job_description="as Ann Smith asked",
    )  # fmt: skip
    (path,) = (home.home / "lineage").glob("*.jsonl")
    text = path.read_text(encoding="utf-8").splitlines()[-1]
    assert "Ann Smith" not in text
    event: dict[str, Any] = json.loads(text)
    return event


def test_a_task_of_a_release_names_what_it_touched(home: Any, environ: None) -> None:
    stage = StageOperator(task_id="commit", dataset="visits")
    event = _sent(home, _ended(stage, "the run", TaskInstanceState.SUCCESS), "commit")
    assert [d["name"] for d in event["inputs"]] == ["visits.landing", "sites"]
    facets = event["outputs"][0]["facets"]
    assert {"version", "assay_version", "schema", "columnLineage"} <= set(facets)
    assert event["run"]["facets"]["assay_verdict"]["stage"] == "commit"
    assert event["eventType"] == "COMPLETE"
    release = ReleaseOperator(task_id="release", dataset="visits")
    found = _ended(release, "the run", TaskInstanceState.FAILED)
    assert [d.name for d in found.outputs] == ["visits"]


def test_a_model_and_its_predictions(home: Any, environ: None) -> None:
    mini_model.write_model(home.project)
    mini_model.train_model(home, "training")
    promote = PromoteOperator(task_id="promote", model="passing", dataset="visits")
    found = _ended(promote, "training", TaskInstanceState.SUCCESS)
    assert [d.name for d in found.outputs] == ["models.passing"]
    score = ScoreOperator(task_id="score", model="passing")
    assert _ended(score, "none", TaskInstanceState.SUCCESS).outputs == []


@pytest.mark.slow
def test_the_feedback_on_predictions(
    mini: Any, tmp_path: Path, environ: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = mini.Train(mini.write_project(tmp_path / "project"), tmp_path / "home")
    mini_model.release_days(train)
    mini_feedback.prepare(train, [mini_feedback.NEW_DAYS[0]])
    monkeypatch.setenv("ASSAY_HOME", str(train.home))
    monkeypatch.setenv("ASSAY_PROJECT", str(train.project))
    conclude = ConcludeFeedbackOperator(task_id="conclude", model="passing")
    assert _ended(conclude, "a run", TaskInstanceState.SUCCESS).outputs == []
    mini_feedback.judge(train, run_id="a run")
    found = _ended(conclude, "a run", TaskInstanceState.FAILED)
    assert {d.name for d in found.inputs} == {"visits", mini_feedback.DATASET}
    assert [d.name for d in found.outputs] == ["feedback.passing"]
    assert found.run_facets["assay_verdict"].stage == "feedback"


def test_of_a_run_that_nobody_knows_nothing_is_said(home: Any, environ: None) -> None:
    stage = StageOperator(task_id="commit", dataset="visits")
    found = _ended(stage, "another run", TaskInstanceState.SUCCESS)
    assert (found.inputs, found.outputs) == ([], [])


def test_what_goes_wrong_ends_there(
    home: Any, environ: None, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    stage = StageOperator(task_id="commit", dataset="visits")
    found = _ended(stage, "the run", TaskInstanceState.SUCCESS)
    monkeypatch.setenv("ASSAY_OPENLINEAGE", "http://127.0.0.1:9")
    monkeypatch.setenv("ASSAY_CATALOG_URL", "postgresql+psycopg2://nobody@127.0.0.1:9/none")
    OpenLineageAdapter().complete_task(
        run_id="01939b5b-7c5c-7c5c-8c5c-0123456789ab", job_name="job",
        end_time="2026-01-05T06:00:00+00:00", task=found, nominal_start_time=None,
        nominal_end_time=None, owners=None, tags=None, job_description=None,
    )  # fmt: skip
    assert "An event of OpenLineage is lost" in caplog.text


def test_events_of_these_dags_are_sent_and_of_no_whole_run(environ: None) -> None:
    from airflow.providers.openlineage.utils import emission_policy

    stage = StageOperator(task_id="commit", dataset="visits")
    asked = {
        "release__visits": True, "train__late": True, "score__late": True,
        "feedback__late": True, "alerts": False,
    }  # fmt: skip
    for dag, emits in asked.items():
        policy = emission_policy.resolve_task_emission_policy(
            operator=stage, dag_id=dag, task_id="commit"
        )
        assert policy.emit is emits
        assert not emission_policy.resolve_dag_emission_policy(dag).emit


def test_without_a_place_the_provider_is_off(tmp_path: Path) -> None:
    found = launcher.environment(tmp_path, {**os.environ, "ASSAY_OPENLINEAGE": "off"})
    assert found["AIRFLOW__OPENLINEAGE__DISABLED"] == "True"
    assert "AIRFLOW__OPENLINEAGE__TRANSPORT" not in found
