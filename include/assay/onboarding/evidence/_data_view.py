"""The data columns of a table by the types that a contract can name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import Table
from ibis.expr.datatypes import DataType

from assay.engine import BATCH, ROW, Session, data_columns
from assay.engine.functions import without_nan
from assay.errors import InputError

ColumnType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
Aggregates = Mapping[str, ir.Scalar]
Level = str | int


def logical_type(name: str, dtype: DataType) -> ColumnType:
    """The name that a contract has for a column's type.

    Raises
    ------
    InputError
        If it has none.
    """
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


def data_view(
    session: Session, table: Table
) -> tuple[Table, dict[str, ColumnType], tuple[str, ...]]:
    """A view of the data columns with NaN as null, their types, and columns of other types.

    It also has the number of each row, and of its file where several were opened as one table.
    """
    types: dict[str, ColumnType] = {}
    unnamed = []
    schema = table.schema()
    for name in data_columns(table):
        try:
            types[name] = logical_type(name, schema[name])
        except InputError:
            unnamed.append(name)
    table = without_nan(table)
    own = [name for name in (BATCH, ROW) if name in table.columns]
    return session.view(table.select(*own, *types) if types else table), types, tuple(unnamed)


def is_unique(session: Session, table: Table, key: Sequence[str]) -> bool:
    """Whether no two rows, of one batch if they have any, agree in some columns."""
    key = [*key, *([BATCH] if BATCH in table.columns else [])]
    groups = table.group_by(*key).aggregate(__n=table.count())
    return not session.rows(groups.filter(groups["__n"] > 1).select("__n").limit(1))


def count_repeated(session: Session, table: Table, columns: Sequence[str]) -> list[tuple[int, int]]:
    """Rows of each batch, and how many of them agree with another one in all of some columns."""
    batch = table[BATCH] if BATCH in table.columns else ibis.literal(0)
    groups = table.group_by(*columns, __batch=batch).aggregate(__n=table.count())
    rows = groups["__n"]
    repeated = rows.sum(where=rows > 1).fill_null(0)
    found = groups.group_by("__batch").aggregate(__rows=rows.sum(), __repeated=repeated)
    return [(int(one["__rows"]), int(one["__repeated"])) for one in session.rows(found)]
