"""A figure against a limit, and against the same figure of other rows.

An estimate holds its interval at one level. How far a limit is away, counted in the reach of that
interval on the limit's side, gives the level at which the interval would touch it.

References
----------
Newcombe RG (1998), Interval estimation for the difference between independent proportions,
https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
"""

from __future__ import annotations

import math
from enum import Enum

from assay.statistics.intervals import hybrid, normal_quantile, two_sided_level
from assay.statistics.scores.estimate import Estimate


def p_beyond(
    estimate: Estimate,
    *,
    least: float | None = None,
    most: float | None = None,
    alpha: float,
    share: bool = False,
) -> float | None:
    """Smallest level at which the interval lies wholly on the wrong side of a limit.

    Parameters
    ----------
    estimate : Estimate
        With its interval at 1 − alpha.
    least, most : float, optional
        What the figure must be at least, and at most.
    alpha : float
        The level of the interval.
    share : bool
        Whether the figure lies between 0 and 1 and has Wilson's form: the level is then exact, that
        of the score test of the limit. Otherwise it is that of a normal figure.

    Returns
    -------
    float or None
        1 where the value keeps its limits; None without an interval.

    Examples
    --------
    >>> found = Estimate(value=0.8, low=0.75, high=0.85, n=250, how="Wilson")
    >>> round(p_beyond(found, least=0.85, alpha=0.05), 6), p_beyond(found, least=0.7, alpha=0.05)
    (0.05, 1.0)
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return None
    sides = ((least, high, value < (least or 0)), (most, low, value > (most or 0)))
    far = [
        normal_quantile(alpha) * _reaches(value, end, limit, share)
        for limit, end, beyond in sides
        if limit is not None and beyond
    ]
    return two_sided_level(max(far)) if far else 1.0


def _reaches(value: float, end: float, limit: float, share: bool) -> float:
    """How far a limit is from a value, in reaches of the interval to its end on that side."""
    away, reach = abs(value - limit), abs(value - end)
    if reach == 0:
        return math.inf
    if not share or not 0 < end < 1:
        return away / reach
    # Wilson's end e solves |v − e| = z·√(e(1 − e)/n), and a limit has the z of the same equation.
    spread = max(limit * (1 - limit), 0.0)
    return away / reach * math.sqrt(end * (1 - end) / spread) if spread else math.inf


class Side(Enum):
    """Where an interval lies: within its limits, beyond one of them, or across."""

    WITHIN = "within"
    UNDECIDED = "undecided"
    BEYOND = "beyond"


def side_of(
    low: float | None,
    high: float | None,
    *,
    least: float | None = None,
    most: float | None = None,
) -> Side:
    """Compare an interval with limits: BEYOND where all of it is, WITHIN where nothing of it is.

    An end that equals a limit keeps it. Without an interval it is undecided.

    Examples
    --------
    >>> side_of(0.75, 0.85, least=0.7), side_of(0.75, 0.85, most=0.7)
    (<Side.WITHIN: 'within'>, <Side.BEYOND: 'beyond'>)
    >>> side_of(0.75, 0.85, least=0.8)
    <Side.UNDECIDED: 'undecided'>
    """
    if low is None or high is None:
        return Side.UNDECIDED
    if (least is not None and high < least) or (most is not None and low > most):
        return Side.BEYOND
    inside = (least is None or low >= least) and (most is None or high <= most)
    return Side.WITHIN if inside else Side.UNDECIDED


def independent_difference(first: Estimate, second: Estimate) -> Estimate:
    """Difference of the same figure in two samples without a row in common.

    Their intervals, at one level, are combined as Newcombe combines those of shares.

    Examples
    --------
    >>> now = Estimate(value=0.8, low=0.6969, high=0.8750, n=70, how="Wilson")
    >>> test = Estimate(value=0.6, low=0.4904, high=0.7004, n=80, how="Wilson")
    >>> found = independent_difference(now, test)
    >>> round(found.low, 2), round(found.high, 2)
    (0.06, 0.33)
    """
    n = first.n + second.n
    if first.value is None or second.value is None:
        missing = first if first.value is None else second
        return Estimate.undefined(missing.how, n)
    value = first.value - second.value
    ends = first.low, first.high, second.low, second.high
    if None in ends:
        return Estimate(value=value, n=n, how="a side has no interval")
    low1, high1, low2, high2 = (end or 0.0 for end in ends)
    low, high = hybrid(first.value, (low1, high1), second.value, (low2, high2))
    return Estimate(value=value, low=low, high=high, n=n, how=f"{first.how}, combined (Newcombe)")
