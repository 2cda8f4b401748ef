"""What a sample shows of its columns: types, missing values, keys, levels, and guesses by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import ibis.expr.types as ir
from ibis import Table

from assay.engine import Session, data_columns
from assay.engine.functions import count_if
from assay.errors import InputError
from assay.onboarding.evidence._column_names import (
    Guess,
    guess_classification,
    guess_role,
    names_key,
)
from assay.onboarding.evidence._data_view import (
    Aggregates,
    ColumnType,
    logical_type,
    measure_aggregates,
)

_MOST_LEVELS: Final = 20
_ROWS_A_LEVEL: Final = 10


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
class Profile:
    """A sample: its rows, its columns, its candidate keys, the first day of its first date.

    ``distances`` are those of its parts from the rest. ``chance`` is the distance that random
    variation alone reaches in a batch of ``chance_rows`` rows.
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    keys: tuple[str, ...] = ()
    first_day: dt.date | None = None
    dated: str | None = None
    distances: dict[str, float] = field(default_factory=dict)
    chance: Mapping[str, float] = field(default_factory=dict)
    chance_rows: int = 0

    @property
    def key(self) -> str | None:
        """The first candidate key whose name suggests a key, else the first."""
        named = [name for name in self.keys if names_key(name)]
        return next(iter((*named, *self.keys)), None)


def measure_profile(session: Session, table: Table) -> Profile:
    """Profile a sample: one scan for all counts, one more for each column that may have levels.

    Raises
    ------
    InputError
        If it has no row, no column, or columns of types that a contract can't name.
    """
    types = {name: logical_type(name, table[name].type()) for name in data_columns(table)}
    wanted = {name: _aggregates(table[name], kind) for name, kind in types.items()}
    rows, found = measure_aggregates(session, table, wanted)
    if rows == 0 or not types:
        raise InputError("the sample is empty, so nothing can be read from it", got=rows)
    columns = tuple(_column(session, table[n], kind, found[n], rows) for n, kind in types.items())
    whole = [c for c in columns if c.nulls == 0 and c.distinct == rows > 1]
    keys = tuple(c.name for c in whole if c.type in {"integer", "string"})
    dated = next((n for n, kind in types.items() if kind in {"date", "timestamp"}), None)
    moment = found[dated]["earliest"] if dated else None
    day = moment.date() if isinstance(moment, dt.datetime) else moment
    return Profile(rows=rows, columns=columns, keys=keys, first_day=day, dated=dated)


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


def _column(
    session: Session, value: Any, kind: ColumnType, found: Mapping[str, Any], rows: int
) -> ColumnProfile:
    name = value.get_name()
    guess = guess_classification(name)
    nulls, distinct = int(found["nulls"] or 0), int(found["distinct"])
    few = 0 < distinct <= _MOST_LEVELS and distinct * _ROWS_A_LEVEL <= rows - nulls
    return ColumnProfile(
        name, kind, nulls, distinct,
        padded=int(found.get("padded") or 0),
        levels=_levels(session, value) if kind == "string" and not guess and few else None,
        guess=guess, role=guess_role(name),
    )  # fmt: skip


def _levels(session: Session, value: ir.StringColumn) -> tuple[str, ...]:
    levels = value.strip().name("level").as_table().distinct()
    return tuple(sorted(r["level"] for r in session.rows(levels) if r["level"] is not None))
