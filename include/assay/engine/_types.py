"""Types, names and rounding that all of the engine agrees on."""

from __future__ import annotations

from typing import Any, Final

from assay.synthetic import SYNTHETIC

ROW: Final = "__row"
"""The number of a row in its file; of a landed row its place in the source."""
BATCH: Final = "__batch"
"""The number of the file that a row is from, where several were opened as one table."""
ID: Final = "__id"
"""The number of a row in a version: its place in an order that only the version's key gives."""
DTYPES: Final = {
    "string": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
"""Logical type of a contract → Ibis dtype."""


def data_columns(table: Any) -> list[str]:
    """Names of a table's own columns, without the system's.

    These begin with ``__``; ``__synthetic`` does, too, and is of the data.
    """
    return [n for n in table.columns if not n.startswith("__") or n == SYNTHETIC]


def quoted(name: str) -> str:
    """An identifier, quoted for DuckDB's SQL.

    Examples
    --------
    >>> quoted("a b") == '"a b"'
    True
    """
    return '"' + name.replace('"', '""') + '"'


def round12(value: float) -> float:
    """A number to 12 significant digits, so that an order of summation doesn't show.

    Examples
    --------
    >>> round12(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.12g}")
