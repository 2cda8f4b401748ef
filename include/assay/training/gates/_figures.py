"""Every figure that a label has, on some rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np

from assay.policy.model import ModelFile, class_name
from assay.statistics.scores.classification import measure_classification
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.regression import measure_regression
from assay.training._predict import Predictions
from assay.training._table import TrainingTable

Array = np.ndarray[Any, Any]

OTHER: Final = "(other)"
MISSING: Final = "(missing)"


def measure_figures(
    rows: TrainingTable, said: Predictions, model: ModelFile, alpha: float | None = None
) -> dict[str, Estimate]:
    """Measure every metric that the label has, on some rows and what a model says of them.

    Parameters
    ----------
    alpha : float, optional
        One minus the confidence; the model file's by default.

    Returns
    -------
    dict
        Metric → estimate; those that the model file limits come first.
    """
    found = _measured(rows, said, model, alpha or model.gates.alpha)
    judged = [limit.metric for limit in model.gates.performance.limits]
    order = dict.fromkeys([*(name for name in judged if name in found), *found])
    return {name: found[name] for name in order}


def _measured(
    rows: TrainingTable, said: Predictions, model: ModelFile, alpha: float
) -> dict[str, Estimate]:
    seed = model.estimator.seed
    if not rows.classes:
        return measure_regression(
            rows.label, said.prediction, alpha=alpha, groups=rows.unit, seed=seed
        )
    names = np.array(rows.classes, dtype=str)
    return measure_classification(
        names[rows.label], said.probability, names[said.prediction], classes=list(rows.classes),
        favourable=model.label.favourable, alpha=alpha, groups=rows.unit, seed=seed,
    )  # fmt: skip


def level_names(values: list[Any], known: Collection[str] | None) -> Array:
    """The level of each row as text; those that may not be named are one."""
    texts = [MISSING if v is None else class_name(v) for v in values]
    if known is not None:
        texts = [t if t in known or t == MISSING else OTHER for t in texts]
    return np.array(texts, dtype=str)
