"""The difference of two rates within strata, pooled: Mantel and Haenszel's, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from assay.fairness._counts import Rate
from assay.statistics.intervals import normal_quantile


class Pooled(NamedTuple):
    """A pooled difference and its interval."""

    difference: float
    low: float
    high: float


def pooled_difference(pairs: Sequence[tuple[Rate, Rate]], alpha: float) -> Pooled | None:
    """Difference of rate 1 and rate 2, compared within each stratum only.

    Read it as: what is left of the gap when rows of one stratum are compared with rows of the same
    stratum. Where it points the other way than the difference over all rows, the strata's mix made
    the gap (Simpson's paradox).

    ``pairs`` are both rates in each stratum. One without a trial on either side says nothing and
    has no weight.

    Returns
    -------
    Pooled or None
        None where no stratum has trials on both sides.

    Notes
    -----
    With w = n₁n₂/(n₁ + n₂) the difference is Σ w(p₁ − p₂) / Σ w. Its variance is Sato's, which
    holds for few large strata and for many small ones; cut at −1 and 1. A stratum where both rates
    are 0 or 1 alike adds weight and no variance.

    References
    ----------
    Mantel N, Haenszel W (1959), Statistical aspects of the analysis of data from retrospective
    studies of disease, JNCI 22:719, doi:10.1093/jnci/22.4.719.
    Sato T, Greenland S, Robins JM (1989), On the variance estimator for the Mantel-Haenszel risk
    difference, Biometrics 45:1323.

    Examples
    --------
    >>> pooled = pooled_difference([(Rate(81, 87), Rate(234, 270)), (Rate(192, 263), Rate(55, 80))],
    ...                            0.05)
    >>> round(pooled.difference, 4), pooled.low < pooled.difference < pooled.high
    (0.0538, True)
    """
    weight = gap = first = second = 0.0
    for (x1, n1), (x2, n2) in pairs:
        if n1 == 0 or n2 == 0:
            continue
        total = n1 + n2
        weight += n1 * n2 / total
        gap += (x1 * n2 - x2 * n1) / total
        first += (n1 * n1 * x2 - n2 * n2 * x1 + n1 * n2 * (n2 - n1) / 2) / total**2
        second += (x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * total)
    if weight == 0:
        return None
    difference = gap / weight
    variance = max(0.0, difference * first + second) / weight**2
    reach = normal_quantile(alpha) * math.sqrt(variance)
    return Pooled(difference, max(-1.0, difference - reach), min(1.0, difference + reach))
