"""Partial dependence: the mean prediction if all rows had one value of a feature.

References
----------
Friedman JH (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics
29:1189, https://doi.org/10.1214/aos/1013203451.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.units import units
from assay.training.explain._features import Feature
from assay.training.explain._space import PREDICTED, Array, Predict, two_columns
from assay.verdict import Frozen

POINTS: Final = 20
"""Values of a number at which its dependence is measured."""


class DependencePoint(Frozen):
    """The mean prediction at one value.

    Parameters
    ----------
    at : str
        The value, or of a classified number how many spreads it is above the median.
    place : float
        Of a number, spreads above the median; of a level, its rank.
    """

    at: str
    place: float
    mean: Estimate


class Dependence(Frozen):
    """How the mean prediction follows a feature; without points where none may be shown."""

    feature: str
    kind: str
    points: tuple[DependencePoint, ...]


def measure_dependence(
    predict: Predict,
    features: Any,
    described: Sequence[Feature],
    names: Sequence[str],
    *,
    alpha: float,
    of: int = 1,
    groups: Array | None = None,
) -> tuple[Dependence, ...]:
    """Measure the partial dependence of the prediction on some features.

    Parameters
    ----------
    predict : callable
        As for :func:`measure_importance`.
    features : pandas.DataFrame (n, p)
    described : sequence of Feature
        The columns. The levels of a classified feature aren't shown.
    names : sequence of str
        Features to draw.
    alpha : float
        One minus the confidence.
    of : int
        The class whose probability is averaged.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.

    Returns
    -------
    tuple of Dependence
        Of a number at up to 20 of its values at even ranks, of a level at each. The interval is
        normal, over rows.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"x": [0.0, 1.0], "y": [5.0, 7.0]})
    >>> found = measure_dependence(
    ...     lambda t: 0.1 * t["x"] + 0.1 * t["y"], table, (Feature("x", "number"),), ["x"],
    ...     alpha=0.05,
    ... )
    >>> [round(p.mean.value, 3) for p in found[0].points]
    [0.6, 0.7]
    """
    known = {feature.name: feature for feature in described}
    return tuple(_dependence(predict, features, known[name], alpha, of, groups) for name in names)


def _dependence(
    predict: Predict, features: Any, feature: Feature, alpha: float, of: int, groups: Array | None
) -> Dependence:
    points = []
    if not (feature.classified and feature.kind == "level"):
        values = _values(features[feature.name], feature)
        middle = float(features[feature.name].median()) if feature.kind == "number" else 0.0
        means = _curve(predict, features, feature.name, values, of)
        for rank, value in enumerate(values):
            mean = _mean(means[rank], alpha, groups)
            place = (float(value) - middle) / feature.spread if feature.kind == "number" else rank
            at = f"{place:+.2g} spreads" if feature.classified else _written(value)
            points.append(DependencePoint(at=at, place=place, mean=mean))
    return Dependence(feature=feature.name, kind=feature.kind, points=tuple(points))


def _written(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def _values(column: Any, feature: Feature) -> list[Any]:
    known = column.dropna()
    if feature.kind == "level":
        return sorted(known.unique(), key=str)
    distinct = np.unique(known.to_numpy())
    if len(distinct) <= POINTS:
        return list(distinct)
    ranks = np.linspace(0, len(known) - 1, POINTS).round().astype(int)
    return list(np.unique(np.sort(known.to_numpy())[ranks]))


def _curve(predict: Predict, features: Any, name: str, values: list[Any], of: int) -> Array:
    """The prediction of each row (k, n) as if all rows had each value, many values in one call."""
    import pandas as pd

    n, kind, parts = len(features), features[name].dtype, []
    several = max(1, PREDICTED // max(n, 1))
    for at in range(0, len(values), several):
        some = values[at : at + several]
        whole = pd.concat([features] * len(some), ignore_index=True)
        whole[name] = pd.Series(some, dtype=kind).repeat(n).array
        parts.append(two_columns(predict(whole))[:, of].reshape(len(some), n))
    return np.concatenate(parts) if parts else np.empty((0, n))


def _mean(values: Array, alpha: float, groups: Array | None) -> Estimate:
    n, mean = len(values), float(values.mean())
    free = units(groups, n)
    if free.number < 2:
        return Estimate(value=mean, n=n, how="too few independent rows")
    reach = free.reach(alpha) * free.variance((values - mean) / n) ** 0.5
    return Estimate(value=mean, low=mean - reach, high=mean + reach, n=n, how=free.named("normal"))
