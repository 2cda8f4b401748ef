"""What a sample shows of its columns: types, missing values, keys, levels, and guesses by name."""

from __future__ import annotations

import datetime as dt
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from assay.engine import ROW, data_columns
from assay.errors import InputError

ColumnType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
Guess = Literal["identifier", "quasi_identifier", "sensitive"]

_MOST_LEVELS: Final = 20
_ROWS_A_LEVEL: Final = 10


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final[dict[Guess, frozenset[str]]] = {
    "identifier": _set(
        "name firstname lastname surname email mail phone mobile fax ssn passport iban account "
        "license licence plate vin tailnum ip username login customer patient person employee "
        "user member taxid"
    ),
    "quasi_identifier": _set(
        "age birth birthday birthdate dob zip zipcode postal postcode city town county address "
        "street gender sex race ethnicity ethnic nationality citizenship country marital "
        "occupation job education latitude longitude lat lon"
    ),
    "sensitive": _set(
        "income salary wage diagnosis disease health religion disability disabled orientation "
        "union politics criminal conviction debt credit"
    ),
}
KEY_WORDS: Final = _set("id key no num number code uuid guid")
_ROLES: Final = {
    "label": _set("label target outcome y class"),
    "prediction": _set("prediction predicted pred yhat decision"),
    "probability": _set("probability proba score"),
    "protected": _set("sex gender race ethnicity ethnic age religion disability"),
}


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a sample.

    ``levels`` (trimmed) is there for a text column with few distinct values for its rows that isn't
    guessed to be about people; ``padded`` counts the values that trimming changes. ``low`` and
    ``high`` hold all values of a numeric column that isn't guessed to be either, and are wider than
    its extremes.
    """

    name: str
    type: ColumnType
    nulls: int
    distinct: int
    padded: int = 0
    levels: tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    guess: Guess | None = None
    role: str | None = None


@dataclass(frozen=True)
class Profile:
    """A sample: its rows, its columns, its candidate keys, the first day of its first date.

    ``distances`` are those of its parts from the rest, ``chance`` what no shift at all reaches in a
    batch of ``chance_rows`` rows.
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
        """The candidate key to begin with: one whose name says so, else the first."""
        named = [name for name in self.keys if words(name) & KEY_WORDS]
        return next(iter((*named, *self.keys)), None)


def words(name: str) -> set[str]:
    """The words of a column's name, in lower case.

    Examples
    --------
    >>> sorted(words("customerHomeZIP_code"))
    ['code', 'customer', 'home', 'zip']
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return set(re.findall(r"[a-z]+", spaced.lower()))


def guess_classification(name: str) -> Guess | None:
    """What a column's name suggests about people, to be confirmed by a person.

    Examples
    --------
    >>> guess_classification("email_address"), guess_classification("distance")
    ('identifier', None)
    """
    found = words(name)
    return next((kind for kind, known in _WORDS.items() if found & known), None)


def measure_profile(table: Any) -> Profile:
    """Profile a sample: one scan for all counts, one more a column that may have levels.

    Raises
    ------
    InputError
        If it has no row, no column, or columns of types that a contract can't name.
    """
    names = data_columns(table)
    types = {name: logical_type(name, table[name].type()) for name in names}
    found = _counts(table, types)
    rows = found["rows"]
    if rows == 0 or not names:
        raise InputError("the sample is empty, so nothing can be read from it", got=rows)
    columns = tuple(_column(table, i, n, types[n], found) for i, n in enumerate(names))
    keys = tuple(
        c.name
        for c in columns
        if c.type in {"integer", "string"} and c.nulls == 0 and c.distinct == rows > 1
    )
    dated = next((c.name for c in columns if c.type in {"date", "timestamp"}), None)
    moment = found[f"a{names.index(dated)}"] if dated else None
    day = moment.date() if isinstance(moment, dt.datetime) else moment
    return Profile(rows=rows, columns=columns, keys=keys, first_day=day, dated=dated)


def logical_type(name: str, dtype: Any) -> ColumnType:
    """The name that a contract has for a column's type; InputError where it has none."""
    tests: tuple[tuple[bool, ColumnType], ...] = (
        (dtype.is_boolean(), "boolean"),
        (dtype.is_integer(), "integer"),
        (dtype.is_floating() or dtype.is_decimal(), "number"),
        (dtype.is_string(), "string"),
        (dtype.is_date(), "date"),
        (dtype.is_timestamp(), "timestamp"),
    )
    for holds, kind in tests:
        if holds:
            return kind
    raise InputError(
        "a column has a type that a contract can't name", where=name, got=str(dtype),
        expected="string, integer, number, boolean, date, timestamp",
        do="Leave the column out, or write it as text.",
    )  # fmt: skip


def _counts(table: Any, types: dict[str, ColumnType]) -> dict[str, Any]:
    parts: dict[str, Any] = {"rows": table.count()}
    for i, (name, kind) in enumerate(types.items()):
        value = table[name]
        if kind == "number":
            value = value.cast("float64")
            value = (value.isnan() | value.isinf()).ifelse(None, value)
        parts |= {f"n{i}": value.isnull().sum(), f"d{i}": value.nunique()}
        if kind in {"integer", "number", "date", "timestamp"}:
            parts |= {f"a{i}": value.min(), f"b{i}": value.max()}
        if kind == "string":
            parts[f"p{i}"] = (value != value.strip()).sum()
    found: dict[str, Any] = table.aggregate(**parts).to_pyarrow().to_pylist()[0]
    return found


def _column(
    table: Any, i: int, name: str, kind: ColumnType, found: dict[str, Any]
) -> ColumnProfile:
    guess = guess_classification(name)
    nulls, distinct, rows = int(found[f"n{i}"] or 0), int(found[f"d{i}"]), found["rows"]
    low = high = levels = None
    if kind in {"integer", "number"} and guess is None and distinct > 0:
        low, high = widened(float(found[f"a{i}"]), float(found[f"b{i}"]))
    few = 0 < distinct <= _MOST_LEVELS and distinct * _ROWS_A_LEVEL <= rows - nulls
    if kind == "string" and guess is None and few:
        levels = _levels(table, name)
    return ColumnProfile(
        name=name,
        type=kind,
        nulls=nulls,
        distinct=distinct,
        padded=int(found.get(f"p{i}") or 0),
        levels=levels,
        low=low,
        high=high,
        guess=guess,
        role=next((r for r, known in _ROLES.items() if words(name) & known), None),
    )


def _levels(table: Any, name: str) -> tuple[str, ...]:
    values = table.filter(table[name].notnull()).select(level=table[name].strip()).distinct()
    return tuple(sorted(values.to_pyarrow()["level"].to_pylist()))


def widened(low: float, high: float) -> tuple[float, float]:
    """Round limits that hold a range with a tenth of its span to spare on each side.

    A range that doesn't go below zero stays there. The limits are round numbers, so that they
    don't tell the sample's extremes; only a range that nears the largest number ends there.

    Examples
    --------
    >>> widened(3, 97), widened(-15, 851), widened(5, 5)
    ((0.0, 107.0), (-110.0, 940.0), (4.0, 6.0))
    """
    largest = sys.float_info.max
    span = min(high - low, largest) or max(abs(high), 1.0)
    finest = 10.0 ** (math.floor(math.log10(max(abs(low), abs(high), span))) - 9)
    unit = max(10.0 ** (math.floor(math.log10(span)) - 1), finest, sys.float_info.min)
    if float(low).is_integer() and float(high).is_integer():
        unit = max(unit, 1.0)
    below = math.floor(max(low - span / 10, -largest) / unit) * unit
    above = math.ceil(min(high + span / 10, largest) / unit) * unit
    if low >= 0:
        below = max(below, 0.0)
    below, above = float(f"{below:.12g}"), float(f"{above:.12g}")
    return max(min(below, low), -largest), min(max(above, high), largest)


def ordered(table: Any, columns: list[str], most: int) -> Any:
    """The first rows of some columns, as a frame in landing order."""
    return table.select(ROW, *columns).order_by(ROW).limit(most).to_pandas()
