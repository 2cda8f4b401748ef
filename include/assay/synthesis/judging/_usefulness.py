"""Utility: a model that learned from made rows beside one that learned from real rows.

References
----------
Esteban C, Hyland SL, Rätsch G (2017), Real-valued (medical) time series generation with recurrent
conditional GANs, https://doi.org/10.48550/arXiv.1706.02633 (train on synthetic, test on real).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from assay.errors import InputError, unknown
from assay.statistics.scores.delong import auc, auc_difference
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.paired import accuracy_difference, paired_difference
from assay.statistics.scores.shares import share
from assay.statistics.scores.units import units
from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column
from assay.verdict import Frozen

_MOST_CATEGORIES: Final = 250


class Usefulness(Frozen):
    """How well models predict the held half's label; ``lost`` is real minus made.

    ``metric`` is ``auc``, ``accuracy`` or ``explained variance``.
    """

    label: str
    metric: str
    real: Estimate
    made: Estimate
    lost: Estimate


def measure_utility(
    learned: CodedTable, held: CodedTable, made: CodedTable, *, label: str,
    positive: str | None = None, alpha: float, seed: int,
) -> Usefulness:  # fmt: skip
    """Fit one model on real and one on made rows, as many, and test both on the held half.

    Parameters
    ----------
    label : str
        Column that is predicted; held rows without it take no part.
    positive : str, optional
        Of a label with two levels, the text of the one that is looked for; the last by default.

    Raises
    ------
    InputError
        If there is no such column or level.
    """
    column = next((c for c in learned.columns if c.name == label), None)
    if column is None:
        names = [c.name for c in learned.columns]
        raise InputError("no such column", **unknown(label, names))
    sides = [_with_label(part, column) for part in (learned, made.take(slice(len(learned))))]
    test = _with_label(held, column)
    if column.levels is None:
        truth = test.values[label]
        said = [_predicted(side, test, column, seed) for side in sides]
        return _explained(label, truth, said, alpha, seed)
    truth = test.values[label]
    chances = [_predicted(side, test, column, seed) for side in sides]
    if len(column.levels) == 2:
        return _two_levels(label, truth == _place(column, positive), [
            chance[:, _place(column, positive)] for chance in chances
        ], alpha)  # fmt: skip
    right = [chance.argmax(axis=1) == truth for chance in chances]
    real, made_too = (_share(r, alpha) for r in right)
    lost = accuracy_difference(*right, alpha=alpha)
    return Usefulness(label=label, metric="accuracy", real=real, made=made_too, lost=lost)


def _place(column: Column, positive: str | None) -> int:
    texts = [str(level).lower() for level in column.levels or ()]
    if positive is None:
        return len(texts) - 1
    if positive.lower() not in texts:
        raise InputError("no such level", where=column.name, got=positive,
                         expected=f"one of: {', '.join(texts)}")  # fmt: skip
    return texts.index(positive.lower())


def _with_label(rows: CodedTable, column: Column) -> CodedTable:
    values = rows.values[column.name]
    known = ~np.isnan(values) if column.levels is None else values < len(column.levels)
    return rows.take(known)


def _predicted(train: CodedTable, test: CodedTable, column: Column, seed: int) -> Array:
    """Chances (n, k) of each level, or predicted numbers (n,), of the test rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    about: dict[str, Any] = {
        "random_state": seed, "early_stopping": False, "max_iter": 60,
        "categorical_features": [
            c.levels is not None and len(c.levels) < _MOST_CATEGORIES
            for c in train.columns if c is not column
        ],
    }  # fmt: skip
    target = train.values[column.name]
    with threadpool_limits(1):
        if column.levels is None:
            fitted = HistGradientBoostingRegressor(**about).fit(_features(train, column), target)
            return np.asarray(fitted.predict(_features(test, column)))
        chance = np.zeros((len(test), len(column.levels)))
        there = np.unique(target)
        if len(there) == 1:  # a model that saw one class says it of every row
            chance[:, there[0]] = 1.0
            return chance
        fitted = HistGradientBoostingClassifier(**about).fit(_features(train, column), target)
        chance[:, fitted.classes_] = fitted.predict_proba(_features(test, column))
    return chance


def _features(rows: CodedTable, label: Column) -> Array:
    parts = []
    for column in rows.columns:
        if column is not label:
            values = rows.values[column.name].astype(float)
            if column.levels is not None:
                values[values >= len(column.levels)] = np.nan
            parts.append(values)
    return np.column_stack(parts)


def _two_levels(label: str, truth: Array, scores: list[Array], alpha: float) -> Usefulness:
    real, made = (auc(truth, score, alpha=alpha) for score in scores)
    lost = auc_difference(truth, *scores, alpha=alpha)
    return Usefulness(label=label, metric="auc", real=real, made=made, lost=lost)


def _share(right: Array, alpha: float) -> Estimate:
    every = np.ones(len(right), dtype=bool)
    return share(right, every, units(None, len(right)), alpha, "there are no rows").estimate


def _explained(label: str, truth: Array, said: list[Array], alpha: float, seed: int) -> Usefulness:
    spread = float(truth.var()) or 1.0
    losses = [(truth - one) ** 2 / spread for one in said]
    lost = paired_difference(losses[1], losses[0], alpha=alpha, seed=seed)
    real, made = (
        Estimate(value=1 - float(loss.mean()), n=len(loss), how="see the difference")
        for loss in losses
    )
    return Usefulness(label=label, metric="explained variance", real=real, made=made, lost=lost)
