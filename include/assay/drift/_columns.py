"""Columns as the tests need them: one type for both tables, NaN counted as missing."""

from __future__ import annotations

from typing import Any

import ibis

from assay.policy.drift import Slice

INTEGER = "int64"
FLOAT = "float64"
TEXT = "string"


def fetch(table: Any) -> Any:
    """A small result as an Arrow table; ``to_pyarrow`` would import pandas, which takes seconds."""
    return table.to_pyarrow_batches().read_all()


def count(table: Any) -> int:
    """Rows of a table."""
    return int(fetch(table.aggregate(rows=table.count()))["rows"][0].as_py())


def kind(column: Any) -> str:
    """``number``, ``time``, ``text`` or ``other``: what a test needs to know of a type."""
    dtype = column.type()
    if dtype.is_boolean():
        return "text"
    if dtype.is_numeric():
        return "number"
    if dtype.is_timestamp() or dtype.is_date():
        return "time"
    return "text" if dtype.is_string() else "other"


def without_nan(column: Any) -> Any:
    """The column with NaN as null."""
    if column.type().is_floating():
        return ibis.ifelse(column.isnan(), ibis.null(column.type()), column)
    return column


def sortable(reference: Any, current: Any) -> tuple[Any, Any] | None:
    """Both columns as integers or both as doubles, None where they have no common order.

    Dates and timestamps become microseconds. Integers stay integers, so that no two values fall
    together.
    """
    kinds = {kind(reference), kind(current)}
    if kinds == {"time"}:
        return _microseconds(reference), _microseconds(current)
    if kinds != {"number"}:
        return None
    both = (reference, current)
    whole = all(c.type().is_integer() and c.type().nbytes < 16 for c in both)
    dtype = INTEGER if whole else FLOAT
    first, second = (without_nan(c).cast(dtype) for c in both)
    return first, second


def _microseconds(column: Any) -> Any:
    return column.cast("timestamp").delta(ibis.timestamp("1970-01-01"), unit="microsecond")


def as_levels(reference: Any, current: Any) -> tuple[Any, Any]:
    """Both columns as text, after numbers of unequal types became doubles."""
    both = [without_nan(reference), without_nan(current)]
    if {kind(c) for c in both} == {"number"} and both[0].type() != both[1].type():
        whole = all(c.type().is_integer() for c in both)
        both = [c.cast(INTEGER if whole else FLOAT) for c in both]
    return both[0].cast(TEXT), both[1].cast(TEXT)


def sliced(table: Any, part: Slice) -> Any:
    """Rows of a slice; none where the table lacks the slice's column."""
    if part.column not in table.columns:
        return table.filter(ibis.literal(False))
    wanted = [str(level) for level in part.levels]
    return table.filter(table[part.column].cast("string").isin(wanted))
