"""Uniqueness of one column or of several together."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import Table

from assay.quality._check import Check, row_check, scoped, value_check
from assay.quality._frame import Frame
from assay.quality._registry import compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._pairs import considered_rows

_SCANS = (
    "the one scan, one that finds which columns rise from row to row, and one for each other "
    "column that groups by its values"
)


def _repeated(frame: Frame, table: Table, columns: tuple[str, ...]) -> Any:
    """Whether a row's values occur more than once in the table, nulls equal to each other."""
    table = table.select(frame.row, *columns)
    groups = table.group_by([table[c] for c in columns]).having(table.count() > 1).agg()
    matches = [table[c].identical_to(groups[c]) for c in columns]
    return frame.among(table.semi_join(groups, matches))


@compiles(
    "expect_column_values_to_be_unique", takes="any", row_level=True, scans=_SCANS, distinct=True
)
def unique(frame: Frame, e: Expectation) -> Check:
    """No value is there twice; every row of a repeated value fails."""
    name = e.kwargs["column"]
    present = frame.column(name).notnull()
    if (name,) in frame.rising:
        return value_check(frame, e, ibis.literal(False))
    return value_check(frame, e, _repeated(frame, scoped(frame, e).filter(present), (name,)))


@compiles(
    "expect_compound_columns_to_be_unique",
    row_level=True, scans=_SCANS, distinct=True, required=("column_list",),
)  # fmt: skip
def compound_unique(frame: Frame, e: Expectation) -> Check:
    """No combination of values is there twice; nulls equal each other."""
    considered = considered_rows(frame, e)
    if e.columns in frame.rising:
        return row_check(frame, e, ibis.literal(False), considered=considered)
    twice = _repeated(frame, scoped(frame, e).filter(considered), e.columns)
    return row_check(frame, e, twice, considered=considered)
