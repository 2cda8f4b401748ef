"""The usual figures of a regression, each with its interval.

References
----------
Efron B (1982), The jackknife, the bootstrap and other resampling plans,
https://doi.org/10.1137/1.9781611970319.
"""

from __future__ import annotations

import math

import numpy as np

from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.means import mean_estimate
from assay.statistics.scores.rows import numbers
from assay.statistics.scores.units import Array, units


def measure_regression(
    truth: Array, prediction: Array, *, alpha: float, groups: Array | None = None, seed: int
) -> dict[str, Estimate]:
    """Measure a regression's predictions against the truth.

    Parameters
    ----------
    truth, prediction : array (n,) of float
        In the label's unit.
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.
    seed : int
        Of the resampling.

    Returns
    -------
    dict
        ``mae`` and ``rmse`` in the label's unit, ``r2`` without one. The interval of ``mae`` is
        bootstrap-t; that of ``rmse`` the root of the mean square's; that of ``r2`` normal on the
        scale of log(1 − R²), with the variance of the infinitesimal jackknife. Undefined where a
        value is missing or infinite; ``r2`` also where the truth doesn't vary.

    Examples
    --------
    >>> found = measure_regression(np.array([3.0, -0.5, 2.0, 7.0]), np.array([2.5, 0.0, 2.0, 8.0]),
    ...                            alpha=0.05, seed=1)
    >>> {name: round(e.value, 4) for name, e in found.items()}
    {'mae': 0.5, 'rmse': 0.6124, 'r2': 0.9486}
    """
    true = numbers(truth, len(truth))
    error = numbers(prediction, len(true)) - true
    means = {
        name: mean_estimate(loss, alpha=alpha, groups=groups, seed=seed, least=0.0)
        for name, loss in (("mae", np.abs(error)), ("mse", np.square(error)))
    }
    return {
        "mae": means["mae"],
        "rmse": _root(means["mse"]),
        "r2": _r2(true, error, alpha, groups),
    }


def _root(mean: Estimate) -> Estimate:
    ends = {
        name: None if end is None else math.sqrt(end)
        for name, end in (("value", mean.value), ("low", mean.low), ("high", mean.high))
    }
    return mean.model_copy(update=ends)


def _r2(true: Array, error: Array, alpha: float, groups: Array | None) -> Estimate:
    n = len(true)
    if not n or not np.isfinite(true).all() or not np.isfinite(error).all():
        return Estimate.undefined("a value is missing or infinite" if n else "there are no rows", n)
    squares, spread = np.square(error), np.square(true - true.mean())
    left, whole = float(squares.mean()), float(spread.mean())
    if n < 2 or float(np.ptp(true)) == 0:
        return Estimate.undefined("the truth doesn't vary", n)
    value, rows = 1 - left / whole, units(groups, n)
    if left == 0 or rows.number < 2:
        why = "no row is off" if left == 0 else "too few independent groups for an interval"
        return Estimate(value=value, n=n, how=why)
    # Influence on log(1 − R²), which is the log of one mean less the log of another.
    deviation = math.sqrt(rows.variance((squares / left - spread / whole) / n))
    reach = rows.reach(alpha) * deviation
    low, high = 1 - (1 - value) * math.exp(reach), 1 - (1 - value) * math.exp(-reach)
    how = rows.named("jackknife, log(1 − R²)")
    return Estimate(value=value, low=low, high=high, n=n, how=how)
