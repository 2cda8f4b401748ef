"""Expectations of a contract alone: what didn't parse, and references to other data sets."""

from __future__ import annotations

from typing import Any

from assay.quality._check import Check, row_check, value_check
from assay.quality._frame import Frame, Unjudged, all_of, kind
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
    known = _released(frame, e, [column], [str(e.kwargs.get("reference_column"))])
    return value_check(frame, e, ~column.isin(known[known.columns[0]]))


@compiles(
    "expect_columns_to_be_in_reference", row_level=True, oracle=OWN_TESTS,
    scans="the one scan, joined to the reference",
    required=("column_list", "reference_columns"), dimension="consistency",
)  # fmt: skip
def together_in_reference(frame: Frame, e: Expectation) -> Check:
    """The values of a row are together in the other data set's released rows.

    A row in which one of them is missing refers to nothing.
    """
    columns = [frame.column(name) for name in e.columns]
    known = _released(frame, e, columns, [str(n) for n in e.kwargs["reference_columns"]])
    present = all_of([c.notnull() for c in columns])
    rows = frame.table.filter(present)
    matches = [rows[n] == known[k] for n, k in zip(e.columns, known.columns, strict=True)]
    absent = frame.among(rows.anti_join(known, matches))
    return row_check(frame, e, absent, considered=present)


def _released(frame: Frame, e: Expectation, columns: list[Any], names: list[str]) -> Any:
    """The distinct values of the other data set's columns, computed once."""
    released = e.kwargs.get("released")
    if released is None:
        raise Unjudged(f"no released rows of {e.kwargs.get('dataset')!r} to look in")
    for column, name in zip(columns, names, strict=True):
        if name not in released.columns:
            raise Unjudged(f"the reference has no column {name!r}")
        if kind(released[name]) != kind(column):
            raise Unjudged(f"{kind(column)} and {kind(released[name])} values can't be compared")
    there = released.filter(all_of([released[n].notnull() for n in names]))
    return frame.keep(
        there.select(**{f"value_{i}": there[n] for i, n in enumerate(names)}).distinct()
    )
