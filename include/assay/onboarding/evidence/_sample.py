"""What a sample shows of its columns: types, missing values, keys, levels, and guesses by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import ibis.expr.types as ir
from ibis import Table

from assay.engine import BATCH, Session, data_columns
from assay.engine.functions import count_if
from assay.errors import InputError
from assay.onboarding.evidence._column_names import (
    Guess,
    guess_classification,
    guess_role,
    names_key,
)
from assay.onboarding.evidence._data_view import Aggregates, ColumnType, logical_type
from assay.onboarding.evidence._many_columns import (
    LONG,
    measure_aggregates,
    measure_values,
    unique_columns,
)
from assay.onboarding.evidence._ordinary_share import shows_never
from assay.onboarding.evidence._rounding import upper_limit

_MOST_LEVELS: Final = 20
_ROWS_A_LEVEL: Final = 10
_ENOUGH_BATCHES: Final = 3
_RARE: Final = 0.02
_FEW_BY_SKETCH: Final = 2 * _MOST_LEVELS
_UNIQUE_BY_SKETCH: Final = 0.5
_TIED_BY_SKETCH: Final = 0.3, 0.8
"""Shares of distinct values that may be a half: the sketch has a standard error of 13 %."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a sample.

    ``levels`` (trimmed) is there for a text column with few distinct values for its rows that isn't
    guessed to be about people, for the reason ``why``; ``padded`` counts the values that trimming
    changes.
    """

    name: str
    type: ColumnType
    nulls: int
    distinct: int
    padded: int = 0
    levels: tuple[str, ...] | None = None
    guess: Guess | None = None
    role: str | None = None
    why: str = "guessed from the name"


@dataclass(frozen=True)
class Distances:
    """How much batches differ, by column; or the parts of the only one, where ``batches`` is 1.

    ``sorted_by`` are columns by which the rows are sorted, ``ordered`` others that go with the
    order of the rows: parts of one file don't show how much these differ between batches.
    ``predicted`` is what the next batch keeps below with probability .99, 0 of too few batches.
    """

    by_column: Mapping[str, float] = field(default_factory=dict)
    batches: int = 1
    predicted: Mapping[str, float] = field(default_factory=dict)
    sorted_by: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A sample: its rows, its columns, its candidate keys, the first day of its first date.

    ``distances`` are those of its batches or parts. ``chance`` is the distance that random
    variation alone reaches in a batch of ``chance_rows`` rows. ``restated`` says of columns what of
    the batch they restate.
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    keys: tuple[str, ...] = ()
    first_day: dt.date | None = None
    dated: str | None = None
    distances: Distances = Distances()
    chance: Mapping[str, float] = field(default_factory=dict)
    chance_rows: int = 0
    restated: Mapping[str, str] = field(default_factory=dict)

    def requires(self, column: ColumnProfile) -> bool:
        """Whether a column may be declared to have no null: a key, or as many batches show."""
        shown = column.name in self.keys or shows_never(self.distances.batches)
        return not column.nulls and shown

    @property
    def shows_rare(self) -> bool:
        """Whether rows or batches are enough to show what is rare.

        The first few dozen rows of a column that is empty now and then often have no null, and
        their numbers are often all different.
        """
        return self.distances.batches >= _ENOUGH_BATCHES or upper_limit(0, self.rows) <= _RARE

    @property
    def key(self) -> str | None:
        """The first candidate key whose name suggests a key, else the first that is no chance."""
        named = [name for name in self.keys if names_key(name)]
        return next(iter((*named, *(self.keys if self.shows_rare else ()))), None)


def measure_profile(
    session: Session, table: Table, people: Mapping[str, tuple[Guess, str]] | None = None
) -> Profile:
    """Profile a sample: one scan for all counts, one more for each column that may have levels.

    Parameters
    ----------
    people : mapping, optional
        Columns whose values look personal, each with its classification and the evidence; a
        column's name alone is asked for the others.

    Raises
    ------
    InputError
        If it has no row, no column, or columns of types that a contract can't name.
    """
    schema = table.schema()
    types = {name: logical_type(name, schema[name]) for name in data_columns(table)}
    many = int(session.value(table.count())) > LONG
    wanted = {n: _aggregates(table[n], kind, exact=not many) for n, kind in types.items()}
    rows, found = measure_aggregates(session, table, wanted)
    if rows == 0 or not types:
        raise InputError("the sample is empty, so nothing can be read from it", got=rows)
    if many:
        found = _with_exact_counts(session, table, types, rows, found)
    columns = [
        _column(name, kind, found[name], (people or {}).get(name)) for name, kind in types.items()
    ]
    listed = [c for c in columns if _may_have_levels(c, rows)]
    few = {c.name: table[c.name].strip() if c.padded else table[c.name] for c in listed}
    for name, levels in measure_values(session, few, table, rows, _MOST_LEVELS).items():
        i = list(types).index(name)
        columns[i] = replace(columns[i], levels=tuple(sorted(levels)))
    dated = next((n for n, kind in types.items() if kind in {"date", "timestamp"}), None)
    moment = found[dated]["earliest"] if dated else None
    day = moment.date() if isinstance(moment, dt.datetime) else moment
    keys = _keys(session, table, columns, rows)
    return Profile(rows=rows, columns=tuple(columns), keys=keys, first_day=day, dated=dated)


def _keys(
    session: Session, table: Table, columns: Sequence[ColumnProfile], rows: int
) -> tuple[str, ...]:
    """The columns that are a key alone, moments last; within a batch, if rows have one."""
    whole = [c for c in columns if c.nulls == 0 and c.type in {"integer", "string"}]
    whole += [c for c in columns if c.nulls == 0 and c.type in {"date", "timestamp"}]
    if BATCH not in table.columns:
        return tuple(c.name for c in whole if c.distinct == rows > 1)
    unique = unique_columns(session, table, [c.name for c in whole], rows)
    return tuple(c.name for c in whole if c.name in unique)


def _with_exact_counts(
    session: Session, table: Table, types: Mapping[str, ColumnType], rows: int,
    found: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """The counts, those of distinct values exact where something depends on it.

    It does of columns of few values, of nearly unique ones, and of those that have about two rows
    a value. To count the values of any other long column takes long, and a sketch is enough.
    """
    near = [
        name for name, counts in found.items()
        if _matters(types[name], int(counts["distinct"]), rows - int(counts["nulls"] or 0))
    ]  # fmt: skip
    exact = {n: {"distinct": _finite(table[n], types[n]).nunique()} for n in near}
    _, counted = measure_aggregates(session, table, exact)
    return {name: {**counts, **counted.get(name, {})} for name, counts in found.items()}


def _matters(kind: ColumnType, distinct: int, present: int) -> bool:
    """Whether a decision may depend on the exact number of a column's distinct values."""
    few, share = distinct <= _FEW_BY_SKETCH, distinct / max(1, present)
    may_be_key = kind not in {"number", "boolean"} and share >= _UNIQUE_BY_SKETCH
    return few or may_be_key or _TIED_BY_SKETCH[0] <= share <= _TIED_BY_SKETCH[1]


def _finite(value: ir.Column, kind: ColumnType) -> ir.Column:
    """The values, of numbers those that are finite."""
    if kind != "number":
        return value
    value = value.cast("float64")
    return (value.isnan() | value.isinf()).ifelse(None, value)


def _aggregates(value: ir.Column, kind: ColumnType, *, exact: bool) -> Aggregates:
    value = _finite(value, kind)
    distinct = value.nunique() if exact else value.approx_nunique()
    counts = {"nulls": count_if(value.isnull()), "distinct": distinct}
    if kind in {"date", "timestamp"}:
        counts["earliest"] = value.min()
    if kind == "string":
        counts["padded"] = count_if(value != value.strip())
    return counts


def _column(
    name: str, kind: ColumnType, found: Mapping[str, Any], personal: tuple[Guess, str] | None
) -> ColumnProfile:
    guess, why = personal or (guess_classification(name), "guessed from the name")
    return ColumnProfile(
        name, kind, int(found["nulls"] or 0), int(found["distinct"]),
        padded=int(found.get("padded") or 0),
        guess=guess, role=guess_role(name), why=why,
    )  # fmt: skip


def _may_have_levels(column: ColumnProfile, rows: int) -> bool:
    few = 0 < column.distinct <= _MOST_LEVELS
    enough = column.distinct * _ROWS_A_LEVEL <= rows - column.nulls
    return column.type == "string" and column.guess is None and few and enough
