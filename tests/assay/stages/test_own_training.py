"""Own training code on record: data version, lineage, figures, MLflow."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import mini_model
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from assay.errors import InputError
from assay.snapshots import open_snapshot
from assay.stages.models import find_version, load_record
from assay.training.tracking import Tracker, TrackingPlace

ROOT = Path(__file__).parents[3]


@pytest.fixture
def snap(ready: Any) -> Any:
    return open_snapshot(ready.services, "visits")


def shown(snap: Any, model: str = "passes") -> list[Any]:
    client = Tracker(TrackingPlace.from_environment({}, snap.services.lake))._door.client
    experiment = client.get_experiment_by_name(model)
    return list(client.search_runs([experiment.experiment_id]))


def rows_of(snap: Any) -> tuple[pd.DataFrame, pd.Series]:
    rows = snap.to_pandas(columns=["age", "score", "passed"]).dropna()
    return rows[["age", "score"]].astype(float), rows["passed"].astype(int)


def test_own_code_is_on_record_with_its_data(snap: Any, tmp_path: Path) -> None:
    features, passed = rows_of(snap)
    page = tmp_path / "curve.txt"
    page.write_text("said")
    with snap.training("passes") as run:
        model = LogisticRegression().fit(features[:300], passed[:300])
        run.log(
            params={"C": 1.0, "scorer": print}, metrics={"own": (0.5, 0.4, 0.6)}, model=model,
            test=(features[300:], passed[300:]), files={"curve.txt": page},
        )  # fmt: skip
    use = snap.services.registry.find_use("training_run", run.training_run)
    assert [(part.dataset, part.number, part.digest) for part in use.reads] == [
        ("visits", snap.number, snap.digest)
    ]
    assert snap.services.catalog.uses.of_snapshot("visits", snap.number) == [use]
    (shown_run,) = shown(snap)
    assert shown_run.info.status == "FINISHED"
    assert shown_run.data.tags["assay.digest"] == snap.digest
    assert shown_run.data.tags["assay.gates"] == "not judged"
    assert shown_run.data.params["C"] == "1.0"
    metrics = shown_run.data.metrics
    assert metrics["accuracy.low"] < metrics["accuracy"] < metrics["accuracy.high"]
    assert (metrics["own.low"], metrics["rows_test"]) == (0.4, len(features[300:]))
    assert shown_run.outputs.model_outputs
    assert [entry.dataset.name for entry in shown_run.inputs.dataset_inputs] == [
        f"visits@{snap.number}"
    ]
    assert list(snap.services.lake.path("mlflow", "own").iterdir()) == []


def test_a_regression_and_a_part_of_the_snapshot(snap: Any) -> None:
    batch = next(iter(snap.batches))
    part = open_snapshot(snap.services, f"visits@{batch}")
    features, _ = rows_of(part)
    with part.training("scores") as run:
        model = HistGradientBoostingRegressor(max_iter=3).fit(features[["age"]], features["score"])
        run.log(model=model, test=(features[["age"]], features["score"]))
    (use,) = snap.services.registry.uses("training_run")
    assert use.reads[0].batches == (batch,)
    assert "rmse.low" in shown(snap, "scores")[0].data.metrics


def test_an_exception_marks_the_training_failed_and_goes_on(snap: Any) -> None:
    training = snap.training("passes")
    run = training.__enter__()
    run.log(params={"depth": 3})
    fault = ZeroDivisionError("division by zero")
    assert not training.__exit__(ZeroDivisionError, fault, None)
    (shown_run,) = shown(snap)
    assert (shown_run.info.status, shown_run.data.params["depth"]) == ("FAILED", "3")
    use = snap.services.registry.find_use("training_run", run.training_run)
    assert use.details["state"] == "failed"


def test_a_server_that_is_down_holds_no_training_up(
    snap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, passed = rows_of(snap)
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        with snap.training("passes") as run:
            run.log(model=LogisticRegression().fit(features, passed))
    from assay.stages import tracking

    (item,) = tracking.waiting_runs(snap.services)
    assert run.training_run in item.key
    (sent,) = tracking.send_tracking(snap.services, {}, "later", at_once=True)
    assert sent.state == "sent"
    assert shown(snap)[0].outputs.model_outputs


def test_what_cannot_be_logged_says_what_to_do(snap: Any) -> None:
    with snap.training("passes") as run:
        with pytest.raises(InputError, match="no number"):
            run.log(metrics={"auc": "high"})
        with pytest.raises(InputError, match="without a model"):
            run.log(test=(pd.DataFrame(), []))
        with pytest.raises(InputError, match="without pickle"):
            run.log(model=(line for line in ()))


def test_no_row_is_in_what_is_kept(snap: Any) -> None:
    features, passed = rows_of(snap)
    with snap.training("passes") as run:
        model = LogisticRegression().fit(features, passed)
        run.log(model=model, test=(features, passed))
    item = snap.services.catalog.tracking.find()[0]
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|\bp[0-9]{3,}", str(item.body))


def example(name: str) -> str:
    """An example of the docs, with the names of the small project's data and model."""
    page = (ROOT / "include" / "docs" / "training.md").read_text(encoding="utf-8")
    (code,) = re.findall(rf"<!-- {name} -->\n```python\n(.*?)```", page, re.DOTALL)
    return (
        code.replace("flights", "visits")
        .replace("dep_delay", "age")
        .replace('"hour"', '"score"')
        .replace('rows["arr_delay"] > 15', 'rows["passed"] == 1')
        .replace("arr_delay", "passed")
        .replace("late_arrival", mini_model.MODEL)
    )


def executed(code: str, ready: Any) -> str:
    environ = {
        **os.environ, "ASSAY_PROJECT": str(ready.project), "ASSAY_HOME": str(ready.home),
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, env=environ, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_example_of_the_docs_with_a_model_file_runs(ready: Any) -> None:
    mini_model.release_days(ready)
    label = {"expression": "passed > 0", "favourable": True, "meaning": "the visit is passed"}
    mini_model.write_model(ready.project, label=label)
    said = executed(example("own, judged"), ready).split()
    assert said[-2:] == ["passing@1", "champion"]
    version = find_version(ready.services, "passing@1")
    record = load_record(ready.services, version)
    assert record.own_code
    assert {v.gate for v in record.verdicts} == {"performance", "fairness", "flip", "sanity",
                                                 "explain"}  # fmt: skip
    pages = ready.services.lake.path("reports").rglob("sanity.html")
    (page,) = (path.read_text(encoding="utf-8") for path in pages)
    assert "NOT JUDGED: whether permuted labels give chance" in page
    assert "own code isn’t fitted again" in page.replace("'", "’").replace("&#39;", "’")


def test_the_example_of_the_docs_runs(ready: Any) -> None:
    executed(example("own"), ready)
    (run,) = shown(open_snapshot(ready.services, "visits"), "late")
    assert "roc_auc.low" in run.data.metrics
