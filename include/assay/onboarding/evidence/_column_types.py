"""The types that a contract can name."""

from __future__ import annotations

from typing import Literal

from ibis.expr.datatypes import DataType

from assay.errors import InputError

ColumnType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]


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
