"""Advice in a sentence."""

from __future__ import annotations

from assay.statistics.scores.estimate import Estimate


def advice(
    name: str,
    found: Estimate,
    more: int,
    *,
    metric: str,
    share_of_rows: float,
    share_of_errors: float,
) -> str:
    """Say in a sentence what more rows of a slice would give.

    Parameters
    ----------
    name : str
        The slice.
    found : Estimate
        The gain of the metric, by :meth:`LearningCurve.gain`.
    more : int
        The rows that give it.

    Examples
    --------
    >>> from assay.statistics.learning_curve import LearningCurve
    >>> sizes = (50, 100, 200, 400)
    >>> rising = tuple(0.9 - 2 / n ** 0.5 for n in sizes)
    >>> curve = LearningCurve("origin=EWR", sizes, (rising, rising, rising))
    >>> print(advice("origin=EWR", curve.gain(1200, alpha=0.05, seed=1), 1200, metric="recall",
    ...              share_of_rows=0.02, share_of_errors=0.09))
    1,200 more rows of origin=EWR: recall +5.0 points (+5.0 to +5.0); they are 2 % of the rows and \
9 % of the errors.
    """
    where = f"they are {share_of_rows:.0%} of the rows and {share_of_errors:.0%} of the errors"
    where = where.replace("%", " %")
    head = f"{more:,} more rows of {name}"
    if found.value is None:
        return f"{head}: can't be said, {found.how}; {where}."
    if found.low is None or found.high is None:
        points = f"about {_points(found.value)} points, without an interval"
    else:
        ends = f"{_points(found.low)} to {_points(found.high)}"
        points = f"{_points(found.value)} points ({ends})"
    return f"{head}: {metric} {points}; {where}."


def _points(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:+.1f}"  # no -0.0
