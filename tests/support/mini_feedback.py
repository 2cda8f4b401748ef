"""The small project with a model, its predictions as a data set, and days that it hasn't seen.

Run as a script it is one feedback: ``python mini_feedback.py PROJECT HOME BATCH RUN_ID``.
"""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import mini_model
import mini_project

from assay.stages import feedback, models

DATASET = f"{mini_model.MODEL}_predictions"
NEW_DAYS = ("2024-01-05", "2024-01-06")
POLICY: dict[str, Any] = {
    "on_inconclusive": "release",
    "alpha": 0.05,
    "least_labelled": 0.5,
    "least_number": 30,
    "limits": [{"metric": "accuracy", "min": 0.7}],
    "against_test": [{"metric": "roc_auc", "margin": 0.1}],
    "slices": ["team"],
    "segments": ["site", "age"],
}
_GRAIN = "{grain: day, timezone: UTC, first: 2024-01-01, last: 2024-12-31}"
PREDICTIONS = """\
      - {name: person, logicalType: string, primaryKey: true}
      - {name: prediction, logicalType: string, required: true}
      - {name: probability, logicalType: number}
      - {name: model_version, logicalType: string, required: true}
"""
RESULTS = """\
      - {name: person, logicalType: string, primaryKey: true}
      - {name: result, logicalType: integer}
"""
Row = dict[str, str]


def add_dataset(project: Path, name: str, columns: str) -> None:
    """Write the contract, suites and policies of one more data set, which no gate judges."""
    include = project / "include"
    (include / "suites" / name).mkdir(parents=True, exist_ok=True)
    (include / "policies" / name).mkdir(parents=True, exist_ok=True)
    text = mini_project._CONTRACT.format(name=name, partition=_GRAIN, more="", columns=columns)
    (include / "contracts" / f"{name}.odcs.yaml").write_text(text, encoding="utf-8")
    idle = {**mini_project._COMMON, **mini_project._POLICIES["sites"]}
    for noun, policy in idle.items():
        (include / "policies" / name / f"{noun}.yaml").write_text(policy, encoding="utf-8")
    import json

    for which in ("raw", "clean"):
        found = [mini_project.expect("expect_column_values_to_not_be_null", "person")]
        suite = {"name": f"{name}.{which}", "expectations": found, "meta": {}}
        (include / "suites" / name / f"{which}.json").write_text(json.dumps(suite))


def prepare(train: Any, days: Iterable[str] = NEW_DAYS) -> None:
    """Train the model on the four days, release days that it hasn't seen, and score them."""
    add_dataset(train.project, DATASET, PREDICTIONS)
    add_dataset(train.project, "results", RESULTS)
    write_model(train.project)
    mini_model.train_model(train)
    for day in days:
        train.drop("visits", day, mini_model.learnable_visits(day))
        train.run("visits", day)
        models.score(train.services, mini_model.MODEL, day)
        train.run(DATASET, day)


def write_model(project: Path, **changes: Any) -> None:
    """Write the model's file with a section ``feedback``, some of its keys changed."""
    given = {name: value for name, value in (POLICY | changes).items() if value is not None}
    mini_model.write_model(project, feedback=given)


def redeliver(train: Any, day: str, change: Callable[[int, Row], Row | None]) -> None:
    """Deliver a day's predictions again, each row changed or left out, and release them."""
    path = train.home / "inbox" / DATASET / f"{day}.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    kept = [new for at, row in enumerate(rows) if (new := change(at, dict(row))) is not None]
    made = [tuple(row.values()) for row in kept]
    train.drop(DATASET, day, mini_project.as_csv(rows[0], made))
    train.run(DATASET, day)


def judge(train: Any, day: str = NEW_DAYS[0], run_id: str = "feedback") -> Any:
    """One feedback on a day, by the function that the command calls."""
    run = feedback.feedback(train.services, mini_model.MODEL, day, run_id)
    return run.batches[0]


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    project, home, batch, run_id = sys.argv[1:]
    print(judge(mini_project.Train(Path(project), Path(home)), batch, run_id).spec.feedback)
