"""A table on its way through the steps: rows stay in it, marked, until the end.

Every step adds what it did as hidden columns, so that the cleaned rows, the dropped rows, the
change log and the counts all come from one evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import ibis
from ibis import Table
from ibis.util import gen_name

from assay.engine import ROW, Session, data_columns
from assay.errors import InputError, PolicyError, did_you_mean

DROPPED = "__dropped"
DROPPED_AT = "__dropped_at"
TOLD = "__told"
Kind = Literal["changed", "flagged"]


@dataclass(frozen=True)
class Mark:
    """One hidden boolean column: in which rows a step touched a column, and by which rule."""

    hidden: str
    step: int
    column: str
    rule: str
    kind: Kind
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Flow:
    """The table, its marks, and whether values are kept for the log.

    Where it is ``told``, a step acts only on the cells and rows that a change log names, which
    stand in a hidden column.
    """

    table: Table
    marks: tuple[Mark, ...] = ()
    values: bool = False
    told: bool = False

    def tells(self, step: int, column: str = "") -> Any:
        """Rows in which the log says that a step changed a column, or dropped the row."""
        return self.table[TOLD].contains(told_as(step, column)).fill_null(False)

    @property
    def alive(self) -> Any:
        """Rows that no step has dropped yet."""
        return self.table[DROPPED_AT].isnull()

    @property
    def columns(self) -> list[str]:
        """The data's columns, those that the steps added included."""
        return data_columns(self.table)

    def column(self, name: str, step: int) -> Any:
        """A data column.

        Raises
        ------
        PolicyError
            If the table has none of that name.
        """
        if name not in self.columns:
            raise PolicyError(
                "the data has no such column",
                where=f"steps.{step}",
                got=name,
                expected="one of: " + ", ".join(sorted(self.columns)),
                do=did_you_mean(name, self.columns) or None,
            )
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


def begin(table: Table, values: bool) -> Flow:
    """A flow over a table's landing row number and data columns.

    Raises
    ------
    InputError
        If the table has no ``__row``.
    """
    if ROW not in table.columns:
        raise InputError("the table has no row numbers", expected=f"a column {ROW}")
    kept = table.select(ROW, *data_columns(table))
    return Flow(
        kept.mutate(**{DROPPED: ibis.null("array<string>"), DROPPED_AT: ibis.null("int64")}),
        values=values,
    )


def told_as(step: int, column: str = "") -> str:
    """How a hidden column of told changes names one of them."""
    return f"{step}:{column}"


def match_rows(session: Session, flow: Flow, numbers: Any, hidden: str) -> Flow:
    """The flow with one more hidden column, not null in the rows of the given numbers."""
    apart = session.backend.create_table(gen_name("rows"), numbers.rename({hidden: ROW}), temp=True)
    joined = flow.table.left_join(apart, flow.table[ROW] == apart[hidden])
    return replace(flow, table=joined)


@dataclass(frozen=True)
class Change:
    """A column's new value; ``where`` says in which rows it counts as changed.

    ``marked`` is the mark of a flag on the same condition, which then does for both.
    """

    column: str
    value: Any
    rule: str
    where: Any = None
    marked: Mark | None = None


def change(flow: Flow, step: int, changes: Sequence[Change]) -> Flow:
    """Give columns new values, and mark the rows in which the value is another one."""
    table, alive = flow.table, flow.alive
    added: dict[str, Any] = {}
    marks: list[Mark] = []
    for item in changes:
        old, value = table[item.column], item.value
        differs = ~old.identical_to(value) if item.where is None else item.where
        if flow.told:
            differs = flow.tells(step, item.column)
            if old.type() == value.type():
                value = ibis.ifelse(differs, value, old)
        if item.marked is None or flow.told:
            hidden = f"__m{len(flow.marks) + len(marks)}"
            added[hidden] = alive & differs.fill_null(False)
        else:
            hidden = item.marked.hidden
        before = after = None
        if flow.values:
            before, after = f"{hidden}_before", f"{hidden}_after"
            added[before] = old.cast("string")
            added[after] = value.cast("string")
        marks.append(Mark(hidden, step, item.column, item.rule, "changed", before, after))
        added[item.column] = value
    return replace(flow, table=table.mutate(**added), marks=(*flow.marks, *marks))


def flag(flow: Flow, step: int, flags: Iterable[tuple[str, str, Any, str]]) -> Flow:
    """Add boolean columns: (name, column it is about, condition, rule).

    A flag that is there already stays set: cleaning what is clean forgets nothing.

    Raises
    ------
    InputError
        If the data has another column of that name.
    """
    added: dict[str, Any] = {}
    marks: list[Mark] = []
    for name, column, condition, rule in flags:
        found = condition.fill_null(False)
        if flow.told and rule.startswith("impute."):
            found &= flow.tells(step, column)
        hidden = f"__m{len(flow.marks) + len(marks)}"
        added[hidden] = flow.alive & found
        marks.append(Mark(hidden, step, column, rule, "flagged"))
        if name in flow.table.columns:
            if not flow.table[name].type().is_boolean():
                raise InputError("the data has a column of the name of a flag", got=name)
            found |= flow.table[name].fill_null(False)
        added[name] = found
    return replace(flow, table=flow.table.mutate(**added), marks=(*flow.marks, *marks))


def drop(flow: Flow, step: int, drops: Sequence[tuple[Any, str]]) -> Flow:
    """Mark rows as dropped by this step, each with all of the step's reasons that hold."""
    if not drops:
        return flow
    reasons = ibis.array(
        [
            ibis.ifelse(where.fill_null(False), ibis.literal(reason), ibis.null("string"))
            for where, reason in drops
        ]
    ).filter(lambda reason: reason.notnull())
    hit = flow.alive & (flow.tells(step) if flow.told else reasons.length() > 0)
    table = flow.table
    return replace(
        flow,
        table=table.mutate(
            **{
                DROPPED: ibis.ifelse(hit, reasons, table[DROPPED]),
                DROPPED_AT: ibis.ifelse(hit, ibis.literal(step, "int64"), table[DROPPED_AT]),
            }
        ),
    )
