"""What a table shows of each column, out of core: the evidence that expectations are proposed on.

One scan gives every count, extreme and length; one more a column gives its levels or its shapes,
and only where the first scan says that there are few.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ibis import Table
from ibis.util import gen_name

from assay.engine import Session, data_columns, quoted, round12
from assay.errors import InputError
from assay.onboarding._profile import ColumnType, logical_type

MOST_LEVELS: Final = 200
"""A column with more levels than this is no list that a person would close."""
EXTREMES: Final = 256
"""So many of the greatest and of the least values tell how far the next may lie."""
_NEARLY_UNIQUE: Final = 0.9
_ERROR: Final = 1.1  # of the sketch that counts distinct values, with room

Told = Callable[[str], None]


@dataclass(frozen=True)
class Ends:
    """The first and last value in the order of texts, read forwards and backwards."""

    first: str
    last: str
    first_reversed: str
    last_reversed: str


@dataclass(frozen=True)
class ColumnSurvey:
    """One column.

    ``hidden`` columns are about people, or may be: of them there are counts alone. ``distinct`` is
    a sketch's estimate; ``unique`` is exact. ``top`` and ``bottom`` are the extreme values,
    outermost first. ``levels`` has the rows of each level where there are few of them.
    """

    name: str
    type: ColumnType
    dtype: str
    hidden: bool
    nulls: int
    distinct: int
    unique: bool = False
    top: tuple[float, ...] = ()
    bottom: tuple[float, ...] = ()
    mean: float | None = None
    lengths: tuple[int, int] | None = None
    padded: int = 0
    ends: Ends | None = None
    levels: Mapping[Any, int] | None = None

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.type in {"integer", "number"}


@dataclass(frozen=True)
class Survey:
    """A table: its rows, its columns, and those whose type has no name in a contract."""

    rows: int
    columns: Mapping[str, ColumnSurvey]
    odd: tuple[str, ...] = ()
    source: str = field(default="", repr=False)

    def present(self, name: str) -> int:
        """Rows that have a value in a column."""
        return self.rows - self.columns[name].nulls


def silent(_: str) -> None:
    """Tell nobody."""


def measure_survey(
    session: Session, table: Table, hidden: Collection[str] = (), told: Told = silent
) -> Survey:
    """Survey a table.

    Parameters
    ----------
    session : Session
        The session that the table belongs to.
    hidden : collection of str
        Columns of which no value may be read out.
    told : callable
        Is told what is being done.

    Raises
    ------
    InputError
        If it has no row or no column.

    Notes
    -----
    NaN is null, as it is when a suite is judged. Exact distinct values are counted only where a
    sketch says that nearly all are different, by a grouping that spills to disk.
    """
    source, types, odd = viewed(session, table)
    told("counting, in one scan")
    found = _row(session, f"SELECT {', '.join(_parts(types, hidden))} FROM {source}")  # noqa: S608
    rows = int(found["rows"])
    if not rows or not types:
        raise InputError("there is no row or no column, so nothing can be proposed", got=rows)
    columns = {}
    for i, (name, (kind, dtype)) in enumerate(types.items()):
        column = _column(i, name, kind, dtype, name in hidden, rows, found)
        told(f"column {i + 1} of {len(types)}: {name}")
        columns[name] = _closer(session, source, column, rows)
    return Survey(rows, columns, odd, source)


def viewed(
    session: Session, table: Table
) -> tuple[str, dict[str, tuple[ColumnType, str]], tuple[str, ...]]:
    """A view of the data columns with NaN as null, and their types."""
    types: dict[str, tuple[ColumnType, str]] = {}
    odd = []
    for name in data_columns(table):
        dtype = table[name].type()
        try:
            types[name] = (logical_type(name, dtype), str(dtype.copy(nullable=True)))
        except InputError:
            odd.append(name)
    floats = [n for n in types if table[n].type().is_floating()]
    if floats:
        table = table.mutate(**{n: table[n].nullif(float("nan")) for n in floats})
    view = gen_name("survey")
    session.backend.create_view(view, table.select(*types) if types else table)
    return quoted(view), types, tuple(odd)


def _parts(types: Mapping[str, tuple[ColumnType, str]], hidden: Collection[str]) -> list[str]:
    parts = ["count(*) AS rows"]
    for i, (name, (kind, _)) in enumerate(types.items()):
        q = quoted(name)
        parts += [f"count({q}) AS n{i}", f"approx_count_distinct({q}) AS d{i}"]
        if name in hidden:
            continue
        if kind in {"integer", "number"}:
            x = f"{q}::DOUBLE"
            parts += [f"max({x}, {EXTREMES}) AS t{i}", f"min({x}, {EXTREMES}) AS b{i}"]
            parts += [f"avg({x}) AS m{i}"]
        elif kind == "string":
            parts += [f"min(length({q})) AS s{i}", f"max(length({q})) AS l{i}"]
            parts += [f"count_if({q} <> trim({q})) AS p{i}"]
            ends = ("min", q, "f"), ("max", q, "g"), ("min", f"reverse({q})", "h")
            parts += [
                f"{f}({x}) AS {key}{i}" for f, x, key in (*ends, ("max", f"reverse({q})", "i"))
            ]
    return parts


def _column(
    i: int,
    name: str,
    kind: ColumnType,
    dtype: str,
    hidden: bool,
    rows: int,
    found: Mapping[str, Any],
) -> ColumnSurvey:
    present = int(found[f"n{i}"])
    base = ColumnSurvey(name, kind, dtype, hidden, rows - present, int(found[f"d{i}"]))
    if hidden or not present:
        return base
    more: dict[str, Any] = {}
    if base.numeric:
        more = {"top": tuple(found[f"t{i}"]), "bottom": tuple(found[f"b{i}"])}
        mean = found[f"m{i}"]
        more["mean"] = round12(mean) if mean is not None and math.isfinite(mean) else None
    elif kind == "string":
        more = {
            "lengths": (int(found[f"s{i}"]), int(found[f"l{i}"])),
            "padded": int(found[f"p{i}"]),
            "ends": Ends(*(found[f"{key}{i}"] for key in "fghi")),
        }
    return ColumnSurvey(**{**base.__dict__, **more})


def _closer(session: Session, source: str, column: ColumnSurvey, rows: int) -> ColumnSurvey:
    """The column with its levels, or whether it is unique, where the sketch lets one ask."""
    q, present = quoted(column.name), rows - column.nulls
    if column.type in {"integer", "string", "date", "timestamp"}:
        nearly = column.distinct >= _NEARLY_UNIQUE * present
        if nearly and present > 1:
            twice = f"SELECT 1 FROM {source} WHERE {q} IS NOT NULL GROUP BY {q} HAVING count(*) > 1"  # noqa: S608
            none = not _row(session, f"SELECT count(*) AS n FROM ({twice} LIMIT 1)")["n"]  # noqa: S608
            column = ColumnSurvey(**{**column.__dict__, "unique": none})
    few = 0 < column.distinct <= MOST_LEVELS * _ERROR
    if column.type in {"integer", "string"} and few and not column.hidden and not column.unique:
        level = f"trim({q})" if column.padded else q
        sql = (
            f"SELECT {level} AS level, count(*) AS n FROM {source} WHERE {q} IS NOT NULL "  # noqa: S608
            f"GROUP BY ALL ORDER BY n DESC, level LIMIT {MOST_LEVELS + 1}"
        )
        levels = {r["level"]: int(r["n"]) for r in rows_of(session, sql)}
        if len(levels) <= MOST_LEVELS:
            column = ColumnSurvey(**{**column.__dict__, "levels": levels, "distinct": len(levels)})
    return column


def rows_of(session: Session, sql: str) -> list[dict[str, Any]]:
    """The rows of a query, as dictionaries."""
    return list(session.backend.raw_sql(sql).fetch_arrow_table().to_pylist())


def _row(session: Session, sql: str) -> dict[str, Any]:
    return rows_of(session, sql)[0]
