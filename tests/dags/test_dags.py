"""The DAGs: their edges, what each must have, what parsing may import, and what a fault does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.launcher import project_root
from assay.stages.models import chain as training
from assay.stages.run import chain

SHIPPED = {
    "airlines", "airports", "census_employment", "digits", "digits_labels", "flights",
    "late_arrival_predictions", "planes",
}  # fmt: skip
_HEADINGS = ("What it does", "When not to run it", "Parameters", "Example", "Who is notified")
_HEAVY = (
    "pandas", "pyarrow", "duckdb", "ibis", "scipy", "sklearn", "statsmodels", "fairlearn",
    "great_expectations", "dvc", "slack_sdk", "assay.catalog", "assay.engine",
    "assay.stages.run._run",
    "assay.versioning", "assay.quality", "assay.drift", "assay.fairness", "assay.alerting",
)  # fmt: skip
_MANY = 200
_GENERATED = {"release", "train", "score", "feedback", "label"}
TASKS = len(chain.STAGES) + len(chain.FRAME)

Parse = Callable[[Path], dict[str, Any]]


@pytest.fixture(scope="module")
def shipped(parse: Parse) -> dict[str, Any]:
    return parse(project_root())


def _edges(dag: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"downstream": task["downstream"], "trigger_rule": task["trigger_rule"]}
        for name, task in sorted(dag["tasks"].items())
    }


def test_every_dag_is_there_and_nothing_else_is_wrong(shipped: dict[str, Any]) -> None:
    assert shipped["errors"] == {}
    assert {f"release__{name}" for name in SHIPPED} <= set(shipped["dags"])
    assert "retention__sweep" in shipped["dags"]


@pytest.mark.parametrize(
    "dag_id",
    [
        "release__flights",
        "retention__sweep",
        "train__late_arrival",
        "score__late_arrival",
        "feedback__late_arrival",
        "label__digits",
    ],
)
def test_edges(shipped: dict[str, Any], golden: Callable[[str, str], None], dag_id: str) -> None:
    edges = json.dumps(_edges(shipped["dags"][dag_id]), indent=2) + "\n"
    golden(f"dags/{dag_id}.json", edges)


def test_every_data_set_goes_the_same_way(shipped: dict[str, Any]) -> None:
    ways = {json.dumps(_edges(shipped["dags"][f"release__{name}"])) for name in SHIPPED}
    assert len(ways) == 1


def test_every_dag_has_an_owner_known_tags_and_a_manual(shipped: dict[str, Any]) -> None:
    for dag_id, dag in shipped["dags"].items():
        assert len(dag["owners"]) == 1, dag_id
        assert dag["owners"] != ["airflow"], dag_id
        assert "assay" in dag["tags"], dag_id
        assert not [h for h in _HEADINGS if f"**{h}.**" not in dag["manual"]], dag_id
    flights = shipped["dags"]["release__flights"]
    assert flights["owners"] == ["air-traffic-data"]
    assert flights["tags"] == ["assay", "dataset:flights", "owner:air-traffic-data", "release"]


def test_every_task_is_retried_by_the_policy_and_ends_in_time(shipped: dict[str, Any]) -> None:
    for dag_id, dag in shipped["dags"].items():
        for name, task in dag["tasks"].items():
            assert task["retries"] >= 3, (dag_id, name)
            assert task["retry_policy"] == "ExceptionRetryPolicy", (dag_id, name)
            # A person may take longer than any program.
            assert task["timeout"] or task["response_timeout"], (dag_id, name)


def test_a_finished_data_set_has_an_end(shipped: dict[str, Any]) -> None:
    assert shipped["dags"]["release__flights"]["end"].startswith("2014-01-01")


def test_the_form_is_typed_titled_and_told(shipped: dict[str, Any]) -> None:
    form = shipped["dags"]["release__flights"]["params"]
    assert list(form) == ["batch", "stop_before_release", "reference", "force", "reason"]
    for name, field in form.items():
        assert field["type"], name
        assert field["title"], name
        assert field["description"], name
    assert form["reference"]["enum"] == [None, "ordinary_days"]


def test_parsing_imports_nothing_heavy(shipped: dict[str, Any]) -> None:
    modules = shipped["modules"]
    assert "assay.contract" in modules
    heavy = {m for m in modules for h in _HEAVY if m == h or m.startswith(f"{h}.")}
    assert heavy == set()


@pytest.mark.parametrize("kind", ["release", "train", "score", "feedback", "label"])
def test_a_task_reads_its_own_dag_alone(
    shipped: dict[str, Any], parse: Parse, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    dag_id = next(name for name in shipped["dags"] if name.startswith(f"{kind}__"))
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", dag_id)
    made = {name for name in parse(project_root())["dags"] if name.split("__")[0] in _GENERATED}
    assert made == {dag_id}


def test_what_does_not_load_fails_alone_and_says_why(
    parse: Parse, lay_project: Callable[[], Path]
) -> None:
    project = lay_project()
    include = project / "include"
    contract = include / "contracts" / "planes.odcs.yaml"
    contract.write_text(contract.read_text().replace("grain: year", "grain: yearly"))
    policy = include / "policies" / "flights" / "drift.yaml"
    policy.write_text(policy.read_text().replace("dep_delay:", "dep_delya:"))
    (include / "contracts" / "empty.odcs.yaml").write_text("")
    (include / "contracts" / "torn.odcs.yaml").write_text("schema: [")
    (include / "contracts" / "odd.odcs.yaml").write_text("name: 0x_")
    (include / "contracts" / "airports.odcs.yaml").write_text(
        contract.read_text().replace("yearly", "year")
    )
    (include / "contracts" / "No name.odcs.yaml").write_text("")

    found = parse(project)
    assert found["errors"] == {}
    dags = found["dags"]
    whole = dags["release__airlines"]["tasks"].keys()  # a run that is at work goes on
    told = {n: dags[f"release__{n}"]["tasks"]["pin"]["error"] for n in ("planes", "flights")}
    assert "planes.odcs.yaml" in told["planes"]
    assert "yearly" in told["planes"]
    assert "drift.yaml" in told["flights"]
    assert "Did you mean 'dep_delay'?" in told["flights"]
    assert "named after" in dags["release__airports"]["tasks"]["pin"]["error"]
    assert "release__No name" not in dags
    for name in ("planes", "flights", "empty", "torn", "odd", "airports"):
        assert dags[f"release__{name}"]["tasks"].keys() == whole, name
        assert dags[f"release__{name}"]["schedule"] == "NullTimetable", name
    for name in ("airlines", "census_employment"):
        assert len(dags[f"release__{name}"]["tasks"]) == TASKS, name
        assert dags[f"release__{name}"]["schedule"] == "BatchTimetable", name


def test_many_contracts_parse(
    parse: Parse, lay_project: Callable[[], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    project = lay_project()
    include = project / "include"
    contract = (include / "contracts" / "flights.odcs.yaml").read_text()
    for number in range(_MANY):
        name = f"flights_{number:03d}"
        text = contract.replace("name: flights", f"name: {name}")
        text = text.replace("element: flights.", f"element: {name}.")
        (include / "contracts" / f"{name}.odcs.yaml").write_text(text)
        shutil.copytree(include / "policies" / "flights", include / "policies" / name)

    found = parse(project)
    made = [d for i, d in found["dags"].items() if i.startswith("release__flights_")]
    assert len(made) == _MANY
    assert {len(dag["tasks"]) for dag in made} == {TASKS}
    with capsys.disabled():
        print(f"\n{len(found['dags'])} DAGs parsed in {found['seconds']:.1f} s")


def test_a_model_is_trained_after_each_release_of_its_data_and_scores_each(
    shipped: dict[str, Any],
) -> None:
    train = shipped["dags"]["train__late_arrival"]
    assert train["schedule"] == "PartitionedAssetTimetable"
    assert train["tasks"].keys() == {*training.FRAME, *training.names()}
    assert train["params"].keys() == {"snapshot", "reason"}
    assert "model:late_arrival" in train["tags"]
    score = shipped["dags"]["score__late_arrival"]
    assert score["schedule"] == "PartitionedAssetTimetable"
    assert score["tasks"].keys() == {"score", "release_predictions"}


def test_a_model_file_that_does_not_load_fails_alone_and_says_why(
    parse: Parse, lay_project: Callable[[], Path]
) -> None:
    project = lay_project()
    broken = project / "include" / "models" / "late_arrival.yaml"
    broken.write_text(broken.read_text().replace("predicted_at: departure", "predicted_at: noon"))
    dags = parse(project)["dags"]
    tasks = dags["train__late_arrival"]["tasks"]
    assert tasks.keys() == {"pin"}
    assert "late_arrival.yaml" in tasks["pin"]["error"]
    assert dags["score__late_arrival"]["tasks"].keys() == {"score"}
    assert len(dags["release__flights"]["tasks"]) == TASKS
