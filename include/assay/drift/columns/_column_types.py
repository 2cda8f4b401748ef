"""Columns as the tests need them: one type for both tables, NaN counted as missing."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import Table

from assay.policy.drift import Slice
from assay.statistics.levels import is_level

INTEGER = "int64"
FLOAT = "float64"
TEXT = "string"
TIME = "time"


def fetch(table: Table) -> Any:
    """A small result as an Arrow table; ``to_pyarrow`` would import pandas, which takes seconds."""
    return table.to_pyarrow_batches().read_all()


def count(table: Table) -> int:
    """Rows of a table."""
    return int(fetch(table.aggregate(rows=table.count()))["rows"][0].as_py())


def kind(column: ir.Column) -> str:
    """``number``, ``time``, ``text`` or ``other``: what a test needs to know of a type."""
    dtype = column.type()
    if dtype.is_boolean():
        return "text"
    if dtype.is_numeric():
        return "number"
    if dtype.is_timestamp() or dtype.is_date():
        return "time"
    return "text" if dtype.is_string() else "other"


def without_nan(column: ir.Column) -> ir.Column:
    """The column with NaN as null."""
    if column.type().is_floating():
        return ibis.ifelse(column.isnan(), ibis.null(column.type()), column)
    return column


def order_of(reference: ir.Column, current: ir.Column) -> str | None:
    """How both columns are ordered: as `int64`, `float64` or `time`; None: they have no order.

    Integers stay integers, so that no two values fall together.
    """
    kinds = {kind(reference), kind(current)}
    if kinds == {"time"}:
        return TIME
    if kinds != {"number"}:
        return None
    whole = all(c.type().is_integer() and c.type().nbytes < 16 for c in (reference, current))
    return INTEGER if whole else FLOAT


def in_order(column: ir.Column, form: str) -> ir.Column:
    """A column as :func:`order_of` says; dates and timestamps become microseconds."""
    if form == TIME:
        epoch = ibis.timestamp("1970-01-01")
        return column.cast("timestamp").delta(epoch, unit="microsecond")
    return without_nan(column).cast(form)


def sortable(reference: ir.Column, current: ir.Column) -> tuple[ir.Column, ir.Column] | None:
    """Both columns as integers or both as doubles, None where they have no common order."""
    form = order_of(reference, current)
    return None if form is None else (in_order(reference, form), in_order(current, form))


def level_form(reference: ir.Column, current: ir.Column) -> str:
    """What both columns become before they become text: `int64`, `float64`, or nothing else."""
    both = (reference, current)
    if {kind(c) for c in both} == {"number"} and reference.type() != current.type():
        return INTEGER if all(c.type().is_integer() for c in both) else FLOAT
    return TEXT


def in_levels(column: ir.Column, form: str) -> ir.Column:
    """A column as text, by way of what :func:`level_form` says."""
    plain = without_nan(column)
    return plain.cast(TEXT) if form == TEXT else plain.cast(form).cast(TEXT)


def as_levels(reference: ir.Column, current: ir.Column) -> tuple[ir.Column, ir.Column]:
    """Both columns as text, after numbers of unequal types became doubles."""
    form = level_form(reference, current)
    return in_levels(reference, form), in_levels(current, form)


def sliced(table: Table, part: Slice) -> Table:
    """Rows of a slice; none where the table lacks the slice's column."""
    if part.column not in table.columns:
        return table.filter(ibis.literal(False))
    return table.filter(is_level(table[part.column], part.texts))
