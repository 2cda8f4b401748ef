"""The area under the precision-recall curve, as average precision, with its interval.

References
----------
Boyd K, Eng KH, Page CD (2013), Area under the precision-recall curve: point estimates and
confidence intervals, https://doi.org/10.1007/978-3-642-40994-3_29.
"""

from __future__ import annotations

import math

import numpy as np

from assay.statistics.intervals import Interval, wilson_at
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.rows import binary, missing_score, numbers
from assay.statistics.scores.shares import Figure, bounded
from assay.statistics.scores.units import Array, Units, units


def average_precision(
    truth: Array, score: Array, *, alpha: float, groups: Array | None = None
) -> Estimate:
    """Average precision: the mean over positives of the precision at their score.

    Parameters
    ----------
    truth : array (n,) of bool, or of 0 and 1
    score : array (n,) of float
        Higher for a positive.
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.

    Returns
    -------
    Estimate
        Undefined without a positive. Its interval is normal on the scale of log odds, as Boyd, Eng
        and Page advise, with the variance of the infinitesimal jackknife. At 1, where that
        variance is 0, it is Wilson's of as many rows as are positive.

    Examples
    --------
    >>> truth, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    >>> round(average_precision(truth, score, alpha=0.05).value, 6)
    0.833333
    """
    positive = binary(truth)
    rows = units(groups, len(positive))
    return ranked(positive, numbers(score, len(positive)), rows, alpha).estimate


def ranked(positive: Array, score: Array, rows: Units, alpha: float) -> Figure:
    """The figure with each row's influence."""
    n = len(positive)
    if missing_score(score):
        return Figure(Estimate.undefined("a score is missing", n))
    if not positive.any():
        return Figure(Estimate.undefined("no row is positive", n))
    value, influence = _area(positive, score)
    variance = rows.variance(influence)
    if not 0 < value < 1 or variance <= 0:
        return Figure(bounded(value, _at_edge(positive, rows, alpha), n, "Wilson"), influence)
    middle = math.log(value / (1 - value))
    reach = rows.reach(alpha) * math.sqrt(variance) / (value * (1 - value))
    low, high = (1 / (1 + math.exp(-end)) for end in (middle - reach, middle + reach))
    return Figure(bounded(value, (low, high), n, rows.named("jackknife, log odds")), influence)


def _area(positive: Array, score: Array) -> tuple[float, Array]:
    """Average precision, and how it changes with the weight of each row."""
    order = np.argsort(-score)
    ordered = score[order]
    new = np.empty(len(score), dtype=bool)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    first = np.flatnonzero(new)
    of_score = np.diff(first, append=len(score))
    hits = np.add.reduceat(positive[order], first, dtype=np.int64)
    found, rows = np.cumsum(hits), np.cumsum(of_score)
    precision, total = found / rows, int(found[-1])
    value = float((hits * precision).sum()) / total
    # A row counts in the precision at its own score and at every lower one.
    gains = np.cumsum((hits * (rows - found) / rows**2)[::-1])[::-1]
    losses = np.cumsum((hits * found / rows**2)[::-1])[::-1]
    of_hit, of_miss = precision - value + gains, -losses
    influence = np.empty(len(score))
    influence[order] = np.where(
        positive[order], np.repeat(of_hit, of_score), np.repeat(of_miss, of_score)
    )
    return value, influence / total


def _at_edge(positive: Array, rows: Units, alpha: float) -> Interval | None:
    """Wilson's interval of 1 in as many rows as are positive, or groups that have one."""
    if rows.number < 2:
        return None
    there = int(np.count_nonzero(rows.sums(positive)))
    return wilson_at(there, there, rows.reach(alpha))
