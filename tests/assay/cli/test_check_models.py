"""assay check says every fault of a model file, each with its file and line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import mini_model
import pytest

BROKEN = """\
description: Which visits are passed.
owner: tests
data: {dataset: visits, where: score + 1}
label: {column: passed, favourable: 1}
moments: [visit, result]
predicted_at: visit
known_from:
  visit: [site, age, score, team, scre]
  result: [passed]
features:
  - age
  - passed
  - team
  - person
  - seen
split:
  by: time
  test_batches: 1
preprocessing:
  - {step: OneHotEncodr, columns: [site]}
  - {step: SimpleImputer, columns: [age], parameters: {stratgy: mean}}
estimator:
  name: LogisticRegression
  parameters: {c: 2}
gates:
  on_inconclusive: hold
  alpha: 0.05
  performance:
    limits: [{metric: rmse, max: 1}]
    least_number: 20
    slices: [sit]
  sanity:
    one_feature: 1
    strong_features: {score: no feature}
    train_test_gap: 0.2
    permutations: 2
    proxy_auc: 0.9
  fairness: {on_inconclusive: hold, applies: false, reason: A test.}
promotion: {by: gates}
"""
FAULTS = {
    3: "it is no condition",
    8: "no such column. Got 'scre'",
    12: "the label is made of passed",
    13: "a protected attribute is a feature without a rationale",
    14: "an identifier is no feature",
    15: "nothing says from when seen is known",
    17: "a subject may be on both sides",
    20: "scikit-learn has no such transformer. Got 'OneHotEncodr'",
    21: "SimpleImputer has no such parameter. Got 'stratgy'",
    24: "LogisticRegression has no such parameter. Got 'c'",
    29: "a label that is a class has no such metric. Got 'rmse'",
    31: "no such column. Got 'sit'",
    34: "isn't a feature. Got 'score'",
}
UNREADABLE = BROKEN.replace("alpha: 0.05", "alpha: 5").replace("owner: tests\n", "")


@pytest.fixture
def said(mini: Any, tmp_path: Path) -> str:
    """What the command prints of a project with two broken files."""
    project = mini.write_project(tmp_path / "project")
    folder = mini_model.write_model(project).parent
    (folder / "broken.yaml").write_text(BROKEN)
    (folder / "unreadable.yaml").write_text(UNREADABLE)
    environ = {"ASSAY_PROJECT": str(project), "ASSAY_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", "from assay.cli import main; main()", "check", "--no-gx"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environ}
    )
    assert done.returncode == 2, done.stderr
    return done.stdout + done.stderr


def test_each_fault_has_its_file_and_line(said: str) -> None:
    lines = [(int(n), what) for n, what in re.findall(r"broken\.yaml:(\d+) (.*)", said)]
    for number, why in FAULTS.items():
        assert any(n == number and why in what for n, what in lines), f"{number} {why}\n{said}"
    assert re.search(r"unreadable\.yaml:26 gates\.alpha: input should be less than 0\.5", said), (
        said
    )
    assert re.search(r"unreadable\.yaml:1 owner: the key 'owner' is missing", said), said
    assert "passing.yaml" not in said
