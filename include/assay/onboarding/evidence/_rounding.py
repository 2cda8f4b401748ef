"""Limits that a sample gives, as round numbers on the safe side."""

from __future__ import annotations

import math
import sys
from typing import Final

from assay.statistics.intervals import wilson

_ALPHA: Final = 0.05


def rounded_up(value: float, digits: int = 2) -> float:
    """The least number of so many significant digits that isn't below a positive value.

    Examples
    --------
    >>> rounded_up(0.0371), rounded_up(0.12), rounded_up(0.0)
    (0.038, 0.12, 0.0)
    """
    if value <= 0:
        return 0.0
    places = digits - 1 - math.floor(math.log10(value))
    up = math.ceil(round(value * 10.0**places, 9)) / 10.0**places
    return float(f"{up:.{digits}g}")


def rounded_down(value: float) -> float:
    """A share to three places, never above it.

    Examples
    --------
    >>> rounded_down(0.97899)
    0.978
    """
    return math.floor(value * 1000) / 1000


def widened(low: float, high: float) -> tuple[float, float]:
    """Round limits that hold a range with a tenth of its span to spare on each side.

    A range that doesn't go below zero stays there. The limits are round numbers, so that they
    don't show the sample's extremes; only a range that nears the largest number ends there.

    Examples
    --------
    >>> widened(3, 97), widened(-15, 851), widened(5, 5)
    ((0.0, 107.0), (-110.0, 940.0), (4.0, 6.0))
    """
    largest = sys.float_info.max
    span = min(high - low, largest) or max(abs(high), 1.0)
    finest = 10.0 ** (math.floor(math.log10(max(abs(low), abs(high), span))) - 9)
    unit = max(10.0 ** (math.floor(math.log10(span)) - 1), finest, sys.float_info.min)
    if float(low).is_integer() and float(high).is_integer():
        unit = max(unit, 1.0)
    below = math.floor(max(low - span / 10, -largest) / unit) * unit
    above = math.ceil(min(high + span / 10, largest) / unit) * unit
    if low >= 0:
        below = max(below, 0.0)
    below, above = float(f"{below:.12g}"), float(f"{above:.12g}")
    return max(min(below, low), -largest), min(max(above, high), largest)


def outward(low: float, high: float, *, whole: bool) -> tuple[float, float]:
    """Two limits as round numbers that hold what they held, as far as numbers go."""
    largest = sys.float_info.max
    low, high = max(low, -largest), min(high, largest)
    span = min(high - low, largest) or max(abs(high), 1.0)
    unit = max(10.0 ** (math.floor(math.log10(span)) - 1), float(whole))
    below, above = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    below, above = float(f"{min(below, low):.12g}"), float(f"{max(above, high):.12g}")
    return max(below, -largest), min(above, largest)


def upper_limit(count: int, n: int) -> float:
    """The upper end of Wilson's 95 % interval of a share, rounded up.

    Examples
    --------
    >>> upper_limit(0, 100)
    0.037
    """
    return rounded_up(wilson(count, n, _ALPHA)[1])


def lower_limit(count: int, n: int) -> float:
    """The lower end of Wilson's 95 % interval of a share, rounded down.

    Examples
    --------
    >>> lower_limit(100, 100)
    0.963
    """
    return rounded_down(wilson(count, n, _ALPHA)[0])
