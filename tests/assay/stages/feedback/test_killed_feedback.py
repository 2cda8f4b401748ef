"""A feedback may die anywhere; the next one ends where an undisturbed one would have."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from typing import Any

import mini_feedback
import mini_model
import mini_project
import pytest

from assay.stages import feedback

DAY = mini_feedback.NEW_DAYS[0]
POINTS = 8


def contents(home: Any) -> dict[str, Any]:
    """What an undisturbed run and a disturbed one must both leave."""
    services = home.services
    verdicts = services.catalog.verdicts.find(mini_feedback.DATASET, DAY)
    return {
        "uses": [(u.id, u.of, u.details) for u in services.registry.uses("feedback")],
        "verdicts": [(v.key, v.verdict) for v in verdicts if v.verdict.gate == "feedback"],
        "incidents": [
            (i.check, i.state) for i in services.catalog.incidents.find(mini_feedback.DATASET)
        ],
        "reports": {
            path.name: path.read_bytes()
            for path in (home.home / "reports" / mini_feedback.DATASET).glob("feedback-*/*/*")
        },
    }


@pytest.fixture(scope="module")
def undisturbed(predicted: Any, tmp_path_factory: Any) -> Any:
    home = mini_project.copy(predicted, tmp_path_factory.mktemp("undisturbed"))
    mini_feedback.judge(home)
    return contents(home)


def test_dead_after_it_has_judged(home: Any, undisturbed: Any) -> None:
    feedback.judge_run(home.services, mini_model.MODEL, DAY, "dead")
    assert not home.services.registry.uses("feedback")
    mini_feedback.judge(home.later(minutes=11), run_id="next")
    assert contents(home) == undisturbed


@pytest.mark.slow
def test_killed_at_random_points(home: Any, undisturbed: Any) -> None:
    chance = random.Random("killed feedback")
    for _ in range(POINTS):
        command = [sys.executable, mini_feedback.__file__, home.project, home.home, DAY, "killed"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([str(c) for c in command], start_new_session=True, **quiet)
        try:
            process.wait(chance.uniform(0.5, 10.0))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    mini_feedback.judge(home, run_id="killed")
    assert contents(home) == undisturbed
