"""Expectations of the table as a whole: its rows and its columns."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from assay.quality._check import Check, Conclusion, bounded, counted, scope
from assay.quality._frame import Frame, Unjudged
from assay.quality._registry import GX_SQLITE, compiles
from assay.quality._suite import Expectation


def _is_expected(e: Expectation) -> Callable[[int], bool]:
    """Whether a count equals ``value``, or lies between bounds; all of them are whole numbers."""
    if e.type.endswith("_to_equal"):
        value = e.kwargs["value"]
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unjudged("value must be an integer")
        return lambda n: n == value
    low, high = e.kwargs.get("min_value"), e.kwargs.get("max_value")
    for bound in (low, high):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int)):
            raise Unjudged("min_value and max_value must be integers")
    if low is not None and high is not None and low > high:
        raise Unjudged("min_value cannot be greater than max_value")
    return lambda n: bounded(n, e.kwargs) is not bool(e.kwargs.get("negated"))


def _concluded(success: bool, observed: Any, **details: Any) -> Check:
    result = {"observed_value": observed} | ({"details": details} if details else {})
    return Check({}, lambda _: Conclusion(success, result))


def _of_rows(frame: Frame, e: Expectation, conclude: Callable[[int], Conclusion]) -> Check:
    return Check({"n": counted(frame, scope(frame, e))}, lambda got: conclude(int(got["n"])))


@compiles("expect_table_row_count_to_be_between", observed="count", required=())
@compiles(
    "expect_table_row_count_to_equal", observed="count", required=("value",),
    differences="`value` is a whole number; GX also takes a text that says one.",
)  # fmt: skip
def row_count(frame: Frame, e: Expectation) -> Check:
    """The number of rows lies between the bounds, or is exactly ``value``."""
    expected = _is_expected(e)
    return _of_rows(frame, e, lambda n: Conclusion(expected(n), {"observed_value": n}))


@compiles(
    "expect_table_row_count_to_equal_other_table", observed="count",
    required=("other_table_name",), oracle=GX_SQLITE,
    scans="the one scan, and the count of the other data set's rows",
    differences="`other_table_name` names another data set: its released rows are counted, pinned "
    "with the run. A `row_condition` applies to both; GX counts the other table whole.",
)  # fmt: skip
def row_count_equal_other(frame: Frame, e: Expectation) -> Check:
    """There are as many rows as in the other data set's release."""
    released = e.kwargs.get("released")
    if released is None:
        raise Unjudged(f"no released rows of {e.kwargs['other_table_name']!r} to count")
    other = Frame.of(frame.session, released, frame.row)
    m = int(other.value(counted(other, scope(other, e))))
    return _of_rows(
        frame, e, lambda n: Conclusion(n == m, {"observed_value": {"self": n, "other": m}})
    )


_SYSTEM = "System columns (`__row` and the like) aren't counted."


@compiles(
    "expect_table_column_count_to_be_between", observed="count", scans="none", required=(),
    differences=_SYSTEM,
)  # fmt: skip
@compiles(
    "expect_table_column_count_to_equal", observed="count", scans="none", required=("value",),
    differences=_SYSTEM,
)  # fmt: skip
def column_count(frame: Frame, e: Expectation) -> Check:
    """The number of columns lies between the bounds, or is exactly ``value``."""
    n = len(frame.columns)
    return _concluded(_is_expected(e)(n), n)


@compiles("expect_column_to_exist", takes="any", needs_columns=False, scans="none")
def column_exists(frame: Frame, e: Expectation) -> Check:
    """There is a column of that name, at ``column_index`` where one is given."""
    name, place = e.kwargs["column"], e.kwargs.get("column_index")
    success = name in frame.columns
    if place:
        success = -len(frame.columns) <= place < len(frame.columns)
        success = success and frame.columns[place] == name
    return Check({}, lambda _: Conclusion(success))


@compiles(
    "expect_table_columns_to_match_set", observed="columns", scans="none", required=(),
    differences=_SYSTEM,
)  # fmt: skip
def columns_match_set(frame: Frame, e: Expectation) -> Check:
    """The columns are those of ``column_set``; with ``exact_match: false``, at least those."""
    wanted, actual = set(e.kwargs.get("column_set") or ()), set(frame.columns)
    unexpected, missing = sorted(actual - wanted), sorted(wanted - actual)
    if not unexpected and not missing:
        return _concluded(True, sorted(actual))
    both = {"unexpected": unexpected, "missing": missing}
    mismatched = {k: v for k, v in both.items() if v}
    exact = e.kwargs.get("exact_match", True)
    return _concluded(not exact and not missing, sorted(actual), mismatched=mismatched)


@compiles(
    "expect_table_columns_to_match_ordered_list", observed="columns", scans="none", required=(),
    differences=_SYSTEM,
)  # fmt: skip
def columns_match_list(frame: Frame, e: Expectation) -> Check:
    """The columns are those of ``column_list``, in that order."""
    wanted, actual = e.kwargs.get("column_list"), frame.columns
    if wanted is None or list(wanted) == actual:
        return _concluded(True, actual)
    mismatched = [
        {"Expected Column Position": i, "Expected": want, "Found": got}
        for i, (want, got) in enumerate(zip_longest(wanted, actual))
        if want != got
    ]
    return _concluded(False, actual, mismatched=mismatched)
