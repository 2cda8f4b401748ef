"""A tracking server that is down, silent or killed: an outage within seconds, and nothing lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import AssayError
from assay.lake import Lake
from assay.training.tracking import Aliases, Tracker, TrackingPlace, TrackingUnavailable


def place_of(uri: str, home: Path) -> TrackingPlace:
    return TrackingPlace.from_environment({"MLFLOW_TRACKING_URI": uri}, Lake(home))


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes each connection and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """An address at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"


def test_a_server_that_is_down_or_silent_is_an_outage(
    silent: str, closed: str, tmp_path: Path
) -> None:
    for uri in (silent, closed):
        with pytest.raises(TrackingUnavailable, match="doesn't answer"):
            Tracker(place_of(uri, tmp_path)).mark("late", Aliases(1))


def test_an_outage_is_noticed_without_mlflow(closed: str, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from assay.lake import Lake\n"
        "from assay.training.tracking import *\n"
        "place = TrackingPlace.from_environment({'MLFLOW_TRACKING_URI': sys.argv[1]},"
        " Lake(Path(sys.argv[2])))\n"
        "try: place.check()\n"
        "except TrackingUnavailable: print('mlflow' in sys.modules)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, closed, str(tmp_path)], capture_output=True, text=True,
        check=True, env={**os.environ},
    )  # fmt: skip
    assert said.stdout.strip() == "False"


def test_a_database_that_is_down_is_an_outage(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        uri = f"postgresql://nobody@127.0.0.1:{one.getsockname()[1]}/none"
    with pytest.raises(TrackingUnavailable, match="doesn't answer"):
        Tracker(place_of(uri, tmp_path)).mark("late", Aliases(1))


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="MLFLOW_TRACKING_URI"):
        place_of("./mlruns", tmp_path)


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    place = place_of("postgresql://mlflow:secret@db.example/mlflow", tmp_path)
    assert place.shown == "postgresql://db.example/mlflow"
    assert place_of("https://me:secret@mlflow.example/", tmp_path).is_server
