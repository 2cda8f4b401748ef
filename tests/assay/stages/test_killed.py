"""A run may die anywhere; the next one ends where an undisturbed one would have."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

DAY = "2024-01-03"
POINTS = 10


@pytest.fixture(scope="module")
def undisturbed(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a run of the day gives that nothing disturbs."""
    train = mini.copy(template, tmp_path_factory.mktemp("undisturbed"))
    train.drop("visits", DAY, mini.visits(DAY))
    train.run("visits", DAY)
    return train.contents()


STAGES = (
    *("pin", "ingest", "validate_raw", "protect", "clean", "validate_clean"),
    *("commit", "drift", "fairness", "label_noise", "release"),
)


QUICK = {"ingest", "clean", "commit", "release"}


@pytest.mark.parametrize(
    "stage", [s if s in QUICK else pytest.param(s, marks=pytest.mark.slow) for s in STAGES]
)
def test_dead_after_a_stage(ready: Any, mini: Any, undisturbed: Any, stage: str) -> None:
    assert mini.BOUNDARIES == STAGES
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY, until=stage)

    late = ready.later(minutes=11)  # the dead run's lease has run out
    late.count = 90
    late.run("visits", DAY)

    assert late.contents() == undisturbed
    assert late.dataset("visits")["incidents"] == []


def _start(mini: Any, ready: Any, run_id: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, mini.__file__, ready.project, ready.home, "visits", DAY, run_id]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([str(c) for c in command], start_new_session=True, **quiet)


@pytest.mark.slow
def test_killed_at_random_points(ready: Any, mini: Any, undisturbed: Any) -> None:
    """Each run is killed somewhere and leaves its rest to the next, which takes its lease over."""
    ready.drop("visits", DAY, mini.visits(DAY))
    chance = random.Random("killed")
    spent = []
    for point in range(POINTS):
        # One run id, so one lease: a run that is repeated starts over in its own row.
        process = _start(mini, ready, "killed")
        wait = chance.uniform(0.3, 6.0)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        spent.append((point, round(wait, 2), process.returncode))
        time.sleep(0.01)
    print(spent)

    ready.run("visits", DAY, run_id="killed")

    assert ready.contents() == undisturbed
    assert not _left_behind(ready.home / "landing", ready.home / "registry")


@pytest.mark.slow
def test_killed_once(ready: Any, mini: Any, undisturbed: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    process = _start(mini, ready, "killed")
    landed = ready.home / "landing" / "visits" / DAY
    until = time.monotonic() + 60
    while not landed.exists() and time.monotonic() < until and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    late = ready.later(minutes=11)
    late.run("visits", DAY, run_id="next")

    assert late.contents() == undisturbed


def _left_behind(*folders: Path) -> list[Path]:
    """Files that were written aside and never published."""
    return [p for f in folders for p in f.rglob(".*") if p.is_file()]
