"""Two models on the same rows.

References
----------
Newcombe RG (1998), Improved confidence intervals for the difference between binomial proportions
based on paired data, Statistics in Medicine 17:2635 (method 10),
https://doi.org/10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C.
McNemar Q (1947), Note on the sampling error of the difference between correlated proportions or
percentages, https://doi.org/10.1007/BF02295996.
Fagerland MW, Lydersen S, Laake P (2013), The McNemar test for binary matched-pairs data: mid-p and
asymptotic are better than exact conditional, https://doi.org/10.1186/1471-2288-13-91.
"""

from __future__ import annotations

import math

from assay.statistics.intervals import Interval, normal_quantile, wilson_at
from assay.statistics.scipy_laws import binomial_cdf
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.means import mean_estimate
from assay.statistics.scores.rows import binary, numbers
from assay.statistics.scores.units import Array


def accuracy_difference(right_a: Array, right_b: Array, *, alpha: float) -> Estimate:
    """Accuracy of model a minus accuracy of model b over the same rows.

    Parameters
    ----------
    right_a, right_b : array (n,) of bool, or of 0 and 1
        Whether each model is right in a row.
    alpha : float
        One minus the confidence.

    Returns
    -------
    Estimate
        With Newcombe's paired interval, and the mid-p of McNemar's test that both are equally
        accurate. Rows are taken as independent: for rows in groups, give :func:`paired_difference`
        the errors.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.repeat([1, 1, 0, 0], [1, 1, 7, 12]), np.repeat([1, 0, 1, 0], [1, 1, 7, 12])
    >>> found = accuracy_difference(a, b, alpha=0.05)
    >>> [round(v, 3) for v in (found.value, found.low, found.high, found.p)]
    [-0.286, -0.507, -0.026, 0.039]
    """
    first, second = binary(right_a), binary(right_b)
    numbers(second, len(first))
    n = len(first)
    if not n:
        return Estimate.undefined("there are no rows")
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    only_a, only_b = int((first & ~second).sum()), int((~first & second).sum())
    value = (only_a - only_b) / n
    low, high = newcombe_paired(both, only_a, only_b, neither, alpha)
    p = mcnemar(only_a, only_b)[1]
    return Estimate(value=value, low=low, high=high, n=n, how="Newcombe, paired", p=p)


def newcombe_paired(both: int, only_a: int, only_b: int, neither: int, alpha: float) -> Interval:
    """Newcombe's interval of a difference of shares of the same rows, method 10.

    Parameters
    ----------
    both, only_a, only_b, neither : int
        Rows by where the success is; at least one row.

    Notes
    -----
    Wilson's intervals of both shares are combined as for independent ones, less twice φ times the
    product of their distances, where φ is the table's correlation with a continuity correction.
    """
    n, z = both + only_a + only_b + neither, normal_quantile(alpha)
    of_a, of_b = both + only_a, both + only_b
    (low_a, high_a), (low_b, high_b) = wilson_at(of_a, n, z), wilson_at(of_b, n, z)
    share_a, share_b = of_a / n, of_b / n
    margins = of_a * (n - of_a) * of_b * (n - of_b)
    cross = float(both * neither - only_a * only_b)
    if cross > 0:
        cross = max(cross - n / 2, 0.0)
    phi = cross / math.sqrt(margins) if margins else 0.0
    value = (only_a - only_b) / n
    down = _distance(share_a - low_a, high_b - share_b, phi)
    up = _distance(high_a - share_a, share_b - low_b, phi)
    return max(value - down, -1.0), min(value + up, 1.0)


def _distance(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(first**2 - 2 * phi * first * second + second**2, 0.0))


def mcnemar(only_a: int, only_b: int) -> tuple[float, float]:
    """Return McNemar's exact p and its mid-p, of equal chances of the two kinds of rows.

    The exact test keeps its level always and is far below it; mid-p keeps it nearly always.

    Examples
    --------
    >>> [round(p, 4) for p in mcnemar(1, 7)]
    [0.0703, 0.0391]
    """
    n, fewer = only_a + only_b, min(only_a, only_b)
    at_most, less = (binomial_cdf(count, n, 0.5) for count in (fewer, fewer - 1))
    return min(2 * at_most, 1.0), min(at_most + less, 1.0)


def paired_difference(
    loss_a: Array, loss_b: Array, *, alpha: float, groups: Array | None = None, seed: int
) -> Estimate:
    """Mean loss of model a minus mean loss of model b over the same rows.

    Parameters
    ----------
    loss_a, loss_b : array (n,) of float
        Any loss of each row: squared error, log loss, 0 and 1 for right and wrong.
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.
    seed : int
        Of the resampling.

    Returns
    -------
    Estimate
        Below 0 where a is better. The interval is the wider of bootstrap-t over rows or groups and
        Student's t (see :mod:`assay.statistics.scores.means`); p is the level at which it touches
        0.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0.1, 0.2, 0.4, 0.3]), np.array([0.3, 0.3, 0.7, 0.4])
    >>> round(paired_difference(a, b, alpha=0.05, seed=1).value, 6)
    -0.175
    """
    gap = numbers(loss_a, len(loss_a)) - numbers(loss_b, len(loss_a))
    return mean_estimate(gap, alpha=alpha, groups=groups, seed=seed, tested=True)
