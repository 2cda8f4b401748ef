"""Uniqueness of one column or of several together."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import Table

from assay.engine import functions
from assay.quality._check import Check, row_check, scoped, value_check
from assay.quality._frame import Frame
from assay.quality._registry import compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._pairs import considered_rows

_SCANS = "the one scan, and a second that finds whether the values rise or else groups by them"
_PROBE = 10_000


def _repeated(frame: Frame, table: Table, columns: tuple[str, ...]) -> Any:
    """Whether a row's values occur more than once in the table, nulls equal to each other."""
    if _rising(frame, table.limit(_PROBE), columns) and _rising(frame, table, columns):
        return ibis.literal(False)
    groups = table.group_by([table[c] for c in columns]).having(table.count() > 1).agg()
    keys = frame.session.set_aside(groups)
    matches = [table[c].identical_to(keys[c]) for c in columns]
    try:
        if not frame.rows(keys.limit(1)):
            return ibis.literal(False)
        return frame.among(table.semi_join(keys, matches))
    finally:
        frame.session.forget(keys)


def _rising(frame: Frame, table: Table, columns: tuple[str, ...]) -> bool:
    """Whether the values rise from row to row as they are read, so that none can occur twice.

    Notes
    -----
    Whatever the order of reading is, a chain through all rows that rises at each step holds no
    value twice. It needs one pass and no memory, where grouping needs both in the order of the
    rows. It is enough for files that are sorted by their key, as Assay writes them.
    """
    before = [table[c].lag().over(ibis.window()).name(f"before_{i}") for i, c in enumerate(columns)]
    pairs = table.select(*[table[c].name(f"now_{i}") for i, c in enumerate(columns)], *before)
    step = ibis.literal(False)
    for i in reversed(range(len(columns))):
        now, last = pairs[f"now_{i}"], pairs[f"before_{i}"]
        step = (now > last) if i == len(columns) - 1 else (now > last) | ((now == last) & step)
    counts = pairs.aggregate(n=pairs.count(), steps=functions.count_if(step).fill_null(0))
    got = frame.session.one(counts)
    return int(got["steps"]) >= int(got["n"]) - 1


@compiles("expect_column_values_to_be_unique", takes="any", row_level=True, scans=_SCANS)
def unique(frame: Frame, e: Expectation) -> Check:
    """No value is there twice; every row of a repeated value fails."""
    name = e.kwargs["column"]
    present = frame.column(name).notnull()
    return value_check(frame, e, _repeated(frame, scoped(frame, e).filter(present), (name,)))


@compiles(
    "expect_compound_columns_to_be_unique", row_level=True, scans=_SCANS, required=("column_list",)
)
def compound_unique(frame: Frame, e: Expectation) -> Check:
    """No combination of values is there twice; nulls equal each other."""
    considered = considered_rows(frame, e)
    twice = _repeated(frame, scoped(frame, e).filter(considered), e.columns)
    return row_check(frame, e, twice, considered=considered)
