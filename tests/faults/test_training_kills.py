"""kill -9 anywhere in a training run, then a re-run: what a run leaves that nothing disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import mini_model
import mini_project
import pytest
from killed import try_points

from assay.stages import models


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_killed_at_a_few_points() -> None:
    assert "that differ 0" in try_points(4, 20240103, "training_journey", "1")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_at_many_points() -> None:
    points = int(os.environ.get("ASSAY_FAULT_POINTS", "60"))
    seed = int(os.environ.get("ASSAY_FAULT_SEED", "1"))
    assert "that differ 0" in try_points(points, seed, "training_journey")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_processes_at_once_make_one_version(train: Any) -> None:
    mini_model.release_days(train, mini_model.DAYS[:3])
    mini_model.write_model(train.project)

    def begin(run_id: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, mini_model.__file__, train.project, train.home, run_id]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([str(c) for c in command], **quiet)

    ended = [process.wait() for process in [begin(f"run {n}") for n in range(3)]]

    assert 0 in ended  # the others found that it was being trained, or that it was
    (version,) = models.versions_of(train.services, mini_model.MODEL)
    (move,) = models.promotions_of(train.services, mini_model.MODEL)
    assert move.version == version.name
    assert train.services.catalog.incidents.find("visits") == []
    assert (
        mini_project.Train(train.project, train.home).services.catalog.leases.live(train.now())
        == []
    )
