"""A model of the small project: whether a visit is passed, learned from its score and age.

Run as a script it is one training run: ``python mini_model.py PROJECT HOME RUN_ID [SNAPSHOT]``.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import mini_project
import yaml

from assay.keys._secret_file import secret_file
from assay.lake import Lake
from assay.stages import models

MODEL = "passing"
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04")
FILE: dict[str, Any] = {
    "description": "Which visits are passed.",
    "owner": "tests",
    "data": {"dataset": "visits"},
    "label": {"column": "passed", "favourable": 1, "meaning": "the visit is passed"},
    "moments": ["visit", "result"],
    "predicted_at": "visit",
    "known_from": {"visit": ["site", "age", "score"], "result": ["passed"]},
    "features": ["age", "score"],
    "split": {"by": "time", "test_batches": 1, "shared_subjects": "Each person comes once."},
    "preprocessing": [{"step": "SimpleImputer", "columns": ["age", "score"]}],
    "estimator": {"name": "LogisticRegression", "parameters": {"max_iter": 500}, "seed": 7},
    "gates": {
        "on_inconclusive": "hold",
        "alpha": 0.05,
        "performance": {
            "limits": [{"metric": "roc_auc", "min": 0.6}],
            "least_number": 20,
            "champion": {"metric": "roc_auc", "require": "not_worse", "margin": 0.1},
        },
        "sanity": {"one_feature": 1, "train_test_gap": 0.2, "permutations": 2, "proxy_auc": 0.9},
        "fairness": {"on_inconclusive": "hold", "applies": False, "reason": "A test."},
    },
    "promotion": {"by": "gates"},
}


def learnable_visits(day: str, *, noise: float = 8.0, rows: int = 400) -> str:
    """A day of visits whose results follow from their scores, with noise."""
    chance = random.Random(f"results {day} {noise}")
    made = []
    for row in mini_project.visit_rows(day, rows=rows):
        score = float(row[3]) if row[3] else 50.0
        passed = int(score + chance.gauss(0, noise) > 50)
        made.append((*row[:5], passed, row[6]))
    return mini_project.as_csv(mini_project.HEADER, made)


def write_model(project: Path, **changes: Any) -> Path:
    """Write the model's file into a project, with some keys changed."""
    path = project / "include" / "models" / f"{MODEL}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(FILE | changes, sort_keys=False), encoding="utf-8")
    return path


def gates(**changes: Any) -> dict[str, Any]:
    """The gates of the model's file, with some keys changed."""
    return {**FILE["gates"], **changes}


def performance(**changes: Any) -> dict[str, Any]:
    """The gates, with some keys of the performance gate changed."""
    return gates(performance={**FILE["gates"]["performance"], **changes})


def write_predictions(project: Path) -> None:
    """Declare the data set that the model's predictions are, into a project."""
    mini_project.write_dataset(
        project,
        f"{MODEL}_predictions",
        partition="{grain: day, timezone: UTC, first: 2024-01-01, last: 2024-12-31}",
        columns=_PREDICTIONS,
        policies=dict.fromkeys(("drift", "fairness"), mini_project.IDLE)
        | {"cleaning": "on_inconclusive: hold\nsteps: []\n", "privacy": "columns: {}\n"},
        suites={"raw": [mini_project.expect("expect_column_values_to_not_be_null", "prediction")],
                "clean": [mini_project.expect("expect_column_values_to_be_unique", "person")]},
    )  # fmt: skip


_PREDICTIONS = """\
      - {name: person, logicalType: string, primaryKey: true}
      - {name: prediction, logicalType: string, required: true}
      - {name: probability, logicalType: number, required: true}
      - {name: model_version, logicalType: string, required: true}
"""


def release_days(train: Any, days: tuple[str, ...] = DAYS) -> None:
    """Release the register and some days, one snapshot a day.

    The keys are always the same: so are the order of rows, the models, and what the gates say.
    """
    same = bytes(range(32))
    for name, key in {"registry.key": same, "pseudonym.key": f"v1:{same.hex()}".encode()}.items():
        secret_file(Lake(train.home), name, new=key)
    train.drop("sites", "2024", mini_project.sites())
    train.run("sites", "2024")
    for day in days:
        train.drop("visits", day, learnable_visits(day))
        train.run("visits", day)


def train_model(train: Any, run_id: str = "training", **asked: Any) -> models.Training:
    """One training run, by the same function that the command calls."""
    return models.train(train.services, MODEL, run_id, **asked)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    project, home, run_id, *snapshot = sys.argv[1:]
    chosen = int(snapshot[0]) if snapshot else None
    at = mini_project.Train(Path(project), Path(home))
    print(train_model(at, run_id, snapshot=chosen).done["promote"].version)
