"""Bounds of a column: what lies beyond them, and the nearest value within."""

from __future__ import annotations

import math
from typing import Any

import ibis
from ibis.expr.datatypes import DataType

from assay.cleaning._fitted_state import ColumnFit


def bounds_of(fit: ColumnFit) -> tuple[float, float]:
    """The lower and the upper bound."""
    return float(fit.values["low"] or 0), float(fit.values["high"] or 0)


def whole_bounds_of(fit: ColumnFit) -> tuple[int, int]:
    """The least and the largest whole number within the bounds."""
    low, high = bounds_of(fit)
    return math.ceil(low), math.floor(high)


def nearest_bounds(dtype: DataType, fit: ColumnFit) -> tuple[float, float]:
    """The values to which a column of a type is clipped."""
    if dtype.is_integer():
        least, most = whole_bounds_of(fit)
        return max(least, dtype.bounds.lower), min(most, dtype.bounds.upper)
    return bounds_of(fit)


def nearest_value(value: Any, fit: ColumnFit) -> Any:
    """The bound that a value beyond the bounds is clipped to."""
    dtype = value.type()
    low, high = nearest_bounds(dtype, fit)
    above = value.cast("float64") > float(fit.values["high"] or 0)
    return ibis.ifelse(above, ibis.literal(high).cast(dtype), ibis.literal(low).cast(dtype))


def is_beyond(value: Any, fit: ColumnFit) -> Any:
    """Whether a value lies beyond the bounds; an infinite one does, NaN doesn't."""
    number = value.cast("float64")
    low, high = bounds_of(fit)
    outside = (number < low) | (number > high)
    return outside & ~value.isnan() if value.type().is_floating() else outside


def is_within(value: Any, fit: ColumnFit, *, null_if_missing: bool) -> Any:
    """Whether an outlier step leaves a cell as it is.

    With ``null_if_missing`` null gives null, and NaN gives false, which is cheaper to compute.
    """
    within = value.cast("float64").between(*bounds_of(fit))
    if not null_if_missing:
        missing = value.isnan() if value.type().is_floating() else False
        within = (within | missing).fill_null(True)
    return unless_inside(value, fit, ibis.literal(True), within)


def unless_inside(value: Any, fit: ColumnFit, inside: Any, otherwise: Any) -> Any:
    """``inside`` for cells well within the bounds, ``otherwise`` for all others.

    Most cells lie well within. For them one comparison of the distance from the middle is enough,
    which is faster than two comparisons of floating-point numbers, since NaN has its place among
    these. Null, NaN, and cells so near a bound that rounding matters take ``otherwise``.
    """
    low, high = bounds_of(fit)
    middle = low + (high - low) / 2
    reach = (high - low) / 2 * (1 - 1e-9) - 4 * math.ulp(max(abs(low), abs(high)))
    if not (math.isfinite(reach) and reach > 0):
        return otherwise
    return ibis.ifelse((value.cast("float64") - middle).abs() < reach, inside, otherwise)
