"""A model version that a real training run has registered, as MLflow shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pyarrow as pa
import pytest

from assay.snapshots import open_snapshot
from assay.stages import models
from assay.stages.models._fit import feature_types
from assay.stages.models._objects import load_fitted
from assay.stages.tracking import track, waiting_runs
from assay.training import TrainingTable, predict
from assay.training.tracking import Aliases, Tracker, TrackingPlace
from assay.training.tracking._contents import column_type

DOWN = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}


def _signature(version: Any) -> list[tuple[str, str]]:
    found = mlflow.models.get_model_info(f"models:/{version.name}/{version.version}").signature
    return [(column.name, column.type.name) for column in found.inputs]


def test_a_trained_version_is_shown_with_its_model(
    home: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = home.services
    run = model.train_model(home)
    assert [one.state for one in track(services, DOWN, "me")] == ["later"]
    assert len(waiting_runs(services)) == 1
    (sent,) = track(home.later(minutes=5).services, {}, "me")
    assert (sent.state, sent.error) == ("sent", None)
    tracker = Tracker(TrackingPlace.from_environment({}, services.lake))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracker.place.uri)
    (version,) = tracker._door.client.search_model_versions(f"name = '{run.model}'")
    assert version.tags["assay.version"] == "1"
    shown = tracker._door.client.get_run(version.run_id)
    assert shown.data.tags["assay.training_run"] == run.version
    assert _signature(version) == [("age", "long"), ("score", "double")]
    loaded = mlflow.pyfunc.load_model(f"models:/{run.model}/{version.version}")
    rows = open_snapshot(services, "visits").to_pandas(["age", "score"]).dropna().head(50)
    ours = predict(load_fitted(services, models.find_version(services, "passing@1")), rows)
    assert loaded.predict(rows).tolist() == ours.prediction.tolist()
    verdicts = {r.stage: r.outcome.value for r in run.done.values() if r.outcome is not None}
    assert shown.data.tags["assay.verdict.performance"] == verdicts["performance"]
    assert shown.data.tags["assay.verdict.fairness"] == "NOT JUDGED"
    client = tracker._door.client
    there = {f.path for f in client.list_artifacts(version.run_id) if f.path.endswith(".html")}
    gates = {f"{name}.html" for name in models.chain.gates() if run.done[name].report}
    assert there == {"report.html", *gates}
    assert "sanity.html" in gates
    for name in there:
        page = Path(client.download_artifacts(version.run_id, name, str(tmp_path))).read_text()
        targets = re.findall(r'<a\b[^>]*href="([^"]*)"', page)
        assert [t for t in targets if not t.startswith("#")] == []
        assert name == "report.html" or "report.html" in page
    state = run.done["promote"].state
    assert tracker.aliases(run.model) == Aliases(
        1 if state == "champion" else None, 1 if state == "passed" else None
    )


def test_types_of_features_are_those_that_a_reader_gets() -> None:
    rows = pa.table(
        {
            "whole": pa.array([1, 2], "int32"),
            "gaps": pa.array([1, None], "int64"),
            "said": pa.array([True, None]),
            "level": pa.array(["a", "b"]).dictionary_encode(),
            "price": pa.array([1, 2], pa.decimal128(10, 2)),
        }
    )
    nobody = np.zeros(2)
    types = feature_types(TrainingTable(rows, nobody, (), nobody, nobody, rows))
    assert {name: column_type(kind) for name, kind in types.items()} == {
        "whole": "integer", "gaps": "double", "said": "double", "level": "string",
        "price": "double",
    }  # fmt: skip
