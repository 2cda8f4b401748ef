"""`assay check` reads the section `feedback` beside the contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mini_feedback
import mini_project
import pytest

from assay.project import Project
from assay.stages.authoring._model_problems import model_file_problems


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = mini_project.write_project(tmp_path / "project")
    mini_feedback.add_dataset(found, mini_feedback.DATASET, mini_feedback.PREDICTIONS)
    mini_feedback.add_dataset(found, "results", mini_feedback.RESULTS)
    return found


def problems(project: Path, **changes: Any) -> str:
    mini_feedback.write_model(project, **changes)
    found = Project.from_environment({"ASSAY_PROJECT": str(project)})
    contracts = {name: found.contract(name) for name in found.datasets()}
    return "\n".join(map(str, model_file_problems(found, contracts)))


def test_a_whole_section_has_no_fault(project: Path) -> None:
    outcomes = {"dataset": "results", "expression": "result + 0", "match": "key"}
    assert "feedback" not in problems(project)
    assert "feedback" not in problems(project, outcomes=outcomes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slices": ["tema"]}, "Did you mean 'team'"),
        ({"segments": ["person"]}, "levels of a classified column would be shown"),
        ({"limits": [{"metric": "mae", "max": 3}]}, "a class has no such metric"),
        ({"outcomes": {"dataset": "result", "column": "result"}}, "Did you mean 'results'"),
        ({"outcomes": {"dataset": "results", "column": "reslt"}}, "Did you mean 'result'"),
        ({"outcomes": {"dataset": "results", "expression": "result >"}}, "feedback.outcomes"),
        ({"outcomes": {"dataset": "sites", "column": "region"}}, "sites lacks a column"),
        (
            {"predictions": {"dataset": "visits", "prediction": "pased"}, "against_test": None},
            "Did you mean 'passed'",
        ),
        (
            {"predictions": {"dataset": "census", "prediction": "said"}, "against_test": None},
            "no data set holds the predictions",
        ),
    ],
)
def test_a_fault_has_its_place(project: Path, changes: dict[str, Any], said: str) -> None:
    found = problems(project, **changes)
    assert said in found
    assert "passing.yaml:" in found
