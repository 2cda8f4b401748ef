"""Training runs in MLflow: written once, whole, whatever is killed or comes at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay.lake import Lake
from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.training.tracking import Aliases, ModelContent, Tracker, TrackingPlace, source_digest
from assay.verdict import Outcome, Reason, Verdict

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)
USED = DataUsed(dataset="flights", number=3, digest="a" * 64, versions={"2013-02-01": "b" * 32})
JOINED = DataUsed(dataset="planes", number=1, digest="e" * 64, versions={"2013": "f" * 32})


def record(run: str = "c", **given: object) -> TrainingRecord:
    reason = Reason(code="few_rows", outcome=Outcome.WARN, message="few rows")
    verdict = Verdict.of("performance", [reason], (), Policy())
    known: dict[str, object] = {
        "training_run": run * 32, "model": "late", "data": (USED, JOINED), "started": AT,
        "ended": AT + timedelta(seconds=90), "features": ("x", "y"), "label": "late",
        "parameters": {"C": 0.5}, "verdicts": (verdict,), "model_object": "d" * 64,
        "metrics": {"auc": Figure(value=0.7, low=0.6, high=0.8, n=50, how="DeLong")},
    }  # fmt: skip
    return TrainingRecord.model_validate({**known, **given})


class Policy:
    hash = "0"
    on_inconclusive = "hold"


def fitted() -> ModelContent:
    rows = np.random.default_rng(1).normal(size=(50, 2))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows[:, 0] > 0)
    return ModelContent(model, ("scikit-learn",), {"x": "double", "y": "int64"})


def sqlite_store(home: Path) -> Tracker:
    return Tracker(TrackingPlace.from_environment({}, Lake(home)))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store has its tables, and nothing in them."""
    home = tmp_path_factory.mktemp("fresh")
    assert sqlite_store(home).aliases("late") == Aliases(None, None)
    return home


@pytest.fixture
def tracker(fresh: Path, tmp_path: Path) -> Tracker:
    place = sqlite_store(tmp_path / "home").place
    shutil.copy(fresh / "mlflow" / "mlflow.db", place.lock.with_name("mlflow.db"))
    return Tracker(place)


@pytest.fixture
def page(tmp_path: Path) -> dict[str, Path]:
    path = tmp_path / "some.html"
    path.write_text("<p>said</p>")
    return {"reports/report.html": path}


def runs(tracker: Tracker) -> list[Any]:
    client = tracker._door.client
    found = client.get_experiment_by_name("late")
    return list(client.search_runs([found.experiment_id])) if found else []


def versions(tracker: Tracker) -> list[Any]:
    return list(tracker._door.client.search_model_versions("name = 'late'"))


def test_a_run_says_what_its_record_says(tracker: Tracker, page: dict[str, Path]) -> None:
    made = tracker.log_run(record(), page, fitted(), version=7)
    (run,) = runs(tracker)
    assert (run.info.run_id, run.info.status) == (made.run, "FINISHED")
    assert run.data.metrics == {
        "auc": 0.7, "auc.low": 0.6, "auc.high": 0.8, "auc.n": 50, "seconds": 90
    }  # fmt: skip
    assert run.data.params["C"] == "0.5"
    assert run.data.tags["assay.verdict.performance"] == "WARN"
    assert run.data.tags["assay.digest"] == "a" * 64
    client = tracker._door.client
    kept = client.list_artifacts(made.run, "reports")
    assert [file.path for file in kept] == ["reports/report.html"]


def test_mlflow_leads_to_the_snapshot(tracker: Tracker) -> None:
    import mlflow.data

    tracker.log_run(record())
    (run,) = runs(tracker)
    inputs = {entry.dataset.name: entry for entry in run.inputs.dataset_inputs}
    assert set(inputs) == {"flights@3", "planes@1"}
    main = inputs["flights@3"]
    assert main.dataset.digest == source_digest(USED)
    assert {tag.key: tag.value for tag in main.tags} == {
        "mlflow.data.context": "training", "assay.digest": "a" * 64, "assay.snapshot": "flights@3"
    }  # fmt: skip
    source = mlflow.data.get_source(main)
    assert source.to_dict()["versions"] == {"2013-02-01": "b" * 32}
    client = tracker._door.client
    by_digest = f"dataset.digest = '{main.dataset.digest}'"
    assert [r.info.run_id for r in client.search_runs([run.info.experiment_id], by_digest)] == [
        run.info.run_id
    ]


def test_the_model_is_loaded_by_its_alias_without_a_pickle(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    content = fitted()
    made = tracker.log_run(record(), {}, content, version=7)
    tracker.mark("late", Aliases(champion=7))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracker.place.uri)
    loaded = mlflow.pyfunc.load_model("models:/late@champion")
    rows = np.array([[3.0, 1.0], [-3.0, 1.0]])
    assert list(loaded._model_impl.sklearn_model.predict(rows)) == [True, False]
    assert [(c.name, str(c.type)) for c in loaded.metadata.signature.inputs] == [
        ("x", "DataType.double"), ("y", "DataType.long")
    ]  # fmt: skip
    (version,) = versions(tracker)
    assert version.run_id == made.run
    assert version.tags["assay.version"] == "7"
    files = [p for p in tracker.place.artefacts.rglob("*") if p.is_file()]  # type: ignore[union-attr]
    assert not [p for p in files if p.suffix in {".pkl", ".pickle"}]


def test_what_is_written_twice_is_there_once(tracker: Tracker, page: dict[str, Path]) -> None:
    first = tracker.log_run(record(), page, fitted(), version=1)
    assert tracker.log_run(record(), page, fitted(), version=1) == first
    assert (len(runs(tracker)), len(versions(tracker))) == (1, 1)
    client = tracker._door.client
    assert len(client.get_metric_history(first.run, "auc")) == 1
    experiment = client.get_experiment_by_name("late").experiment_id
    assert len(client.search_logged_models([experiment])) == 1


def test_two_training_runs_are_two(tracker: Tracker) -> None:
    first, second = (tracker.log_run(record(r), {}, fitted(), version=v) for r, v in ("c1", "d2"))
    assert first.run != second.run
    assert {v.tags["assay.version"] for v in versions(tracker)} == {"1", "2"}


STEPS = (
    "experiment", "find_run", "make_run", "log_input", "log", "log_files", "finish", "settle",
    "log_model", "_save", "find_version", "make_version",
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_step_leaves_one_complete_run(
    tracker: Tracker, page: dict[str, Path], step: str, after: bool, monkeypatch: Any
) -> None:
    door = tracker._door
    usual = getattr(door, step)

    def killed(*args: Any, **kwargs: Any) -> Any:
        if after:
            usual(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(door, step, killed)
    with pytest.raises(KeyboardInterrupt):
        tracker.log_run(record(), page, fitted(), version=1)
    monkeypatch.setattr(door, step, usual)
    made = tracker.log_run(record(), page, fitted(), version=1)
    (run,) = runs(tracker)
    assert (run.info.run_id, run.info.status) == (made.run, "FINISHED")
    assert run.data.tags["assay.complete"] == "true"
    assert len(run.inputs.dataset_inputs) == 2
    assert len(run.outputs.model_outputs) == 1
    assert len(versions(tracker)) == 1
    assert run.data.metrics["auc.low"] == 0.6


def test_the_aliases_follow_the_registry(tracker: Tracker) -> None:
    for run, number in (("c", 1), ("d", 2)):
        tracker.log_run(record(run), {}, fitted(), version=number)
    tracker.mark("late", Aliases(champion=1, challenger=2))
    assert tracker.aliases("late") == Aliases(1, 2)
    tracker.mark("late", Aliases(champion=2))
    assert tracker.aliases("late") == Aliases(2, None)
    tracker.mark("late", Aliases(champion=9))
    assert tracker.aliases("late") == Aliases(None, None)


def test_a_failed_training_is_shown_as_one(tracker: Tracker) -> None:
    tracker.log_run(record(state="failed", metrics={}, verdicts=()))
    (run,) = runs(tracker)
    assert (run.info.status, run.data.tags["assay.gates"]) == ("FAILED", "not judged")


def test_an_experiment_that_was_deleted_is_brought_back(tracker: Tracker) -> None:
    tracker.log_run(record())
    client = tracker._door.client
    client.delete_experiment(client.get_experiment_by_name("late").experiment_id)
    Tracker(tracker.place).log_run(record("d"))
    assert len(runs(tracker)) == 2


def _write(uri: str | None, home: str, run: str, done: Any) -> None:
    environ = {"MLFLOW_TRACKING_URI": uri} if uri else {}
    tracker = Tracker(TrackingPlace.from_environment(environ, Lake(Path(home))))
    done.put(tracker.log_run(record(run), {}, fitted(), version=1))


def at_once(uri: str | None, home: Path, run: str = "c", processes: int = 3) -> list[Any]:
    """Write the same from several processes at once, on a store that isn't there yet."""
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    started = [
        context.Process(target=_write, args=(uri, str(home), run, done)) for _ in range(processes)
    ]
    for process in started:
        process.start()
    found = [done.get(timeout=240) for _ in started]
    for process in started:
        process.join()
    return found


def test_several_at_once_on_a_fresh_store_make_one_version(tmp_path: Path) -> None:
    found = at_once(None, tmp_path)
    assert len(set(found)) == 1
    tracker = sqlite_store(tmp_path)
    assert (len(runs(tracker)), len(versions(tracker))) == (1, 1)


@pytest.fixture
def postgres() -> Iterator[str]:
    name = f"mlflow_{os.getpid()}"
    server = psycopg2.connect(host="127.0.0.1", user="postgres", dbname="postgres")
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield f"postgresql://postgres@127.0.0.1/{name}"
    with server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


def test_several_at_once_on_a_fresh_postgresql_make_one_version(
    tmp_path: Path, postgres: str
) -> None:
    found = at_once(postgres, tmp_path)
    assert len(set(found)) == 1
    place = TrackingPlace.from_environment({"MLFLOW_TRACKING_URI": postgres}, Lake(tmp_path))
    assert (len(runs(Tracker(place))), len(versions(Tracker(place)))) == (1, 1)


def test_files_of_a_run_lie_below_the_home(tracker: Tracker, page: dict[str, Path]) -> None:
    tracker.log_run(record(), page)
    folder = tracker.place.artefacts
    assert folder is not None
    assert [p.name for p in folder.rglob("*.html")] == ["report.html"]
    assert not Path("mlruns").exists()


def test_no_value_of_a_row_is_written(tracker: Tracker, page: dict[str, Path]) -> None:
    tracker.log_run(record(), page, fitted(), version=1)
    assert json.loads(runs(tracker)[0].inputs.dataset_inputs[0].dataset.source)["batches"] == 1
    assert runs(tracker)[0].inputs.dataset_inputs[0].dataset.profile in {None, ""}
