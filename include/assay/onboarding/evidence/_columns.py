"""What a table shows of each column, out of core: the evidence that expectations are proposed on.

One scan gives every count, extreme and length. Further ones give the levels and the uniqueness of
the columns in which the first scan shows that there may be any. Of a table of very many columns
each reads a group of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import ibis
from ibis import Table

from assay.engine import BATCH, Session, round12
from assay.engine.functions import (
    bytes_of,
    count_if,
    greatest_numbers,
    least_numbers,
)
from assay.errors import InputError
from assay.onboarding.evidence._data_view import (
    Aggregates,
    ColumnType,
    Level,
    data_view,
)
from assay.onboarding.evidence._many_columns import (
    measure_aggregates,
    measure_levels,
    unique_columns,
)

MOST_LEVELS: Final = 200
"""A column with more levels than this has no closed list."""
EXTREMES: Final = 256
"""How many of the greatest and of the least values are read."""
_CONTINUED: Final = "\u00a0-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
GARBLED: Final = f"[\u0080-\u009f\ufffd]|[ÂÃ][{_CONTINUED}]|â€"
"""Control characters, the mark of what can't be decoded, and UTF-8 that was read as Latin."""
_NEARLY_UNIQUE: Final = 0.9
_KEY_TYPES: Final = frozenset({"integer", "string", "date", "timestamp"})
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
    a sketch's estimate; ``unique`` is exact, and within each batch where there are several. ``top``
    and ``bottom`` are the extreme values, outermost first. ``levels`` has the rows of each level
    where there are few of them. ``garbled`` counts texts that a wrong encoding seems to have left.
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
    garbled: int = 0
    ends: Ends | None = None
    levels: Mapping[Level, int] | None = None

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.type in {"integer", "number"}

    @property
    def numbers(self) -> list[float]:
        """The numbers that it holds; of many, the ends and the mean."""
        if self.levels is not None:
            return [float(level) for level in self.levels]
        return few_of(self.bottom[0], self.mean, self.top[0]) if self.top else []


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


def few_of(low: float | None, mean: float | None, high: float | None) -> list[float]:
    """One number where all are that one, else the ends and the mean; empty where they are none."""
    if low is None or high is None:
        return []
    return [low] if low == high else [low, high if mean is None else mean, high]


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
    wanted = {n: _aggregates(view, n, kind, hidden=n in hidden) for n, kind in types.items()}
    rows, counts = measure_aggregates(session, view, wanted)
    if not rows or not types:
        raise InputError("there is no row or no column, so nothing can be proposed", got=rows)
    columns = {
        name: _column(ColumnEvidence(name, kind, _dtype(view, name), name in hidden), rows,
                      counts[name])
        for name, kind in types.items()
    }  # fmt: skip
    progress("counting repeated values")
    nearly = [n for n, c in columns.items() if _may_be_unique(c, rows, counts[n])]
    for name in unique_columns(session, view, nearly, rows):
        columns[name] = replace(columns[name], unique=True)
    progress("counting levels")
    padded = {n: c.padded > 0 for n, c in columns.items() if _may_have_levels(c)}
    for name, levels in measure_levels(session, view, padded, rows, MOST_LEVELS + 1).items():
        if len(levels) <= MOST_LEVELS:
            columns[name] = replace(columns[name], levels=levels, distinct=len(levels))
    return TableEvidence(rows, columns, unnamed, view)


def _dtype(table: Table, name: str) -> str:
    return str(table[name].type().copy(nullable=True))


def _aggregates(table: Table, name: str, kind: ColumnType, *, hidden: bool) -> Aggregates:
    value = table[name]
    counts = {"present": value.count(), "distinct": value.approx_nunique()}
    if kind == "string":
        # What the pattern finds isn't ASCII, where a text has as many characters as bytes.
        foreign = value.length() != bytes_of(value)
        counts["garbled"] = count_if(ibis.ifelse(foreign, value.re_search(GARBLED), False))
    if BATCH in table.columns and kind in _KEY_TYPES:
        marked = value.cast("string") + ":" + table[BATCH].cast("string")
        counts["within"] = marked.approx_nunique()
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
    column = replace(column, nulls=rows - present, distinct=int(found["distinct"]),
                     garbled=int(found.get("garbled") or 0))  # fmt: skip
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


def _may_be_unique(column: ColumnEvidence, rows: int, found: Mapping[str, Any]) -> bool:
    """Whether a sketch finds nearly all values different, so that they are worth a count.

    A column of floating-point numbers or of booleans is no key.
    """
    present = rows - column.nulls
    if column.type not in _KEY_TYPES or present <= 1:
        return False
    return int(found.get("within", found["distinct"])) >= _NEARLY_UNIQUE * present


def _may_have_levels(column: ColumnEvidence) -> bool:
    """Whether a column has few values, which may be read."""
    few = 0 < column.distinct <= MOST_LEVELS * _SKETCH_ERROR
    return column.type in {"integer", "string"} and few and not (column.hidden or column.unique)
