"""A model file names every fault of its own at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.errors import PolicyError
from assay.policy.model import load_model

WHOLE: dict[str, Any] = {
    "description": "Which flights arrive late.",
    "owner": "air-traffic-data",
    "data": {"dataset": "flights", "batches": {"last": 30}, "where": "arr_delay is not null"},
    "label": {"expression": "arr_delay > 15", "favourable": False},
    "moments": ["schedule", "departure", "arrival"],
    "predicted_at": "departure",
    "known_from": {"schedule": ["carrier", "hour"], "departure": ["dep_delay"]},
    "features": ["carrier", "hour", "dep_delay"],
    "split": {"by": "time", "test_batches": 2},
    "preprocessing": [{"step": "OneHotEncoder", "columns": ["carrier"]}],
    "estimator": {"name": "LogisticRegression"},
    "gates": {
        "on_inconclusive": "hold",
        "alpha": 0.05,
        "performance": {"limits": [{"metric": "roc_auc", "min": 0.7}], "least_number": 100},
        "sanity": {"one_feature": 0.9, "train_test_gap": 0.1, "permutations": 5, "proxy_auc": 0.8},
        "fairness": {"on_inconclusive": "hold", "applies": False, "reason": "No people."},
    },
    "promotion": {"by": "gates"},
}


def _load(folder: Path, **changes: Any) -> Any:
    file = folder / "late_arrival.yaml"
    file.write_text(yaml.safe_dump(WHOLE | changes))
    return load_model(file)


def test_a_whole_file_loads_and_its_hash_follows_its_content(tmp_path: Path) -> None:
    model = _load(tmp_path)
    assert model.label.favourable == "false"
    assert model.hash == _load(tmp_path).hash
    assert model.hash != _load(tmp_path, owner="others").hash


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"predicted_at": "landing"}, "isn't one of the moments"),
        ({"known_from": {"lnding": ["carrier"]}}, "isn't one of the moments"),
        ({"protected_features": {"SEX": "why"}}, "isn't a feature"),
        ({"label": {"column": "late"}}, "`favourable` need each other"),
        ({"split": {"by": "random", "test_batches": 2}}, "needs `by: time`"),
        ({"estimator": {"name": "SVC", "entry": "own.model:build"}}, "either `name` or `entry`"),
        ({"estimator": {"entry": "os.system('x')"}}, "pattern"),
    ],
)
def test_faults_are_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        _load(tmp_path, **changes)
