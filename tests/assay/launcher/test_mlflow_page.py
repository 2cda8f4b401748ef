"""MLflow's page: started below a home, found again, killed, reaped, stopped without a trace."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from assay.errors import AssayError
from assay.lake import Lake
from assay.launcher import mlflow_page
from assay.launcher._page import Server
from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.training.tracking import Tracker, TrackingPlace, TrackingUnavailable

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


def record(run: str) -> TrainingRecord:
    used = DataUsed(dataset="flights", number=3, digest="a" * 64, versions={"2013": "b" * 32})
    return TrainingRecord(
        training_run=run * 32, model="late", data=(used,), started=AT, ended=AT,
        metrics={"auc": Figure(value=0.7, low=0.6, high=0.8, n=9)},
    )  # fmt: skip


def test_without_its_environment_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_MLFLOW", str(tmp_path / "none"))
    assert mlflow_page.find_python() is None
    with pytest.raises(AssayError, match="make mlflow"):
        mlflow_page.start_page(tmp_path, "sqlite:///none", tmp_path)
    assert not mlflow_page.stop_page(tmp_path)
    assert mlflow_page.page_status(tmp_path).pid is None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingPlace]:
    """A store of its own, whose page is stopped at the end."""
    if mlflow_page.find_python() is None:
        pytest.skip("MLflow's page isn't installed: make mlflow")
    home = tmp_path_factory.mktemp("home")
    place = TrackingPlace.from_environment({}, Lake(home))
    Tracker(place).log_run(record("a"))
    yield place
    mlflow_page.stop_page(home)


def home_of(place: TrackingPlace) -> Path:
    return place.lock.parents[1]


def start(place: TrackingPlace) -> Server:
    assert place.artefacts is not None
    mlflow_page.start_page(home_of(place), place.uri, place.artefacts)
    return mlflow_page.await_page(home_of(place))


def processes(page: Server) -> list[psutil.Process]:
    assert page.pid is not None
    return [p for p in psutil.process_iter() if os.getsid(p.pid) == page.pid]


@pytest.mark.integration
def test_it_shows_the_runs_of_the_home(place: TrackingPlace) -> None:
    page = start(place)
    assert start(place) == page
    named = {"experiment_name": "late"}
    with httpx.Client(base_url=f"{page.url}/api/2.0/mlflow", trust_env=False) as client:
        found = client.get("/experiments/get-by-name", params=named).json()["experiment"]
        asked = {"experiment_ids": [found["experiment_id"]]}
        (run,) = client.post("/runs/search", json=asked).json()["runs"]
    assert {m["key"]: m["value"] for m in run["data"]["metrics"]}["auc.low"] == 0.6


@pytest.mark.integration
def test_it_listens_on_loopback_alone_with_one_worker(place: TrackingPlace) -> None:
    members = processes(start(place))
    assert len(members) <= 3
    listening = {c.laddr.ip for p in members for c in p.net_connections() if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


@pytest.mark.integration
def test_a_server_is_a_store_and_its_kill_loses_nothing(
    place: TrackingPlace, tmp_path: Path
) -> None:
    page = start(place)
    served = TrackingPlace.from_environment({"MLFLOW_TRACKING_URI": str(page.url)}, Lake(tmp_path))
    made = Tracker(served).log_run(record("b"))
    assert Tracker(place).find("late", "b" * 32) == made.run

    tracker = Tracker(served)
    tracker.prepare()
    usual = tracker._door.log

    def killed(*args: object, **kwargs: object) -> None:
        for process in processes(page):
            process.send_signal(signal.SIGKILL)
        usual(*args, **kwargs)  # type: ignore[arg-type]

    tracker._door.log = killed  # type: ignore[method-assign]
    with pytest.raises(TrackingUnavailable):
        tracker.log_run(record("c"))
    again = start(place)
    assert again.url == page.url
    whole = Tracker(served).log_run(record("c"))
    assert Tracker(place).find("late", "c" * 32) == whole.run


@pytest.mark.integration
def test_what_a_kill_leaves_is_reaped(place: TrackingPlace) -> None:
    page = start(place)
    before = processes(page)
    leader = psutil.Process(page.pid)
    leader.kill()
    leader.wait(timeout=30)
    again = start(place)
    assert again.pid != page.pid
    assert not [p for p in before if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert mlflow_page.stop_page(home_of(place))
    assert mlflow_page.page_status(home_of(place)).pid is None
    assert not processes(again)
