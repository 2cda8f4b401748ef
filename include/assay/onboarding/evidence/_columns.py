"""What a table shows of each column, out of core: the evidence that expectations are proposed on.

One scan gives every count, extreme and length. One more scan of a column gives its levels or its
uniqueness, only where the first scan shows that there may be any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import ibis.expr.types as ir
from ibis import Table

from assay.engine import Session, round12
from assay.engine.functions import count_if, greatest_numbers, least_numbers
from assay.errors import InputError
from assay.onboarding.evidence._data_view import (
    Aggregates,
    ColumnType,
    Level,
    data_view,
    is_unique,
    measure_aggregates,
    measure_levels,
)

MOST_LEVELS: Final = 200
"""A column with more levels than this has no closed list."""
EXTREMES: Final = 256
"""How many of the greatest and of the least values are read."""
_NEARLY_UNIQUE: Final = 0.9
_SKETCH_ERROR: Final = 1.1  # of the sketch that counts distinct values, with room

Progress = Callable[[str], None]


class Ends(NamedTuple):
    """The first and last value in the order of texts, read forwards and backwards."""

    first: str
    last: str
    first_reversed: str
    last_reversed: str


@dataclass(frozen=True)
class ColumnEvidence:
    """One column.

    ``hidden`` columns are or may be about people: of them there are counts alone. ``distinct`` is
    a sketch's estimate; ``unique`` is exact. ``top`` and ``bottom`` are the extreme values,
    outermost first. ``levels`` has the rows of each level where there are few of them.
    """

    name: str
    type: ColumnType
    dtype: str
    hidden: bool
    nulls: int = 0
    distinct: int = 0
    unique: bool = False
    top: tuple[float, ...] = ()
    bottom: tuple[float, ...] = ()
    mean: float | None = None
    lengths: tuple[int, int] | None = None
    padded: int = 0
    ends: Ends | None = None
    levels: Mapping[Level, int] | None = None

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.type in {"integer", "number"}


@dataclass(frozen=True)
class TableEvidence:
    """A table: its rows, its columns, and those whose type has no name in a contract.

    ``table`` has the data columns, with NaN as null.
    """

    rows: int
    columns: Mapping[str, ColumnEvidence]
    unnamed_types: tuple[str, ...]
    table: Table = field(repr=False)

    def present(self, name: str) -> int:
        """Rows that have a value in a column."""
        return self.rows - self.columns[name].nulls


def silent(_: str) -> None:
    """Report no progress."""


def measure_columns(
    session: Session, table: Table, hidden: Collection[str] = (), progress: Progress = silent
) -> TableEvidence:
    """Measure every column of a table.

    Parameters
    ----------
    hidden : collection of str
        Columns of which no value may be read.
    progress : callable
        Called with each step, in words.

    Raises
    ------
    InputError
        If it has no row or no column.

    Notes
    -----
    NaN is null, as it is when a suite is judged. Exact distinct values are counted only where a
    sketch finds nearly all different, by a grouping that spills to disk.
    """
    view, types, unnamed = data_view(session, table)
    progress("counting, in one scan")
    wanted = {n: _aggregates(view[n], kind, n in hidden) for n, kind in types.items()}
    rows, counts = measure_aggregates(session, view, wanted)
    if not rows or not types:
        raise InputError("there is no row or no column, so nothing can be proposed", got=rows)
    columns = {}
    for i, (name, kind) in enumerate(types.items()):
        dtype = str(view[name].type().copy(nullable=True))
        column = _column(ColumnEvidence(name, kind, dtype, name in hidden), rows, counts[name])
        progress(f"column {i + 1} of {len(types)}: {name}")
        column = _with_uniqueness(session, view, column, rows)
        columns[name] = _with_levels(session, view, column)
    return TableEvidence(rows, columns, unnamed, view)


def _aggregates(value: ir.Column, kind: ColumnType, hidden: bool) -> Aggregates:
    counts = {"present": value.count(), "distinct": value.approx_nunique()}
    if hidden:
        return counts
    if kind in {"integer", "number"}:
        x = value.cast("float64")
        more = {
            "top": greatest_numbers(x, EXTREMES),
            "bottom": least_numbers(x, EXTREMES),
            "mean": x.mean(),
        }
    elif kind == "string":
        text, reverse = value, value.reverse()
        more = {
            "shortest": text.length().min(), "longest": text.length().max(),
            "padded": count_if(text != text.strip()),
            "first": text.min(), "last": text.max(),
            "first_reversed": reverse.min(), "last_reversed": reverse.max(),
        }  # fmt: skip
    else:
        more = {}
    return counts | more


def _column(column: ColumnEvidence, rows: int, found: Mapping[str, Any]) -> ColumnEvidence:
    """A column with what the scan found of it."""
    present = int(found["present"])
    column = replace(column, nulls=rows - present, distinct=int(found["distinct"]))
    if column.hidden or not present:
        return column
    if column.numeric:
        mean = found["mean"]
        return replace(
            column, top=tuple(found["top"]), bottom=tuple(found["bottom"]),
            mean=round12(mean) if mean is not None and math.isfinite(mean) else None,
        )  # fmt: skip
    if column.type == "string":
        return replace(
            column, lengths=(int(found["shortest"]), int(found["longest"])),
            padded=int(found["padded"]), ends=Ends(*(found[key] for key in Ends._fields)),
        )  # fmt: skip
    return column


def _with_uniqueness(
    session: Session, table: Table, column: ColumnEvidence, rows: int
) -> ColumnEvidence:
    """The column and whether it is unique, which is counted where the sketch allows it.

    A column of floating-point numbers or of booleans is no key.
    """
    present = rows - column.nulls
    if column.type not in {"integer", "string", "date", "timestamp"} or present <= 1:
        return column
    if column.distinct < _NEARLY_UNIQUE * present:
        return column
    values = table.filter(table[column.name].notnull())
    return replace(column, unique=is_unique(session, values, [column.name]))


def _with_levels(session: Session, table: Table, column: ColumnEvidence) -> ColumnEvidence:
    """The column with its levels, where there are few and they may be read."""
    few = 0 < column.distinct <= MOST_LEVELS * _SKETCH_ERROR
    if column.type not in {"integer", "string"} or not few or column.hidden or column.unique:
        return column
    levels = measure_levels(session, table, column.name, MOST_LEVELS + 1, trimmed=column.padded > 0)
    if len(levels) > MOST_LEVELS:
        return column
    return replace(column, levels=levels, distinct=len(levels))
