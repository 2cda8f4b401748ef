"""The table that is judged, in the form that checks read."""

from __future__ import annotations

import datetime as dt
import functools
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, cast

import dateutil.parser  # type: ignore[import-untyped]
import ibis
import ibis.expr.datatypes as types
from ibis import Table

from assay.engine import Session, data_columns
from assay.engine.functions import without_nan
from assay.errors import did_you_mean
from assay.expression import Call, Literal, Name, Node
from assay.quality._rising import Key, rising_keys
from assay.quality._row_marks import Marks

Scalar = str | int | float | bool | dt.date | dt.datetime


class Unjudged(Exception):  # noqa: N818 - not an error of the program
    """The expectation can't be judged on this data; the message says why and shows no value."""


@dataclass(frozen=True)
class Frame:
    """A table with NaN read as null, the way a data frame made of the same file reads it.

    Parameters
    ----------
    table : ibis.Table
        Data columns and the row number.
    row : str
        Name of the row number's column.
    seed : str, optional
        By which the failing rows that are shown are drawn; without it the first ones are shown.
    made : list of ibis.Table
        Rows that were computed beforehand and set aside; dropped at the end.
    marks : Marks, optional
        Which rows were found beforehand, by which check.
    keys : tuple of tuple of str
        Columns, alone or together, that should hold each value once.
    details : bool
        Whether a check also says what it found where whether it is met takes less to know.
    """

    session: Session
    table: Table
    row: str
    seed: str | None = None
    made: list[Table] = field(default_factory=list)
    marks: Marks | None = None
    keys: tuple[Key, ...] = ()
    details: bool = True

    @classmethod
    def of(
        cls, session: Session, table: Table, row: str, seed: str | None = None, *,
        details: bool = True,
    ) -> Frame:  # fmt: skip
        """The frame of a table; rows are numbered in scan order where no column numbers them."""
        if row not in table.columns:
            table = table.mutate(**{row: ibis.row_number()})
        return cls(session, without_nan(table), row, seed, details=details)

    def marked(self, checks: int) -> Frame:
        """The frame with room for marks of its rows, by so many checks."""
        marks = Marks.of(self.session, self.table, self.row, checks)
        self.made.append(marks.found)
        return replace(self, table=marks.view, marks=marks)

    @functools.cached_property
    def rising(self) -> frozenset[Key]:
        """The ``keys`` whose values rise from row to row, so that none occurs twice."""
        return rising_keys(self.session, self.table, self.keys)

    def among(self, rows: Table) -> Any:
        """Whether a row is among some that are found now, as an expression."""
        if self.marks is None:
            raise TypeError("the frame has no room for marks")
        return self.marks.add(self.session, rows.select(self.row))

    def settle(self) -> None:
        """Let scans from now on know which rows were found."""
        kept = None if self.marks is None else self.marks.settle(self.session, self.row)
        if kept is not None:
            self.made.append(kept)

    @property
    def columns(self) -> list[str]:
        """Names of the data columns, in order."""
        return list(data_columns(self.table))

    def column(self, name: Any) -> Any:
        """The column of that name; Unjudged where there is none."""
        if name not in self.table.columns:
            near = did_you_mean(str(name), self.columns)
            raise Unjudged(f'The column "{name}" does not exist. {near}'.strip())
        return self.table[name]

    def keep(self, expression: Any) -> Any:
        """The expression's rows, computed once."""
        self.made.append(self.session.set_aside(expression))
        return self.made[-1]

    def forget(self) -> None:
        """Drop what :meth:`keep` made."""
        while self.made:
            self.session.forget(self.made.pop())

    def value(self, expression: Any) -> Any:
        """The value of an expression that has one value."""
        return self.session.value(expression)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """A small result as dictionaries, one a row."""
        return self.session.rows(table)


def kind(value: Any) -> str:
    """What a column holds: number, text, boolean, date, timestamp or other."""
    dtype = value.type()
    kinds = {
        "boolean": dtype.is_boolean(), "number": dtype.is_numeric(), "text": dtype.is_string(),
        "timestamp": dtype.is_timestamp(), "date": dtype.is_date(),
    }  # fmt: skip
    return next((name for name, holds in kinds.items() if holds), "other")


def literal(column: Any, value: Any) -> Any:
    """A value of a suite as a literal to which the column, made :func:`comparable`, compares.

    Texts are read as dates where the column holds dates. Unjudged where the two can't be compared:
    no value is ever turned into another type silently.
    """
    what = kind(column)
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if what in {"date", "timestamp"} and isinstance(value, str | dt.date):
        return _moment(column, value)
    text, truth = what == "text" and isinstance(value, str), isinstance(value, bool)
    if text or (number and what in {"number", "boolean"}):
        return ibis.literal(value)
    if what == "boolean" and truth:
        return ibis.literal(int(value))
    raise Unjudged(f"{what} and {type(value).__name__} values can't be compared")


def moment(value: str | dt.date) -> dt.datetime:
    """A date, or a text that says one, as a datetime; Unjudged where the text says none."""
    if isinstance(value, str):
        try:
            return cast("dt.datetime", dateutil.parser.parse(value))
        except (ValueError, OverflowError) as exc:
            raise Unjudged("a bound isn't a date") from exc
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime(value.year, value.month, value.day)


def _moment(column: Any, text: str | dt.date) -> Any:
    value = moment(text)
    dtype = column.type()
    zoned = dtype.is_timestamp() and dtype.timezone is not None
    if zoned and value.tzinfo is None:
        value = value.replace(tzinfo=dt.UTC)
    if not zoned and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    return ibis.literal(value, type=types.Timestamp(timezone="UTC" if zoned else None))


def comparable(column: Any) -> Any:
    """The column in the form in which its literals are: dates as moments, booleans as 0 and 1."""
    what = kind(column)
    if what == "date":
        return column.cast("timestamp")
    return column.cast("int8") if what == "boolean" else column


def members(column: Any, values: Iterable[Any]) -> list[Any]:
    """Those values of a set that a value of this column could equal, in its own type."""
    what = kind(column)
    out: list[Any] = []
    for v in values:
        number = isinstance(v, int | float) and not isinstance(v, bool)
        if isinstance(v, float) and math.isnan(v):
            continue
        if what == "number" and number:
            whole = not column.type().is_floating() and float(v).is_integer()
            out.append(int(v) if whole else v)
        elif (what == "text" and isinstance(v, str)) or (what == "boolean" and isinstance(v, bool)):
            out.append(v)
        elif what in {"date", "timestamp"} and isinstance(v, str | dt.date):
            try:
                out.append(_moment(column, v))
            except Unjudged:
                continue
    return out


def is_in(column: Any, values: Iterable[Any]) -> Any:
    """Whether a value is in a set; never null for a value that isn't."""
    own = members(column, values)
    if not own:
        return ibis.literal(False)
    side = column.cast("timestamp") if kind(column) == "date" else column
    return side.isin(own)


def all_of(parts: Sequence[Any | None]) -> Any:
    """Conjunction of the parts that aren't None; true for none."""
    given = [part for part in parts if part is not None]
    return functools.reduce(operator.and_, given) if given else ibis.literal(True)


def any_of(parts: Sequence[Any]) -> Any:
    """Disjunction; false for none."""
    return functools.reduce(operator.or_, parts) if parts else ibis.literal(False)


_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def where(frame: Frame, condition: Node) -> Any:
    """A row condition as an expression that is never null."""
    match condition:
        case Call("and" | "or" as joint, parts):
            join = all_of if joint == "and" else any_of
            return join([where(frame, part) for part in parts])
        case Call("not", (part,)):
            return ~where(frame, part)
        case Call("is_null", (Name(name),)):
            return frame.column(name).isnull()
        case Call("is_not_null", (Name(name),)):
            return frame.column(name).notnull()
        case Call("in", (Name(name), *members)):
            values = [member.value for member in members if isinstance(member, Literal)]
            return is_in(frame.column(name), values).fill_null(False)
        case Call(compared, (Name(name), right)):
            sides = _sides(frame, frame.column(name), right)
            return _COMPARISONS[compared](*sides).fill_null(compared == "!=")
    raise TypeError(f"{condition!r} is no row condition")


def _sides(frame: Frame, column: Any, right: Node) -> tuple[Any, Any]:
    if isinstance(right, Literal):
        return comparable(column), literal(column, right.value)
    other = frame.column(right.name) if isinstance(right, Name) else None
    if other is None or kind(other) != kind(column):
        raise Unjudged("a row condition compares columns of different types")
    return column, other
