"""kill -9 anywhere in a round of labels, then again: what a round leaves that nothing disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).with_name("kills.py")


def _tried(points: int, seed: int, *runs: str) -> str:
    command = [sys.executable, str(KILLS), str(points), str(seed), "label_journey", *runs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    return done.stdout


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_killed_at_a_few_points() -> None:
    assert "that differ 0" in _tried(4, 20240103, "1")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_at_many_points() -> None:
    points = int(os.environ.get("ASSAY_FAULT_POINTS", "40"))
    seed = int(os.environ.get("ASSAY_FAULT_SEED", "1"))
    assert "that differ 0" in _tried(points, seed)
