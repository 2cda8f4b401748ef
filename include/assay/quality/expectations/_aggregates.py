"""Expectations of one number of a column."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ibis

from assay.engine import round12
from assay.quality._check import Check, Conclusion, Values, bounded, counted, scope, value_check
from assay.quality._frame import Frame, Unjudged, all_of, kind, moment
from assay.quality._registry import compiles
from assay.quality._suite import Expectation

_ROUNDED = (
    "Numbers made by summing floats are rounded to 12 significant digits before they are compared, "
    "so that a verdict doesn't depend on the number of threads; their bounds are rounded alike. "
    "Decimals with nulls are judged; GX "
    "on pandas can't."
)
_BOUNDS = (
    "Texts may be bounds of texts; GX refuses them. Text bounds are read as dates beside dates."
)


def numeric(frame: Frame, e: Expectation) -> Any:
    """The column, which must hold numbers or booleans."""
    column = frame.column(e.kwargs["column"])
    if kind(column) not in {"number", "boolean"}:
        raise Unjudged(f"{kind(column)} values aren't numbers")
    return column.cast("int8") if kind(column) == "boolean" else column


def _moment(value: Any) -> dt.datetime:
    """A bound or an observed date as a comparable moment: naive ones are UTC."""
    found = moment(value)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def judged(value: Any, e: Expectation, *, rounded: bool = False) -> Conclusion:
    """A number against the bounds; no number (an empty column) isn't between any.

    Bounds of a ``rounded`` number are rounded alike, so that the number itself is a bound that it
    meets.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Conclusion(False, {"observed_value": None})
    bounds = {k: e.kwargs.get(k) for k in ("min_value", "max_value")}
    kwargs = dict(e.kwargs)
    compared = value
    if isinstance(value, dt.date):
        compared = _moment(value)
        kwargs |= {k: _moment(v) for k, v in bounds.items() if v is not None}
    elif any(v is not None and isinstance(v, str) != isinstance(value, str)
             for v in bounds.values()):  # fmt: skip
        raise Unjudged("the bounds can't be compared with the values")
    elif rounded and isinstance(value, float):
        kwargs |= {k: round12(v) for k, v in bounds.items() if isinstance(v, float)}
    return Conclusion(bounded(compared, kwargs), {"observed_value": value})


def _observed(
    e: Expectation, aggregates: dict[str, Any], value: Callable[[Values], Any], *,
    rounded: bool = False,
) -> Check:  # fmt: skip
    return Check(aggregates, lambda values: judged(value(values), e, rounded=rounded))


@compiles(
    "expect_column_max_to_be_between", "expect_column_min_to_be_between",
    takes="bounded", differences=_BOUNDS,
)  # fmt: skip
def extreme(frame: Frame, e: Expectation) -> Check:
    """The greatest (or least) value lies between the bounds; NaN is neither."""
    column = frame.column(e.kwargs["column"])
    value = column.max if "_max_" in e.type else column.min
    return _observed(e, {"v": value(where=scope(frame, e))}, lambda v: v["v"])


def present(frame: Frame, e: Expectation, column: Any) -> Any:
    """Whether a value is there, in a row that the row condition leaves."""
    return all_of([column.notnull(), scope(frame, e)])


def sums(frame: Frame, e: Expectation, column: Any) -> dict[str, Any]:
    """Sum and number of the values, whole numbers summed without overflow."""
    wide = column.cast("decimal(38, 0)") if column.type().is_integer() else column
    n = counted(frame, present(frame, e, column))
    return {"sum": wide.sum(where=scope(frame, e)), "n": n}


def mean_of(values: Values) -> float | None:
    """Mean of the values, rounded to 12 digits; None for none."""
    total, n = values["sum"], int(values["n"])
    if not n:
        return None
    return round12(total / n if isinstance(total, float) else float(Decimal(total) / n))


@compiles("expect_column_mean_to_be_between", takes="numbers", differences=_ROUNDED)
def column_mean(frame: Frame, e: Expectation) -> Check:
    """The mean lies between the bounds."""
    return _observed(e, sums(frame, e, numeric(frame, e)), mean_of, rounded=True)


@compiles("expect_column_sum_to_be_between", takes="numbers", differences=_ROUNDED)
def column_sum(frame: Frame, e: Expectation) -> Check:
    """The sum lies between the bounds; the sum of nothing is 0."""

    def value(values: Values) -> Any:
        total = values["sum"]
        if isinstance(total, float):
            return round12(total)
        whole = isinstance(total, Decimal) and total == total.to_integral_value()
        return 0 if total is None else int(total) if whole else total

    return _observed(e, sums(frame, e, numeric(frame, e)), value, rounded=True)


def spread(frame: Frame, e: Expectation, column: Any) -> dict[str, Any]:
    """The sample standard deviation; absent where a value is infinite, as in pandas."""
    condition = scope(frame, e)
    aggregates: dict[str, Any] = {}
    if column.type().is_floating():
        aggregates["infinite"] = column.isinf().any(where=condition)
        column = ibis.ifelse(column.isinf(), ibis.null("float64"), column)
    aggregates["std"] = column.cast("float64").std(how="sample", where=condition)
    return aggregates


def std_of(values: Values) -> float | None:
    """The standard deviation, rounded to 12 digits; None for fewer than two values."""
    value = values["std"]
    return None if value is None or values.get("infinite") else round12(value)


@compiles(
    "expect_column_stdev_to_be_between", takes="numbers",
    differences=_ROUNDED + " Where squares leave the range of a float it can't be judged.",
)  # fmt: skip
def column_stdev(frame: Frame, e: Expectation) -> Check:
    """The sample standard deviation (n − 1) lies between the bounds."""
    return _observed(e, spread(frame, e, numeric(frame, e)), std_of, rounded=True)


def off_mean(
    frame: Frame, e: Expectation, column: Any, off: Callable[[float, float], Any]
) -> Check:
    """A check of values by mean and deviation; no value is off where one of them isn't known."""

    def then(values: Values) -> Check:
        mean, std = mean_of(values), std_of(values)
        if mean is None or std is None or not math.isfinite(mean):
            return value_check(frame, e, ibis.literal(False))
        return value_check(frame, e, off(mean, std))

    aggregates = sums(frame, e, column) | spread(frame, e, column)
    return Check(aggregates, lambda _: Conclusion(False), then=then)


@compiles("expect_column_unique_value_count_to_be_between", observed="count")
def unique_value_count(frame: Frame, e: Expectation) -> Check:
    """The number of distinct values, null not counted, lies between the bounds."""
    distinct = frame.column(e.kwargs["column"]).nunique(where=scope(frame, e))
    return _observed(e, {"v": distinct}, lambda v: int(v["v"]))


@compiles("expect_column_proportion_of_non_null_values_to_be_between", observed="count")
def proportion_of_non_null(frame: Frame, e: Expectation) -> Check:
    """The share of values that aren't null lies between the bounds; 0 for no rows."""
    there = counted(frame, present(frame, e, frame.column(e.kwargs["column"])))
    return _proportion(e, there, counted(frame, scope(frame, e)))


@compiles("expect_column_proportion_of_unique_values_to_be_between", observed="count")
def proportion_of_unique(frame: Frame, e: Expectation) -> Check:
    """Distinct values by values that aren't null; 0 for none."""
    column = frame.column(e.kwargs["column"])
    there = counted(frame, present(frame, e, column))
    return _proportion(e, column.nunique(where=scope(frame, e)), there)


def _proportion(e: Expectation, part: Any, whole: Any) -> Check:
    counts = {"part": part, "whole": whole}
    return _observed(e, counts, lambda v: v["part"] / v["whole"] if v["whole"] else 0)


@compiles(
    "expect_column_value_z_scores_to_be_less_than", takes="numbers", row_level=True,
    scans="the one scan for mean and deviation, and one for the rows",
    required=("column", "threshold"),
    differences=_ROUNDED + " Timestamps can't be judged; GX takes their differences.",
)  # fmt: skip
def z_scores(frame: Frame, e: Expectation) -> Check:
    """Each value is fewer than ``threshold`` standard deviations above (or off) the mean.

    Where the deviation is 0 or unknown no value is off. With the sample deviation no value of n is
    more than (n - 1)/√n off, so that a threshold of 3 can't be reached by 10 values or fewer.

    References
    ----------
    Shiffler, R. E. (1988). Maximum Z scores and outliers. The American Statistician 42(1), 79–80.
    doi:10.1080/00031305.1988.10475530
    """
    column = numeric(frame, e)
    threshold, both = e.kwargs["threshold"], bool(e.kwargs.get("double_sided"))

    def off(mean: float, std: float) -> Any:
        if not std:
            return ibis.literal(False)
        z = (column - mean) / std
        return z.abs() >= abs(threshold) if both else z >= threshold

    return off_mean(frame, e, column, off)
