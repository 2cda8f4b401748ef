"""Uniqueness of one column or of several together."""

from __future__ import annotations

from typing import Any

import ibis

from assay.quality._check import Check, compiles, row_check, scoped
from assay.quality._frame import Frame, all_of, any_of
from assay.quality._pairs import considered_rows
from assay.quality._suite import Expectation

_SCANS = "the one scan, and one that groups by the columns"


def _repeated(frame: Frame, table: Any, columns: tuple[str, ...]) -> Any:
    """Row numbers of the rows whose values stand more than once, nulls equal to each other."""
    groups = table.group_by([table[c] for c in columns]).having(table.count() > 1).agg()
    keys = frame.keep(groups)
    matches = [table[c].identical_to(keys[c]) for c in columns]
    return frame.keep(table.semi_join(keys, matches).select(frame.row))


def found(frame: Frame, rows: Any) -> Any:
    """Whether a row is among rows found beforehand, as an expression."""
    if not frame.rows(rows.limit(1)):
        return ibis.literal(False)
    return frame.table[frame.row].isin(rows[frame.row])


@compiles("expect_column_values_to_be_unique", row_level=True, scans=_SCANS, required=("column",))
def unique(frame: Frame, e: Expectation) -> Check:
    """No value stands twice; every row of a repeated value fails."""
    name = e.kwargs["column"]
    column = frame.column(name)
    table = scoped(frame, e)
    rows = _repeated(frame, table.filter(table[name].notnull()), (name,))
    return row_check(frame, e, found(frame, rows), considered=column.notnull(), shown=e.columns)


@compiles(
    "expect_compound_columns_to_be_unique",
    row_level=True,
    scans=_SCANS,
    required=("column_list",),
)
def compound_unique(frame: Frame, e: Expectation) -> Check:
    """No combination of values stands twice; nulls equal each other."""
    considered = considered_rows(frame, e, "all_values_are_missing")
    table = scoped(frame, e)
    rule = e.kwargs.get("ignore_row_if", "all_values_are_missing")
    present = [table[c].notnull() for c in e.columns]
    if rule == "any_value_is_missing":
        table = table.filter(all_of(present))
    elif rule == "all_values_are_missing":
        table = table.filter(any_of(present))
    rows = _repeated(frame, table, e.columns)
    return row_check(frame, e, found(frame, rows), considered=considered, shown=e.columns)
