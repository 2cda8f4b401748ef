"""From the registry to MLflow: nothing is lost, nothing is sent twice, nothing is believed."""

from __future__ import annotations

import json
import socket
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.records.uses import Origin, SnapshotPart, Use
from assay.snapshots import open_snapshot
from assay.stages import tracking
from assay.stages.services import Services
from assay.training import Fitted, dump_model
from assay.training.tracking import Aliases, Tracker, TrackingPlace

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


def register(services: Services, number: int, tmp: Path, state: str = "passed") -> TrainingRecord:
    """A model version as a training run leaves it in the registry."""
    snap = open_snapshot(services, "visits")
    run_id = f"{number:032x}"
    used = DataUsed(dataset="visits", number=snap.number, digest=snap.digest, versions=snap.batches)
    record = TrainingRecord(
        training_run=run_id, model="passes", data=(used,), features=("age",), label="passed",
        feature_types={"age": "int64"}, libraries={"scikit-learn": "1.9.1"}, started=AT,
        ended=AT, metrics={"roc_auc": Figure(value=0.7, low=0.6, high=0.8, n=50, how="DeLong")},
    )  # fmt: skip
    rows = pd.DataFrame({"age": np.arange(40) % 10})
    estimator = make_pipeline(LogisticRegression()).fit(rows, rows["age"] > number)
    files = {name: tmp / f"{number}.{name}" for name in ("model", "report", "record")}
    nonces = {name: services.registry.nonce(run_id, name) for name in files}
    files["model"].write_bytes(dump_model(Fitted(estimator, ("age",), ("no", "yes"), "yes")))
    with zipfile.ZipFile(files["model"], "a") as archive:
        archive.comment = nonces["model"].encode()
    files["report"].write_text(f"<p>{nonces['report']}</p>")
    said = {**record.model_dump(mode="json"), "nonce": nonces["record"]}
    files["record"].write_text(json.dumps(said))
    objects = services.registry.keep_objects(run_id, files)
    part = SnapshotPart(dataset="visits", number=snap.number, digest=snap.digest)
    trained = Use(
        kind="training_run", id=run_id, subject="passes", reads=(part,), author="assay", at=AT
    )
    services.registry.record_use(trained)
    services.registry.record_use(
        Use(
            kind="model_version",
            id=f"passes@{number}",
            subject="passes",
            of=(trained.origin,),
            objects=objects,
            author="assay",
            at=AT,
            details={"state": state, "dataset": "visits", "snapshot": "1"},
        )
    )
    return record


def promote(services: Services, number: int, sequence: int) -> None:
    origin = Origin(kind="model_version", id=f"passes@{number}")
    services.registry.record_use(
        Use(
            kind="promotion",
            id=f"passes.champion.{sequence}",
            subject="passes",
            of=(origin,),
            author="assay",
            at=AT,
            details={"reason": "passed its gates"},
        )
    )


@pytest.fixture
def services(ready: Any) -> Services:
    found: Services = ready.services
    return found


def tracker_of(services: Services) -> Tracker:
    return Tracker(TrackingPlace.from_environment({}, services.lake))


def shown(services: Services) -> list[Any]:
    return list(tracker_of(services)._door.client.search_model_versions("name = 'passes'"))


@pytest.fixture
def closed() -> Iterator[dict[str, str]]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{one.getsockname()[1]}"}


def test_a_version_reaches_mlflow_once(services: Services, tmp_path: Path) -> None:
    record = register(services, 1, tmp_path)
    promote(services, 1, 1)
    assert tracking.plan_missing(services) == 1
    assert tracking.plan_missing(services) == 0
    (sent,) = tracking.send_tracking(services, {}, "me")
    assert (sent.state, sent.error) == ("sent", None)
    assert tracking.send_tracking(services, {}, "me", at_once=True) == []
    (version,) = shown(services)
    assert version.tags["assay.version"] == "1"
    run = tracker_of(services)._door.client.get_run(version.run_id)
    assert run.data.metrics["roc_auc.high"] == 0.8
    assert tracker_of(services).find("passes", record.training_run) == version.run_id
    artefacts = tracker_of(services)._door.client.list_artifacts(version.run_id)
    assert {file.path for file in artefacts} == {"report.html", "record.json"}
    assert tracker_of(services).aliases("passes") == Aliases(1)


def test_a_server_that_is_down_holds_nothing_up_and_loses_nothing(
    services: Services, tmp_path: Path, closed: dict[str, str]
) -> None:
    for number in (1, 2):
        register(services, number, tmp_path)
    tracking.plan_missing(services)
    found = tracking.send_tracking(services, closed, "me")
    assert [one.state for one in found] == ["later"]  # the rest isn't tried
    assert "doesn't answer" in str(found[0].error)
    waits = {item.key: item.error for item in tracking.waiting_runs(services)}
    assert len(waits) == 2
    assert len(tracking.send_tracking(services, {}, "me")) == 1  # the first isn't due yet
    assert len(tracking.send_tracking(services, {}, "me", at_once=True)) == 1
    assert {v.tags["assay.version"] for v in shown(services)} == {"1", "2"}
    assert tracking.waiting_runs(services) == []


def test_a_killed_sender_is_followed_by_the_next(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ready: Any
) -> None:
    register(services, 1, tmp_path)
    tracking.plan_missing(services)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Tracker, "mark", killed)
        with pytest.raises(KeyboardInterrupt):
            tracking.send_tracking(services, {}, "dead")
    assert tracking.send_tracking(services, {}, "me") == []  # the dead one's claim holds
    later = ready.later(minutes=20).services
    assert [one.state for one in tracking.send_tracking(later, {}, "me")] == ["sent"]
    assert len(shown(services)) == 1


def test_what_somebody_changes_in_mlflow_decides_nothing(
    services: Services, tmp_path: Path
) -> None:
    for number, state in ((1, "passed"), (2, "held"), (3, "passed")):
        register(services, number, tmp_path, state)
    promote(services, 1, 1)
    tracking.plan_missing(services)
    tracking.send_tracking(services, {}, "me")
    assert tracker_of(services).aliases("passes") == Aliases(1, 3)
    tracker_of(services).mark("passes", Aliases(champion=2))
    assert tracking.aliases_of(services, "passes") == Aliases(1, 3)
    assert tracking.mirror_aliases(services, "passes", {})
    assert tracker_of(services).aliases("passes") == Aliases(1, 3)
    promote(services, 3, 2)
    assert tracking.aliases_of(services, "passes") == Aliases(3, None)


def test_aliases_that_mlflow_cannot_take_now_follow_later(
    services: Services, closed: dict[str, str]
) -> None:
    assert not tracking.mirror_aliases(services, "passes", closed)
