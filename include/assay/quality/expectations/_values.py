"""Expectations of single values: null, in a set, between bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis

from assay.quality._check import Check, row_check, value_check
from assay.quality._frame import Frame, Unjudged, all_of, comparable, is_in, literal
from assay.quality._registry import compiles
from assay.quality._suite import Expectation


@compiles("expect_column_values_to_not_be_null", takes="any", row_level=True)
def not_null(frame: Frame, e: Expectation) -> Check:
    """No value is null (NaN counts as null)."""
    column = frame.column(e.kwargs["column"])
    missing = column.isnull()
    if e.meta.get("from") == "contract" and "__unparsed" in frame.table.columns:
        unparsed = frame.table["__unparsed"].contains(e.kwargs["column"])
        missing &= ~unparsed.fill_null(False)  # it was there, and has a reason of its own
    return row_check(frame, e, missing, considered=None)


@compiles("expect_column_values_to_be_null", takes="any", row_level=True)
def null(frame: Frame, e: Expectation) -> Check:
    """Each value is null."""
    return row_check(frame, e, frame.column(e.kwargs["column"]).notnull(), considered=None)


_SET = (
    "Texts of a set are read as dates for date and timestamp columns; GX doesn't everywhere. A "
    "value of another type than the column's matches nothing, so that a boolean isn't 1 as in GX."
)


@compiles(
    "expect_column_values_to_be_in_set", "expect_column_values_to_not_be_in_set",
    row_level=True, differences=_SET,
)  # fmt: skip
def in_set(frame: Frame, e: Expectation) -> Check:
    """Each value (or none) is in ``value_set``; without a set every value is right."""
    column, values = frame.column(e.kwargs["column"]), e.kwargs.get("value_set")
    if values is None:
        return value_check(frame, e, ibis.literal(False))
    inside = is_in(column, values)
    return value_check(frame, e, inside if "_not_" in e.type else ~inside)


@compiles(
    "expect_column_values_to_be_between",
    takes="bounded",
    row_level=True,
    differences="Text bounds are read as dates for date and timestamp columns of every unit; GX "
    "reads ISO dates only, and of timestamps judges nanoseconds only. A moment without a zone is "
    "UTC beside one that has a zone. Texts may be bounds of texts, by code point; GX refuses them. "
    "Bounds of another type can't be judged on an empty column either.",
)
def between(frame: Frame, e: Expectation) -> Check:
    """Each value lies between the bounds."""
    side = comparable(frame.column(e.kwargs["column"]))
    return value_check(frame, e, ~within(side, e.kwargs))


def within(side: Any, kwargs: Mapping[str, Any]) -> Any:
    """Whether a value lies between the bounds, as an expression."""
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is None and high is None:
        raise Unjudged("min_value and max_value cannot both be None")
    if low is not None and high is not None and type(low) is type(high) and low > high:
        raise Unjudged("min_value cannot be greater than max_value")
    parts = []
    if low is not None:
        bound = literal(side, low)
        parts.append(side > bound if kwargs.get("strict_min") else side >= bound)
    if high is not None:
        bound = literal(side, high)
        parts.append(side < bound if kwargs.get("strict_max") else side <= bound)
    return all_of(parts)
