"""A model version that a real training run has registered, as MLflow shows it."""

from __future__ import annotations

from typing import Any

from assay.stages.tracking import track, waiting_runs
from assay.training.tracking import Aliases, Tracker, TrackingPlace

DOWN = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}


def test_a_trained_version_is_shown_with_its_model(home: Any, model: Any) -> None:
    services = home.services
    run = model.train_model(home)
    assert [one.state for one in track(services, DOWN, "me")] == ["later"]
    assert len(waiting_runs(services)) == 1
    (sent,) = track(home.later(minutes=5).services, {}, "me")
    assert (sent.state, sent.error) == ("sent", None)
    tracker = Tracker(TrackingPlace.from_environment({}, services.lake))
    (version,) = tracker._door.client.search_model_versions(f"name = '{run.model}'")
    assert version.tags["assay.version"] == "1"
    shown = tracker._door.client.get_run(version.run_id)
    assert shown.data.tags["assay.training_run"] == run.version
    verdicts = {r.stage: r.outcome.value for r in run.done.values() if r.outcome is not None}
    assert shown.data.tags["assay.verdict.performance"] == verdicts["performance"]
    state = run.done["promote"].state
    assert tracker.aliases(run.model) == Aliases(
        1 if state == "champion" else None, 1 if state == "passed" else None
    )
