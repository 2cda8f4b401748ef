"""The data columns of a table by the types that a contract can name, and one scan over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import ibis.expr.types as ir
from ibis import Table
from ibis.expr.datatypes import DataType

from assay.engine import Session, data_columns
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
    """A view of the data columns with NaN as null, their types, and columns of other types."""
    types: dict[str, ColumnType] = {}
    unnamed = []
    for name in data_columns(table):
        try:
            types[name] = logical_type(name, table[name].type())
        except InputError:
            unnamed.append(name)
    table = without_nan(table)
    return session.view(table.select(*types) if types else table), types, tuple(unnamed)


def measure_aggregates(
    session: Session, table: Table, wanted: Mapping[str, Aggregates]
) -> tuple[int, dict[str, dict[str, Any]]]:
    """The rows of a table, and some aggregates of each column by their names, in one scan."""
    parts = {
        f"{key}{i}": value
        for i, aggregates in enumerate(wanted.values())
        for key, value in aggregates.items()
    }
    found = session.one(table.aggregate(rows=table.count(), **parts))
    return int(found["rows"]), {
        name: {key: found[f"{key}{i}"] for key in aggregates}
        for i, (name, aggregates) in enumerate(wanted.items())
    }


def is_unique(session: Session, table: Table, key: Sequence[str]) -> bool:
    """Whether no two rows have the same values in some columns."""
    groups = table.group_by(*key).aggregate(__n=table.count())
    return not session.rows(groups.filter(groups["__n"] > 1).select("__n").limit(1))


def measure_levels(
    session: Session, table: Table, name: str, most: int, *, trimmed: bool
) -> dict[Level, int]:
    """The rows of each level, the most frequent first; ``trimmed`` of spaces."""
    value = table[name]
    values = table.filter(value.notnull()).select(level=value.strip() if trimmed else value)
    counts = values.group_by("level").aggregate(n=values.count())
    found = session.rows(counts.order_by(counts.n.desc(), "level").limit(most))
    return {row["level"]: int(row["n"]) for row in found}
