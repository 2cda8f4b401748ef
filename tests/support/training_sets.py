"""Made-up released rows with a known truth, and model files that learn from them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from assay.policy.model import ModelFile
from assay.training import TrainingTable, build_table

FILE: dict[str, Any] = {
    "description": "Which loans are repaid.",
    "owner": "credit",
    "data": {"dataset": "loans"},
    "label": {"column": "repaid", "favourable": "yes"},
    "moments": ["asked", "decided", "ended"],
    "predicted_at": "decided",
    "known_from": {
        "asked": ["income", "debt", "age", "town"],
        "decided": ["rate"],
        "ended": ["arrears"],
    },
    "features": ["income", "debt", "age", "town"],
    "split": {"by": "random", "test_share": 0.3},
    "preprocessing": [{"step": "OneHotEncoder", "columns": ["town"],
                       "parameters": {"handle_unknown": "ignore"}}],
    "estimator": {"name": "LogisticRegression", "parameters": {"max_iter": 1000}},
    "gates": {
        "on_inconclusive": "hold",
        "alpha": 0.05,
        "performance": {"limits": [{"metric": "roc_auc", "min": 0.6}], "least_number": 30},
        "sanity": {"one_feature": 0.98, "train_test_gap": 0.1, "permutations": 0, "proxy_auc": 0.8,
                   "duplicates": 0.05},
        "fairness": {"on_inconclusive": "hold", "applies": False, "reason": "Made up."},
    },
    "promotion": {"by": "gates"},
}  # fmt: skip


def model_file(**changes: Any) -> ModelFile:
    """A model file with some keys changed; mappings are merged, at any depth."""
    return ModelFile.model_validate(merged(FILE, changes))


def merged(whole: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with another laid over it; a key whose value is None leaves."""
    found = copy.deepcopy(dict(whole))
    for key, value in changes.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(found.get(key), Mapping):
            found[key] = merged(found[key], value)
        else:
            found[key] = value
    return found


def loans(
    seed: int = 0, rows: int = 400, batches: int = 4, noise: float = 1.0
) -> dict[str, pa.Table]:
    """Batch → its released rows: four features, of which two matter, a sex, a subject, a label."""
    random = np.random.default_rng(seed)
    found = {}
    for number in range(batches):
        income, debt, age = random.normal(size=(3, rows))
        score = income - debt + noise * random.logistic(size=rows)
        found[f"2024-{number + 1:02d}"] = pa.table({
            "__id": random.permutation(rows),
            "income": income, "debt": debt, "age": age,
            "town": random.choice(["Ely", "Rye", "Ware"], rows),
            "rate": random.normal(size=rows),
            "arrears": (score < 0).astype(float) + 0.1 * random.normal(size=rows),
            "sex": random.choice(["f", "m"], rows),
            "person": [f"p{n}" for n in random.integers(rows * batches // 2, size=rows)],
            "repaid": np.where(score > 0, "yes", "no"),
        })  # fmt: skip
    return found


def with_column(
    blocks: Mapping[str, pa.Table], name: str, make: Any
) -> dict[str, pa.Table]:  # fmt: skip
    """The same rows with one more column, or another one, that follows from each batch's table."""
    found = {}
    for batch, table in blocks.items():
        values = pa.array(make(table))
        kept = table.drop_columns([name]) if name in table.column_names else table
        found[batch] = kept.append_column(name, values)
    return found


def training_table(model: ModelFile, blocks: Mapping[str, pa.Table] | None = None) -> TrainingTable:
    """The table of a model over made-up loans."""
    return build_table(loans() if blocks is None else blocks, {}, model)
