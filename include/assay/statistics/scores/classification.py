"""The usual figures of a classifier, each with its interval.

Most intervals are closed forms, checked by simulation: they are the same on any machine and take a
second for a million rows. A resampling is made only where a mean of few rows needs one.

=================== ==========================================================================
figure              interval
=================== ==========================================================================
accuracy, precision, Wilson's; in groups, Wilson's in effective rows with Student's t
recall
f1                  Wilson's of F* = TP/(TP + FP + FN), of which F1 is a function
balanced_accuracy,  combined from the intervals of the classes (Zou & Donner)
macro figures
log_loss, brier     bootstrap-t, 1 999 resamples of rows or groups; ABC beyond 4 096 of them
roc_auc             DeLong's; Obuchowski's in groups
pr_auc              infinitesimal jackknife, on the scale of log odds
ece                 simulated, with p of the hypothesis that the model is calibrated
=================== ==========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.errors import InputError
from assay.statistics.scores.calibration import expected_calibration_error
from assay.statistics.scores.delong import placed
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.means import mean_estimate
from assay.statistics.scores.precision_recall import ranked
from assay.statistics.scores.rows import ONE_EACH, codes, missing_score
from assay.statistics.scores.shares import Figure, average, f1, share
from assay.statistics.scores.units import Array, Units, units

LABEL_FIGURES = ("accuracy", "precision", "recall", "f1", "balanced_accuracy")
PROBABILITY_FIGURES = ("log_loss", "brier", "roc_auc", "pr_auc", "ece")


def measure_classification(
    truth: Array,
    probability: Array | None,
    prediction: Array,
    *,
    classes: Sequence[Any],
    favourable: Any,
    alpha: float,
    groups: Array | None = None,
    seed: int,
) -> dict[str, Estimate]:
    """Measure a classifier's predictions against the truth.

    Parameters
    ----------
    truth, prediction : array (n,)
        Labels, each one of ``classes``.
    probability : array (n,) or (n, k), or None
        Of the favourable class with two classes; of each class, in their order, with more. None if
        the model gives none: the figures that need it are then absent.
    classes : sequence of length k
        Every class of the label, at least two.
    favourable : object
        With two classes, the one that precision, recall, F1 and the areas are of. With more, it
        isn't used.
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other (one subject, one day).
    seed : int
        Of the resampling and the simulation.

    Returns
    -------
    dict
        The figures of this module's table by name. With more than two classes precision, recall,
        f1, roc_auc and pr_auc are means over classes, one against the rest, and each class has its
        own beside them as ``recall:<class>``.

    Raises
    ------
    InputError
        If a label is none of the classes, or the arrays don't fit each other.

    Notes
    -----
    A figure that isn't defined is so here, where scikit-learn gives 0 with a warning: precision if
    no row is predicted as the class, and a mean over classes of which one has no figure. With more
    than two classes brier is the sum over classes (0 to 2), and ece that of the predicted class.

    Examples
    --------
    >>> truth = np.array(["late", "late", "late", "early", "early", "early"])
    >>> given = np.array([0.9, 0.8, 0.4, 0.3, 0.6, 0.1])
    >>> found = measure_classification(
    ...     truth, given, np.where(given > 0.5, "late", "early"),
    ...     classes=["early", "late"], favourable="late", alpha=0.05, seed=1)
    >>> {name: round(found[name].value, 3) for name in ("accuracy", "recall", "roc_auc", "brier")}
    {'accuracy': 0.667, 'recall': 0.667, 'roc_auc': 0.889, 'brier': 0.145}
    """
    _refuse_classes(classes, favourable)
    given = None if probability is None else _fitting(probability, len(truth), len(classes))
    rows = _Rows(
        codes(truth, classes, "truth"),
        codes(prediction, classes, "prediction"),
        given,
        units(groups, len(truth)),
        alpha,
    )
    if rows.prediction.shape != rows.truth.shape:
        raise InputError(
            "not one prediction a row", got=rows.prediction.shape,
            expected=f"shape {rows.truth.shape}", do=ONE_EACH,
        )  # fmt: skip
    if not rows.n:
        names = LABEL_FIGURES if given is None else LABEL_FIGURES + PROBABILITY_FIGURES
        return {name: Estimate.undefined("there are no rows") for name in names}
    if len(classes) == 2:
        found = _binary(rows, list(classes).index(favourable))
    else:
        found = _multi(rows, classes)
    if given is not None:
        found |= _losses(rows, list(classes), favourable, groups, seed)
    return found


@dataclass(frozen=True)
class _Rows:
    """Codes of truth and prediction, probabilities, and what depends on what."""

    truth: Array
    prediction: Array
    probability: Array | None
    units: Units
    alpha: float

    @property
    def n(self) -> int:
        return len(self.truth)

    def accuracy(self) -> Estimate:
        right = self.truth == self.prediction
        whole = np.ones(self.n, dtype=bool)
        return share(right, whole, self.units, self.alpha, "there are no rows").estimate

    def recall(self, code: int) -> Figure:
        of_class = self.truth == code
        right = self.prediction == code
        return share(right, of_class, self.units, self.alpha, "no row is of the class")

    def precision(self, code: int) -> Figure:
        said = self.prediction == code
        right = self.truth == code
        return share(right, said, self.units, self.alpha, "no row is predicted as the class")

    def f1(self, code: int) -> Figure:
        none = "no row is of the class or predicted as it"
        return f1(self.truth == code, self.prediction == code, self.units, self.alpha, none)

    def areas(self, code: int, score: Array) -> dict[str, Figure]:
        positive = self.truth == code
        return {
            "roc_auc": placed(positive, score, self.units, self.alpha),
            "pr_auc": ranked(positive, score, self.units, self.alpha),
        }


def _binary(rows: _Rows, code: int) -> dict[str, Estimate]:
    recalls = [rows.recall(code), rows.recall(1 - code)]
    found = {
        "accuracy": rows.accuracy(),
        "precision": rows.precision(code).estimate,
        "recall": recalls[0].estimate,
        "f1": rows.f1(code).estimate,
        "balanced_accuracy": average(recalls, rows.units, rows.n).estimate,
    }
    if rows.probability is not None:
        areas = rows.areas(code, rows.probability)
        found |= {name: figure.estimate for name, figure in areas.items()}
    return found


def _multi(rows: _Rows, classes: Sequence[Any]) -> dict[str, Estimate]:
    of_class: dict[str, list[Figure]] = {}
    for code in range(len(classes)):
        figures = {
            "precision": rows.precision(code),
            "recall": rows.recall(code),
            "f1": rows.f1(code),
        }
        if rows.probability is not None:
            figures |= rows.areas(code, rows.probability[:, code])
        for name, figure in figures.items():
            of_class.setdefault(name, []).append(figure)
    found = {"accuracy": rows.accuracy()}
    for name, parts in of_class.items():
        found[name] = average(parts, rows.units, rows.n).estimate
    found["balanced_accuracy"] = found["recall"]
    for name, parts in of_class.items():
        found |= {f"{name}:{c}": f.estimate for c, f in zip(classes, parts, strict=True)}
    return found


def _losses(
    rows: _Rows, classes: list[Any], favourable: Any, groups: Array | None, seed: int
) -> dict[str, Estimate]:
    """Log loss, Brier score and calibration error."""
    given = rows.probability
    if given is None or missing_score(given):
        why = Estimate.undefined("a probability is missing", rows.n)
        return dict.fromkeys(("log_loss", "brier", "ece"), why)
    if given.ndim == 1:
        hit, stated = rows.truth == classes.index(favourable), given
        of_truth, brier = np.where(hit, given, 1 - given), np.square(given - hit)
    else:
        of_truth = given[np.arange(rows.n), rows.truth]
        brier = np.square(given).sum(axis=1) - 2 * of_truth + 1
        hit = rows.truth == rows.prediction
        stated = given[np.arange(rows.n), rows.prediction]
    smallest = np.finfo(np.float64).eps
    loss = -np.log(np.clip(of_truth, smallest, 1 - smallest))
    most = 1.0 if given.ndim == 1 else 2.0
    return {
        "log_loss": mean_estimate(loss, alpha=rows.alpha, groups=groups, seed=seed, least=0.0),
        "brier": mean_estimate(
            brier, alpha=rows.alpha, groups=groups, seed=seed, least=0.0, most=most
        ),
        "ece": expected_calibration_error(
            hit, stated, alpha=rows.alpha, groups=groups, seed=seed
        ),
    }  # fmt: skip


def _refuse_classes(classes: Sequence[Any], favourable: Any) -> None:
    if len(set(classes)) < 2 or len(set(classes)) < len(classes):
        raise InputError(
            "a classifier has two classes or more, each once", got=list(classes),
            do="Declare every class of the label.",
        )  # fmt: skip
    if len(classes) == 2 and favourable not in classes:
        raise InputError(
            "the favourable class is none of the classes", got=favourable,
            expected=f"one of {list(classes)}",
        )  # fmt: skip


def _fitting(probability: Array, rows: int, classes: int) -> Array:
    found = np.asarray(probability, dtype=np.float64)
    expected = (rows,) if classes == 2 else (rows, classes)
    if found.shape != expected:
        raise InputError(
            "the probabilities don't fit the rows and classes", got=found.shape,
            expected=f"shape {expected}",
            do="With two classes give that of the favourable one, with more that of each class.",
        )  # fmt: skip
    with np.errstate(invalid="ignore"):
        outside = (found < 0) | (found > 1)
    if outside.any():
        raise InputError(
            f"{np.count_nonzero(outside):,} probabilities are outside 0 to 1",
            expected="0 to 1",
            do="Give the model's probability, not its score or its log odds.",
        )
    return found
