"""Permutation importance: how much worse the predictions are without a feature's order.

References
----------
Breiman L (2001), Random forests, Machine Learning 45:5, https://doi.org/10.1023/A:1010933404324.
Fisher A, Rudin C, Dominici F (2019), All models are wrong, but many are useful, Journal of Machine
Learning Research 20:177, https://jmlr.org/papers/v20/18-760.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from assay.errors import InputError, unknown
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.means import mean_estimate
from assay.training.explain._space import PREDICTED, Array, Predict, two_columns
from assay.verdict import Frozen

Job = tuple[str, Array]
"""What is shuffled, and in which order."""
_LEAST: Final = np.finfo(float).eps


class Importance(Frozen):
    """By how much a loss rises when one feature is shuffled.

    ``increase`` has the interval over rows; ``repeats`` the mean of each shuffle.
    """

    feature: str
    increase: Estimate
    repeats: tuple[float, ...]


def measure_importance(
    predict: Predict,
    features: Any,
    truth: Array,
    *,
    loss: str,
    repeats: int,
    alpha: float,
    seed: int,
    groups: Array | None = None,
    together: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Importance, ...]:
    """Measure the importance of each feature, the greatest first.

    Parameters
    ----------
    predict : callable
        Takes a table of features; gives probabilities, (n,) of the second class or (n, k), or
        numbers (n,).
    features : pandas.DataFrame (n, p)
        Test rows before preprocessing, so that an encoded column counts as one feature.
    truth : array (n,)
        Each row's class, as the column of its probability, or its number.
    loss : {"error", "log_loss", "brier", "squared_error", "absolute_error"}
        What rises. ``error`` is the share of misclassified rows.
    repeats : int
        How often each feature is shuffled.
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.
    together : mapping of str to sequence of str, optional
        Name → columns that are shuffled together, such as the sine and cosine of an hour.

    Raises
    ------
    InputError
        For an unknown loss.

    Notes
    -----
    The shuffles are scikit-learn's of the same seed, so that the means are equal to those of
    ``sklearn.inspection.permutation_importance``. Its spread is over shuffles alone; this interval
    is over rows, each of which counts twice: with the
    values of others, and by its value in others (the projection of a U-statistic).

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"x": np.arange(8.0), "y": np.arange(8.0)})
    >>> found = measure_importance(
    ...     lambda t: t["x"].to_numpy(), table, np.arange(8.0), loss="squared_error", repeats=5,
    ...     alpha=0.05, seed=0,
    ... )
    >>> [(one.feature, one.increase.value > 0) for one in found]
    [('x', True), ('y', False)]
    """
    if loss not in LOSSES:
        raise InputError("no such loss", **unknown(loss, LOSSES))
    grouped = dict(together or {})
    held = {column for columns in grouped.values() for column in columns}
    grouped |= {name: (name,) for name in features.columns if name not in held}
    base = LOSSES[loss](truth, np.asarray(predict(features), dtype=float))
    orders = _shuffles(len(features), repeats, seed)
    found = []
    for name, losses in _losses(predict, features, truth, LOSSES[loss], grouped, orders).items():
        moved = _both_parts(losses - base, orders)
        increase = mean_estimate(moved, alpha=alpha, groups=groups, seed=seed)
        means = tuple(float(one) for one in losses.mean(axis=1) - base.mean())
        found.append(Importance(feature=str(name), increase=increase, repeats=means))
    return tuple(sorted(found, key=lambda one: -(one.increase.value or 0.0)))


def _shuffles(rows: int, repeats: int, seed: int) -> list[Array]:
    """The orders that scikit-learn's function draws."""
    random = np.random.RandomState(np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1))
    shuffled, order, found = np.arange(rows), np.arange(rows), []
    for _ in range(repeats):
        random.shuffle(shuffled)
        order = order[shuffled]  # it shuffles the column that it has shuffled before
        found.append(order)
    return found


def _both_parts(rises: Array, orders: Sequence[Array]) -> Array:
    """Each row's part in the mean rise: with another's value, and another row with its value."""
    with_others = rises.mean(axis=0)
    with_own = np.zeros(rises.shape[1])
    for rise, order in zip(rises, orders, strict=True):
        with_own[order] += rise / len(orders)
    return np.asarray(with_others + with_own - with_others.mean())


def _losses(
    predict: Predict, features: Any, truth: Array, loss: Callable[[Array, Array], Array],
    grouped: Mapping[str, Sequence[str]], orders: Sequence[Array],
) -> dict[str, Array]:  # fmt: skip
    """Name → loss of each row (repeats, n), as many shuffles in one call as fit."""
    n = len(features)
    jobs = [(name, order) for name in grouped for order in orders]
    rows: dict[str, list[Array]] = {name: [] for name in grouped}
    for several in _several(jobs, max(1, PREDICTED // max(n, 1))):
        said = _predicted(predict, features, [(grouped[name], order) for name, order in several])
        for (name, _), part in zip(several, np.split(said, len(several)), strict=True):
            rows[name].append(loss(truth, part))
    return {name: np.stack(found) for name, found in rows.items()}


def _predicted(
    predict: Predict, features: Any, shuffles: Sequence[tuple[Sequence[str], Array]]
) -> Array:
    """What is predicted of the rows with some columns in another order, shuffle after shuffle."""
    import pandas as pd

    same = np.arange(len(features))
    whole = {
        column: features[column].array.take(
            np.concatenate([order if column in columns else same for columns, order in shuffles])
        )
        for column in features.columns
    }
    return np.asarray(predict(pd.DataFrame(whole, copy=False)), dtype=float)


def _several(jobs: Sequence[Job], most: int) -> Iterator[Sequence[Job]]:
    return (jobs[at : at + most] for at in range(0, len(jobs), most))


def _error(truth: Array, probability: Array) -> Array:
    return np.asarray(two_columns(probability).argmax(axis=1) != truth, dtype=float)


def _log_loss(truth: Array, probability: Array) -> Array:
    scores = two_columns(probability)
    own = scores[np.arange(len(scores)), np.asarray(truth, dtype=int)]
    return np.asarray(-np.log(np.clip(own, _LEAST, 1 - _LEAST)))


def _brier(truth: Array, probability: Array) -> Array:
    scores = two_columns(probability)
    hit = np.arange(scores.shape[1]) == np.asarray(truth, dtype=int)[:, None]
    return np.asarray(np.square(scores - hit).sum(axis=1) / (2 if scores.shape[1] == 2 else 1))


LOSSES: Final[Mapping[str, Callable[[Array, Array], Array]]] = {
    "error": _error,
    "log_loss": _log_loss,
    "brier": _brier,
    "squared_error": lambda truth, number: np.square(truth - number),
    "absolute_error": lambda truth, number: np.abs(truth - number),
}
"""Losses of each row by name, from the truth and the prediction."""
