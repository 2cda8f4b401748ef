"""Rows of a result as Python's own values."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def python_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as dictionaries; a date or moment that Python can't hold is its text.

    Examples
    --------
    >>> far = pa.table({"at": pa.array([253402300800000000, 10**18], pa.timestamp("us"))})
    >>> [row["at"] for row in python_rows(far)]
    ['10000-01-01 00:00:00.000000', '1000000000000000000 us since 1970']
    """
    try:
        return list(table.to_pylist())
    except (OverflowError, ValueError):
        columns = [[_value(scalar) for scalar in column] for column in table.columns]
        return [
            dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)
        ]


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        if isinstance(scalar, pa.ListScalar):
            return [_value(item) for item in scalar.values]
        if isinstance(scalar, pa.StructScalar):
            return {name: _value(item) for name, item in scalar.items()}
        text = scalar.cast(pa.string()).as_py()
        if not text.startswith("<value out of range"):
            return text
        return f"{scalar.value} {getattr(scalar.type, 'unit', 'days')} since 1970"
