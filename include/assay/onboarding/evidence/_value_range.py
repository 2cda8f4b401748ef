"""The range that the values of another batch of the same size hardly leave, by their tails."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assay.onboarding.evidence._columns import ColumnEvidence
from assay.onboarding.evidence._rounding import outward, widened

LEAST: Final = 20
"""The least number of extreme values by which a tail can be fitted."""
EXPECTED_BEYOND: Final = 0.01
"""Rows of another batch that are expected beyond each limit."""


@dataclass(frozen=True)
class Tail:
    """A generalised Pareto law of the excesses over a high value: ``shape`` > 0 is a heavy tail."""

    threshold: float
    scale: float
    shape: float
    k: int

    def exceeded(self, expected: float) -> float:
        """The value that so many of the next batch's rows are expected to exceed.

        Another batch of as many rows has ``k`` beyond the threshold; k (1 + ξ y/σ)^(−1/ξ) of them
        exceed it by more than y, set equal to ``expected`` and solved for y.
        """
        ratio = self.k / expected
        if abs(self.shape) < 1e-9:
            return self.threshold + self.scale * math.log(ratio)
        return self.threshold + self.scale / self.shape * math.expm1(self.shape * math.log(ratio))


def fit_tail(extremes: Sequence[float]) -> Tail | None:
    """Fit the tail to the greatest values, outermost first; None where they can't show one.

    Notes
    -----
    Probability-weighted moments of the excesses y over the least of them: with b0 their mean and
    b1 = Σ (1 − p_i) y_(i) / k, p_i = (i − 0.35)/k ascending, ξ = 2 − b0/(b0 − 2 b1) and
    σ = 2 b0 b1/(b0 − 2 b1). Where ξ is below 0, the estimated end of the values would depend on
    its error (23 % of uniform batches left such a range), so that the tail is taken as
    exponential: ξ = 0 and σ = b0. Fewer than 20 values, or values that all are equal, give no
    tail. For the lower tail give the values negated.

    References
    ----------
    Hosking, J. R. M., & Wallis, J. R. (1987). Parameter and quantile estimation for the
    generalized Pareto distribution. Technometrics 29(3), 339–349.
    doi:10.1080/00401706.1987.10488243
    """
    if len(extremes) < LEAST + 1 or not all(map(math.isfinite, extremes)):
        return None
    ordered = sorted(extremes)
    threshold, excesses = ordered[0], [x - ordered[0] for x in ordered[1:]]
    k = len(excesses)
    b0 = sum(excesses) / k
    b1 = sum((1 - (i + 0.65) / k) * y for i, y in enumerate(excesses)) / k
    if b0 <= 0 or b0 - 2 * b1 <= 0 or b1 <= 0:
        return None
    shape = 2 - b0 / (b0 - 2 * b1)
    if shape <= 0:
        return Tail(threshold, b0, 0.0, k)
    return Tail(threshold, 2 * b0 * b1 / (b0 - 2 * b1), shape, k)


@dataclass(frozen=True)
class ValueRange:
    """Lower and upper limit, and the shapes of the tails where there were enough values."""

    below: float
    above: float
    tails: Mapping[str, float] = field(default_factory=dict)


def measure_range(column: ColumnEvidence) -> ValueRange:
    """The range of a column by the tails of its values, else a tenth wider than the values."""
    low, high = column.bottom[0], column.top[0]
    upper, lower = fit_tail(column.top), fit_tail([-x for x in column.bottom])
    if not (upper or _flat(column.top)) or not (lower or _flat(column.bottom)):
        return ValueRange(*widened(low, high))
    room = 10 * ((high - low) or max(abs(high), 1.0))
    above = min(max(_reach(upper, high), high), high + room)
    below = max(min(-_reach(lower, -low), low), low - room)
    if low >= 0:
        below = max(below, 0.0)
    whole = float(low).is_integer() and float(high).is_integer()
    tails = {"tail_above": upper, "tail_below": lower}
    shapes = {name: round(tail.shape, 3) if tail else 0.0 for name, tail in tails.items()}
    return ValueRange(*outward(below, above, whole=whole), shapes)


def _reach(tail: Tail | None, extreme: float) -> float:
    return extreme if tail is None else tail.exceeded(EXPECTED_BEYOND)


def _flat(extremes: Sequence[float]) -> bool:
    """Whether the outermost values are all one: a limit that the values themselves keep."""
    return len(extremes) > 20 and extremes[0] == extremes[-1]
