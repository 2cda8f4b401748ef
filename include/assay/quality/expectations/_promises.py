"""Expectations of a contract alone: what didn't parse, and references to other data sets."""

from __future__ import annotations

from assay.quality._check import Check, row_check, value_check
from assay.quality._frame import Frame, Unjudged, kind
from assay.quality._registry import OWN_TESTS, compiles
from assay.quality._suite import Expectation


@compiles("expect_column_values_to_parse", row_level=True, oracle=OWN_TESTS)
def parsed(frame: Frame, e: Expectation) -> Check:
    """No landed text failed to parse as the column's declared type."""
    if "__unparsed" not in frame.table.columns:
        raise Unjudged("the table doesn't say what couldn't be parsed (no __unparsed)")
    failed = frame.table["__unparsed"].contains(e.kwargs["column"])
    return row_check(frame, e, failed, considered=None, shown=())


@compiles(
    "expect_column_values_to_be_in_reference", row_level=True, oracle=OWN_TESTS,
    scans="the one scan, joined to the reference",
)  # fmt: skip
def in_reference(frame: Frame, e: Expectation) -> Check:
    """Each value that isn't null is in the other data set's released rows."""
    column = frame.column(e.kwargs["column"])
    released = e.kwargs.get("released")
    if released is None:
        raise Unjudged(f"no released rows of {e.kwargs.get('dataset')!r} to look in")
    name = e.kwargs.get("reference_column")
    if name not in released.columns:
        raise Unjudged(f"the reference has no column {name!r}")
    if kind(released[name]) != kind(column):
        raise Unjudged(f"{kind(column)} and {kind(released[name])} values can't be compared")
    known = frame.keep(released.filter(released[name].notnull()).select(value=name).distinct())
    return value_check(frame, e, ~column.isin(known.value))
