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


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a sample.

    ``levels`` (trimmed) is there for a text column with few distinct values for its rows that isn't
    guessed to be about people; ``padded`` counts the values that trimming changes.
    """

    name: str
    type: ColumnType
    nulls: int
    distinct: int
    padded: int = 0
    levels: tuple[str, ...] | None = None
    guess: Guess | None = None
    role: str | None = None


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
    variation alone reaches in a batch of ``chance_rows`` rows.
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    keys: tuple[str, ...] = ()
    first_day: dt.date | None = None
    dated: str | None = None
    distances: Distances = Distances()
    chance: Mapping[str, float] = field(default_factory=dict)
    chance_rows: int = 0

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


def measure_profile(session: Session, table: Table) -> Profile:
    """Profile a sample: one scan for all counts, one more for each column that may have levels.

    Raises
    ------
    InputError
        If it has no row, no column, or columns of types that a contract can't name.
    """
    schema = table.schema()
    types = {name: logical_type(name, schema[name]) for name in data_columns(table)}
    wanted = {name: _aggregates(table[name], kind) for name, kind in types.items()}
    rows, found = measure_aggregates(session, table, wanted)
    if rows == 0 or not types:
        raise InputError("the sample is empty, so nothing can be read from it", got=rows)
    columns = [_column(name, kind, found[name]) for name, kind in types.items()]
    few = {c.name: table[c.name].strip() for c in columns if _may_have_levels(c, rows)}
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


def _aggregates(value: ir.Column, kind: ColumnType) -> Aggregates:
    if kind == "number":
        value = value.cast("float64")
        value = (value.isnan() | value.isinf()).ifelse(None, value)
    counts = {"nulls": count_if(value.isnull()), "distinct": value.nunique()}
    if kind in {"date", "timestamp"}:
        counts["earliest"] = value.min()
    if kind == "string":
        counts["padded"] = count_if(value != value.strip())
    return counts


def _column(name: str, kind: ColumnType, found: Mapping[str, Any]) -> ColumnProfile:
    return ColumnProfile(
        name, kind, int(found["nulls"] or 0), int(found["distinct"]),
        padded=int(found.get("padded") or 0),
        guess=guess_classification(name), role=guess_role(name),
    )  # fmt: skip


def _may_have_levels(column: ColumnProfile, rows: int) -> bool:
    few = 0 < column.distinct <= _MOST_LEVELS
    enough = column.distinct * _ROWS_A_LEVEL <= rows - column.nulls
    return column.type == "string" and column.guess is None and few and enough
