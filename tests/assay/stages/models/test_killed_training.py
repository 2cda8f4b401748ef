"""A training run may die anywhere; the next one ends where an undisturbed one would have."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from assay.stages import models
from assay.stages.models import chain

BOUNDARIES = (chain.PIN, *chain.names())


def contents(home: Any, model: Any) -> dict[str, Any]:
    """What an undisturbed run and a disturbed one must both leave."""
    services = home.services
    versions = models.versions_of(services, model.MODEL)
    return {
        "versions": [(v.name, v.state, v.training_run, v.metrics) for v in versions],
        "models": [v.objects["model"].md5 for v in versions],
        "champion": models.find_version(services, model.MODEL).name,
        "moves": [m.version for m in models.promotions_of(services, model.MODEL)],
        "incidents": services.catalog.incidents.find("visits"),
        "uses": sorted(
            (u.kind, u.id) for u in services.registry.uses() if u.subject == model.MODEL
        ),
    }


@pytest.fixture(scope="module")
def undisturbed(released: Any, mini: Any, model: Any, tmp_path_factory: Any) -> Any:
    """What a training run leaves that nothing disturbs."""
    home = mini.copy(released, tmp_path_factory.mktemp("undisturbed"))
    model.train_model(home)
    return contents(home, model)


QUICK = {"pin", "fit"}


@pytest.mark.parametrize(
    "stage", [s if s in QUICK else pytest.param(s, marks=pytest.mark.slow) for s in BOUNDARIES]
)
def test_dead_after_a_stage(home: Any, model: Any, undisturbed: Any, stage: str) -> None:
    run = models.pin_training(home.services, model.MODEL, "dead", "manual")
    for name in chain.names()[: BOUNDARIES.index(stage)]:
        run = models.perform_training(run, name)

    late = home.later(minutes=11)  # the dead run's lease has run out
    model.train_model(late, "next")

    assert contents(late, model) == undisturbed


def test_one_thread_or_eight_give_the_same_model(
    released: Any, mini: Any, model: Any, tmp_path: Any
) -> None:
    found = []
    for threads in ("1", "8"):
        home = mini.copy(released, tmp_path / threads)
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environ = {**os.environ, **dict.fromkeys(names, threads)}
        command = [sys.executable, model.__file__, home.project, home.home, "threads"]
        subprocess.run([str(c) for c in command], env=environ, check=True, capture_output=True)
        found.append(contents(home, model))
    assert found[0] == found[1]
