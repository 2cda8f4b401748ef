"""Expectations of several columns of one row."""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from typing import Any

import ibis

from assay.quality._check import Check, row_check
from assay.quality._frame import Frame, Unjudged, all_of, any_of, kind, members
from assay.quality._registry import compiles
from assay.quality._suite import Expectation

_PAIR = ("column_A", "column_B")


def considered_rows(frame: Frame, e: Expectation) -> Any:
    """Rows that ``ignore_row_if`` leaves; by default those in which any value is there."""
    rule = e.kwargs.get("ignore_row_if", "all_values_are_missing")
    present = [frame.column(c).notnull() for c in e.columns]
    if rule in {"both_values_are_missing", "all_values_are_missing"}:
        return any_of(present)
    if rule in {"either_value_is_missing", "any_value_is_missing"}:
        return all_of(present)
    if rule in {"neither", "never"}:
        return ibis.literal(True)
    raise Unjudged(f"ignore_row_if is {rule!r}")


def _joint_check(frame: Frame, e: Expectation, holds: Any) -> Check:
    bad = ~holds.fill_null(False)
    return row_check(frame, e, bad, considered=considered_rows(frame, e))


def _pair(frame: Frame, e: Expectation) -> tuple[Any, Any]:
    a, b = frame.column(e.kwargs["column_A"]), frame.column(e.kwargs["column_B"])
    kinds = {kind(a), kind(b)}
    if len(kinds) > 1:
        if kinds == {"date", "timestamp"}:
            return a.cast("timestamp"), b.cast("timestamp")
        raise Unjudged(f"{kind(a)} and {kind(b)} values can't be compared")
    return a, b


@compiles(
    "expect_column_pair_values_to_be_equal", row_level=True, required=_PAIR,
    differences="Columns of different types can't be judged; GX finds them all unequal.",
)  # fmt: skip
def pair_equal(frame: Frame, e: Expectation) -> Check:
    """Both values are equal; a null equals nothing."""
    a, b = _pair(frame, e)
    return _joint_check(frame, e, a == b)


@compiles(
    "expect_column_pair_values_a_to_be_greater_than_b", row_level=True, required=_PAIR,
    differences="A number beside a boolean can't be judged; GX takes booleans as 0 and 1. "
    "Numbers beside decimals with nulls are judged; GX on pandas can't.",
)  # fmt: skip
def pair_greater(frame: Frame, e: Expectation) -> Check:
    """A is greater than B, or equal where ``or_equal``."""
    a, b = _pair(frame, e)
    return _joint_check(frame, e, a >= b if e.kwargs.get("or_equal") else a > b)


@compiles(
    "expect_column_pair_values_to_be_in_set", row_level=True, required=_PAIR,
    differences="A boolean equals no number of the set; GX finds True and 1 equal.",
)  # fmt: skip
def pair_in_set(frame: Frame, e: Expectation) -> Check:
    """The two values stand in ``value_pairs_set`` as a pair; a null matches a null of the set."""
    pairs = e.kwargs.get("value_pairs_set")
    if pairs is None:
        return _joint_check(frame, e, ibis.literal(True))
    a, b = (frame.column(e.kwargs[k]) for k in _PAIR)

    def side(column: Any, value: Any) -> Any:
        if value is None:
            return column.isnull()
        own = members(column, [value])
        return (column == own[0]).fill_null(False) if own else ibis.literal(False)

    return _joint_check(frame, e, any_of([side(a, x) & side(b, y) for x, y in pairs]))


@compiles(
    "expect_multicolumn_sum_to_equal", row_level=True, required=("column_list", "sum_total"),
    differences="Decimals beside floats are summed as floats; GX on pandas can't sum them.",
)  # fmt: skip
def multicolumn_sum(frame: Frame, e: Expectation) -> Check:
    """The columns of a row sum to ``sum_total``; with a null they don't."""
    columns = [frame.column(c) for c in e.columns]
    if any(kind(c) not in {"number", "boolean"} for c in columns):
        raise Unjudged("only numbers can be summed")
    floating = any(c.type().is_floating() for c in columns)
    terms = [c.cast("float64") if floating else c.cast("int64") if kind(c) == "boolean" else c
             for c in columns]  # fmt: skip
    holds = reduce(lambda a, b: a + b, terms) == e.kwargs["sum_total"]
    return _joint_check(frame, e, holds)


@compiles(
    "expect_multicolumn_values_to_be_equal", row_level=True, required=("column_list",),
    differences="Columns of different types can't be judged; GX finds them unequal.",
)  # fmt: skip
def multicolumn_equal(frame: Frame, e: Expectation) -> Check:
    """All columns of a row hold the same value; nulls are the same as each other."""
    columns = [frame.column(c) for c in e.columns]
    if len({kind(c) for c in columns}) > 1:
        raise Unjudged("columns of different types can't be compared")
    holds = all_of([c.identical_to(columns[0]) for c in columns[1:]])
    return _joint_check(frame, e, holds)


@compiles(
    "expect_select_column_values_to_be_unique_within_record", row_level=True,
    required=("column_list",), differences="Values of different types are always different.",
)  # fmt: skip
def unique_within_record(frame: Frame, e: Expectation) -> Check:
    """No value is in a row twice; null is a value."""
    columns = [frame.column(c) for c in e.columns]
    same = [
        a.identical_to(b) if kind(a) == kind(b) else a.isnull() & b.isnull()
        for a, b in combinations(columns, 2)
    ]
    return _joint_check(frame, e, ~any_of(same))
