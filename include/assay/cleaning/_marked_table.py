"""A table that goes through the steps: its rows stay in it, marked, until the end.

Each step adds hidden columns that say what it did. The cleaned rows, the dropped rows, the change
log and the counts all come from one evaluation of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import ibis
from ibis import Table

from assay.engine import ROW, Session, data_columns
from assay.errors import InputError, PolicyError, unknown

DROPPED = "__dropped"
DROPPED_AT = "__dropped_at"
LOGGED = "__logged"
"""In a replay: what the change log says of a row, a list of ``logged_as``."""


@dataclass(frozen=True)
class Mark:
    """A hidden boolean column: the rows in which a step changed a column, and by which rule."""

    hidden: str
    step: int
    column: str
    rule: str
    kind: Literal["changed", "flagged"]
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Change:
    """A column's new value; ``where`` selects the rows in which it counts as changed.

    ``marked`` is the mark of a flag with the same condition, which then serves for both.
    """

    column: str
    value: Any
    rule: str
    where: Any = None
    marked: Mark | None = None


@dataclass(frozen=True)
class Flag:
    """A boolean column to add: its name, the column that it is about, where it is set, why."""

    name: str
    about: str
    where: Any
    rule: str
    follows_log: bool = False


@dataclass(frozen=True)
class MarkedTable:
    """The table, its marks, and whether the log keeps values.

    With ``from_log`` a step acts on the cells and rows that a change log names, and on no others.
    """

    table: Table
    marks: tuple[Mark, ...] = ()
    values: bool = False
    from_log: bool = False

    @classmethod
    def begin(cls, table: Table, *, values: bool = False) -> Self:
        """Take a table's row numbers and data columns, before any step.

        Raises
        ------
        InputError
            If the table has no ``__row``.
        """
        if ROW not in table.columns:
            raise InputError("the table has no row numbers", expected=f"a column {ROW}")
        kept = table.select(ROW, *data_columns(table))
        nothing = {DROPPED: ibis.null("array<string>"), DROPPED_AT: ibis.null("int64")}
        return cls(kept.mutate(**nothing), values=values)

    @property
    def alive(self) -> Any:
        """Rows that no step has dropped yet."""
        return self.table[DROPPED_AT].isnull()

    @property
    def kept(self) -> Table:
        """The table of the rows that no step has dropped yet."""
        return self.table.filter(self.alive)

    @property
    def columns(self) -> list[str]:
        """The data's columns, with those that the steps added."""
        return data_columns(self.table)

    def column(self, name: str, step: int) -> Any:
        """A data column.

        Raises
        ------
        PolicyError
            If the table has none of that name.
        """
        if name not in self.columns:
            known = unknown(name, sorted(self.columns))
            raise PolicyError("the data has no such column", where=f"steps.{step}", **known)
        return self.table[name]

    def numeric(self, name: str, step: int) -> Any:
        """A numeric data column.

        Raises
        ------
        PolicyError
            If it is of another type.
        """
        value = self.column(name, step)
        if not value.type().is_numeric() or value.type().is_boolean():
            raise PolicyError(
                f"the column {name!r} isn't numeric",
                where=f"steps.{step}",
                got=str(value.type()),
                do="Parse it in a step before this one.",
            )
        return value

    def logged(self, step: int, column: str = "") -> Any:
        """Rows in which the log says that a step changed a column, or dropped the row."""
        return self.table[LOGGED].contains(logged_as(step, column)).fill_null(False)

    def change(self, step: int, changes: Sequence[Change]) -> Self:
        """Give columns new values, and mark the rows in which the value differs."""
        added: dict[str, Any] = {}
        marks: list[Mark] = []
        for item in changes:
            old, value = self.table[item.column], item.value
            differs = ~old.identical_to(value) if item.where is None else item.where
            if self.from_log:
                differs = self.logged(step, item.column)
                if old.type() == value.type():
                    value = ibis.ifelse(differs, value, old)
            if item.marked is None or self.from_log:
                hidden = self._hidden(marks)
                added[hidden] = self.alive & differs.fill_null(False)
            else:
                hidden = item.marked.hidden
            before = after = None
            if self.values:
                before, after = f"{hidden}_before", f"{hidden}_after"
                added |= {before: old.cast("string"), after: value.cast("string")}
            marks.append(Mark(hidden, step, item.column, item.rule, "changed", before, after))
            added[item.column] = value
        return self._with(added, marks)

    def flag(self, step: int, flags: Iterable[Flag]) -> Self:
        """Add boolean columns.

        A flag that the data has already stays set: cleaning clean data again forgets nothing.

        Raises
        ------
        InputError
            If the data has another column of that name.
        """
        added: dict[str, Any] = {}
        marks: list[Mark] = []
        for item in flags:
            found = item.where.fill_null(False)
            if self.from_log and item.follows_log:
                found &= self.logged(step, item.about)
            hidden = self._hidden(marks)
            added[hidden] = self.alive & found
            marks.append(Mark(hidden, step, item.about, item.rule, "flagged"))
            if item.name in self.table.columns:
                if not self.table[item.name].type().is_boolean():
                    raise InputError("the data has a column of the name of a flag", got=item.name)
                found |= self.table[item.name].fill_null(False)
            added[item.name] = found
        return self._with(added, marks)

    def drop(self, step: int, drops: Sequence[tuple[Any, str]]) -> Self:
        """Mark rows as dropped by a step, each with all of the step's reasons that hold."""
        if not drops:
            return self
        none = ibis.null("string")
        found = [ibis.ifelse(w.fill_null(False), ibis.literal(why), none) for w, why in drops]
        reasons = ibis.array(found).filter(lambda reason: reason.notnull())
        hit = self.alive & (self.logged(step) if self.from_log else reasons.length() > 0)
        number = ibis.literal(step, "int64")
        marked = {
            DROPPED: ibis.ifelse(hit, reasons, self.table[DROPPED]),
            DROPPED_AT: ibis.ifelse(hit, number, self.table[DROPPED_AT]),
        }
        return replace(self, table=self.table.mutate(**marked))

    def matched(self, session: Session, numbers: Table, hidden: str) -> Self:
        """Add a hidden column that isn't null in the rows of the given numbers."""
        matches = session.set_aside(numbers.rename({hidden: ROW}))
        joined = self.table.left_join(matches, self.table[ROW] == matches[hidden])
        return replace(self, table=joined)

    def _hidden(self, marks: Sequence[Mark]) -> str:
        return f"__m{len(self.marks) + len(marks)}"

    def _with(self, added: dict[str, Any], marks: Sequence[Mark]) -> Self:
        return replace(self, table=self.table.mutate(**added), marks=(*self.marks, *marks))


def logged_as(step: int, column: str = "") -> str:
    """The name of a logged change in the hidden column ``LOGGED``."""
    return f"{step}:{column}"
