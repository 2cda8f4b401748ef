"""A number for each test row whose mean is the metric."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from assay.policy.model import ModelFile
from assay.statistics.scores.delong import placed
from assay.statistics.scores.units import units
from assay.training._predict import Predictions
from assay.training._table import TrainingTable

Array = np.ndarray[Any, Any]

_TINY: Final = 1e-15


def metrics_of(rows: TrainingTable, said: Predictions) -> list[str]:
    """The metrics in which two models of these rows can be paired."""
    if not rows.classes:
        return ["mae", "rmse"]
    binary = said.probability is not None and said.probability.ndim == 1
    return ["accuracy", *(["roc_auc", "brier", "log_loss"] if binary else [])]


def row_scores(metric: str, model: ModelFile, rows: TrainingTable, said: Predictions) -> Array:
    """The score (n,) of each row, whose mean is the metric exactly.

    For the area under the ROC curve and the root mean square error, which are no means over rows,
    it is the metric plus n times the row's influence on it: to the first order the mean moves as
    the metric does when rows weigh more or less (the infinitesimal jackknife, whose variance of the
    area is DeLong's).
    """
    if metric == "roc_auc":
        placed_ = placed(_positive(model, rows), np.asarray(said.probability, dtype=float),
                         units(None, rows.rows), model.gates.alpha)  # fmt: skip
        if placed_.estimate.value is None or placed_.influence is None:
            return np.full(rows.rows, np.nan)
        return np.asarray(placed_.estimate.value + rows.rows * placed_.influence)
    losses = row_losses(metric, model, rows, said)
    if metric != "rmse":
        return losses
    root = float(np.sqrt(losses.mean()))
    return losses if root == 0 else np.asarray(root + (losses - root**2) / (2 * root))


def row_losses(metric: str, model: ModelFile, rows: TrainingTable, said: Predictions) -> Array:
    """The loss (n,) of each row, squared for the root mean square error; 1 where it is right."""
    if metric == "accuracy":
        return np.asarray(said.prediction == rows.label, dtype=float)
    if metric in {"mae", "rmse"}:
        off = np.abs(said.prediction - rows.label)
        return np.asarray(np.square(off) if metric == "rmse" else off)
    truth = _positive(model, rows)
    given = np.asarray(said.probability, dtype=float)
    if metric == "brier":
        return np.asarray(np.square(given - truth))
    chance = np.clip(np.where(truth, given, 1 - given), _TINY, 1.0)
    return np.asarray(-np.log(chance))


def _positive(model: ModelFile, rows: TrainingTable) -> Array:
    return np.asarray(rows.label == rows.classes.index(str(model.label.favourable)))
