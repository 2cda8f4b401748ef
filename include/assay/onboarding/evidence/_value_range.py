"""The range that the values of another batch of the same size hardly leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assay.onboarding.evidence._columns import ColumnEvidence
from assay.onboarding.evidence._pareto_tail import Tail, fit_tail
from assay.onboarding.evidence._rounding import outward, widened

EXPECTED_BEYOND: Final = 0.01
"""Rows of another batch that are expected beyond each limit."""


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
