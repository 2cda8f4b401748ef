"""A figure with its interval against a limit: beyond, within, or it can't be said."""

from __future__ import annotations

from enum import Enum

from assay.statistics.scores.estimate import Estimate


class Side(Enum):
    """Where an interval lies."""

    WITHIN = "within"
    UNDECIDED = "undecided"
    BEYOND = "beyond"


def compare(
    estimate: Estimate, *, least: float | None = None, most: float | None = None
) -> Side:  # fmt: skip
    """Compare an interval with limits: BEYOND where all of it is, WITHIN where nothing of it is.

    An end that equals the limit keeps it.

    Examples
    --------
    >>> one = Estimate(value=0.8, low=0.75, high=0.85, n=250, how="Wilson")
    >>> compare(one, least=0.7), compare(one, least=0.8), compare(one, most=0.7)
    (<Side.WITHIN: 'within'>, <Side.UNDECIDED: 'undecided'>, <Side.BEYOND: 'beyond'>)
    """
    if estimate.low is None or estimate.high is None:
        return Side.UNDECIDED
    low, high = estimate.low, estimate.high
    if (least is not None and high < least) or (most is not None and low > most):
        return Side.BEYOND
    inside = (least is None or low >= least) and (most is None or high <= most)
    return Side.WITHIN if inside else Side.UNDECIDED


def shown(estimate: Estimate) -> str:
    """A figure with its interval, for a sentence."""
    if estimate.value is None:
        return f"not defined ({estimate.how})"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f} without an interval ({estimate.how})"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f}, n = {estimate.n:,})"
