"""How a model probably does before the outcomes are there, from its own probabilities.

A calibrated probability p says that the row comes true p times in a hundred. So each prediction is
right with a known chance, and the expected figures of a batch follow without one outcome. This is
confidence-based performance estimation (CBPE). It holds on one assumption: that features and
outcome are related as they were in the reference rows (no concept change). A batch of other rows is
no harm to it (covariate shift).

References
----------
NannyML, Estimation of performance of the monitored model, CBPE,
https://nannyml.readthedocs.io/en/stable/how_it_works/performance_estimation.html.
Białek J, Kuberski W, Perrakis N, Bifet A (2024), Estimating model performance under covariate shift
without labels, https://arxiv.org/abs/2401.08348.
Zadrozny B, Elkan C (2002), Transforming classifier scores into accurate multiclass probability
estimates (isotonic calibration), https://doi.org/10.1145/775047.775151.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.errors import InputError
from assay.feedback._rows import Array
from assay.statistics.intervals import normal_quantile
from assay.statistics.scores.calibration import expected_calibration_error
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.rows import binary, missing_score, numbers

ASSUMPTION: Final = (
    "Estimated from the model’s own probabilities, on the assumption that features and outcome are "
    "related as in the reference rows (no concept change)."
)
_HOW: Final = "estimated from calibrated probabilities"
_FOLDS: Final = 5


@dataclass(frozen=True)
class Calibration:
    """How a model's probabilities become calibrated ones: straight lines between points.

    Parameters
    ----------
    stated, calibrated : tuple of float
        Points of the lines, rising; both empty where the model is calibrated as it is.
    """

    stated: tuple[float, ...] = ()
    calibrated: tuple[float, ...] = ()

    def apply(self, probability: Array) -> Array:
        """Calibrate probabilities (n,); beyond the first and last point they stay at its value."""
        if not self.stated:
            return probability
        return np.interp(probability, self.stated, self.calibrated)


def fit_calibration(truth: Array, probability: Array, *, seed: int) -> Calibration:
    """Learn from reference rows how to calibrate, where that helps.

    Parameters
    ----------
    truth : array (n,) of bool, or of 0 and 1
        Outcomes of rows that the model didn't learn from.
    probability : array (n,) of float
        What it said of them.
    seed : int
        Of the folds.

    Returns
    -------
    Calibration
        Isotonic, if it lowers the calibration error of rows that it wasn't fitted on; otherwise one
        that changes nothing.

    Raises
    ------
    InputError
        If a probability is missing, or there are fewer than five rows of a class.

    Examples
    --------
    >>> truth, stated = np.tile([0, 0, 0, 1], 50), np.tile([0.5, 0.5, 0.6, 0.9], 50)
    >>> fit_calibration(truth, stated, seed=1).apply(np.array([0.5, 0.9])).tolist()
    [0.0, 1.0]
    """
    from sklearn.isotonic import IsotonicRegression
    from sklearn.model_selection import StratifiedKFold

    positive = binary(truth)
    stated = numbers(probability, len(positive))
    smallest = min(int(positive.sum()), int((~positive).sum()))
    if missing_score(stated) or smallest < _FOLDS:
        raise InputError(
            "the reference rows can't calibrate the model", got=f"{smallest} rows of one class",
            expected=f"at least {_FOLDS} rows of each class, none without a probability",
            do="Take the test rows, or released batches whose outcomes are there.",
        )  # fmt: skip

    def isotonic(rows: Array) -> IsotonicRegression:
        return IsotonicRegression(out_of_bounds="clip").fit(stated[rows], positive[rows])

    crossed = np.empty(len(stated))
    for fitted, left in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(
        stated, positive
    ):
        crossed[left] = isotonic(fitted).predict(stated[left])
    if _error(positive, crossed, seed) >= _error(positive, stated, seed):
        return Calibration()
    fit = isotonic(np.arange(len(stated)))
    return Calibration(tuple(map(float, fit.X_thresholds_)), tuple(map(float, fit.y_thresholds_)))


def _error(positive: Array, stated: Array, seed: int) -> float:
    found = expected_calibration_error(positive, stated, alpha=0.05, seed=seed)
    return math.inf if found.value is None else found.value


def estimate_performance(
    probability: Array, predicted: Array, calibration: Calibration, *, alpha: float
) -> dict[str, Estimate]:
    """Estimate the figures of predictions whose outcomes aren't there yet.

    Parameters
    ----------
    probability : array (n,) of float
        What the model says of being of the favourable class.
    predicted : array (n,) of bool, or of 0 and 1
        Whether it predicts that class.
    calibration : Calibration
        From :func:`fit_calibration`.
    alpha : float
        One minus the confidence.

    Returns
    -------
    dict
        ``accuracy``, ``precision``, ``recall``, ``f1``, ``roc_auc``. The interval holds the figure
        that the outcomes will give: it has their chance, row by row, and not the error of the
        calibration. Undefined where a probability is missing or a class can't be expected.

    Notes
    -----
    Each figure is a function of outcomes yᵢ that are 1 with chance pᵢ; its variance is
    Σ pᵢ(1 − pᵢ)·(∂figure/∂yᵢ)², by the delta method.

    Examples
    --------
    >>> given = np.array([0.9, 0.8, 0.3, 0.1])
    >>> found = estimate_performance(given, given > 0.5, Calibration(), alpha=0.05)
    >>> {name: round(e.value, 3) for name, e in found.items()}
    {'accuracy': 0.825, 'precision': 0.85, 'recall': 0.81, 'f1': 0.829, 'roc_auc': 0.922}
    """
    said = binary(predicted)
    stated, n = numbers(probability, len(said)), len(said)
    if not n or missing_score(stated):
        why = Estimate.undefined("a probability is missing" if n else "there are no rows", n)
        return dict.fromkeys(("accuracy", "precision", "recall", "f1", "roc_auc"), why)
    chance = calibration.apply(stated)
    hits, count, expected = float(chance[said].sum()), int(said.sum()), float(chance.sum())

    def figure(value: float, slopes: Array) -> Estimate:
        deviation = math.sqrt(float((chance * (1 - chance) * np.square(slopes)).sum()))
        reach = normal_quantile(alpha) * deviation
        low, high = max(value - reach, 0.0), min(value + reach, 1.0)
        return Estimate(value=value, low=low, high=high, n=n, how=_HOW)

    none = Estimate.undefined("no row is predicted as the class", n)
    rare = Estimate.undefined("no row is expected to be of the class", n)
    found = {"accuracy": figure(float(np.where(said, chance, 1 - chance).mean()),
                                np.where(said, 1.0, -1.0) / n),
             "precision": figure(hits / count, said / count) if count else none}  # fmt: skip
    recall = hits / expected if expected else 0.0
    found["recall"] = figure(recall, (said - recall) / expected) if expected else rare
    both = count + expected
    f1 = 2 * hits / both if both else 0.0
    found["f1"] = figure(f1, (2.0 * said - f1) / both) if both else rare
    area = _area(chance, stated)
    found["roc_auc"] = figure(*area) if area is not None else rare
    return found


def _area(chance: Array, score: Array) -> tuple[float, Array] | None:
    """Expected area under the ROC curve, and its slope by the outcome of each row.

    A pair of rows counts with the chance that the first is positive and the second negative.
    """
    order = np.argsort(score)
    ordered, p = score[order], chance[order]
    new = np.empty(len(score), dtype=bool)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    first = np.flatnonzero(new)
    size = np.diff(first, append=len(score))
    positive, negative = np.add.reduceat(p, first), np.add.reduceat(1 - p, first)
    below = np.repeat(np.cumsum(negative) - negative / 2, size) - (1 - p) / 2
    above = np.repeat(p.sum() - np.cumsum(positive) + positive / 2, size) - p / 2
    total, rest, own = float(p.sum()), float((1 - p).sum()), float((p * (1 - p)).sum())
    pairs = total * rest - own
    if pairs <= 1e-9 * len(p):
        return None
    value = float((p * below).sum()) / pairs
    slopes = np.empty(len(score))
    slopes[order] = (below - above - value * ((rest - (1 - p)) - (total - p))) / pairs
    return min(max(value, 0.0), 1.0), slopes
