"""The rows of a segment, in any table that has its columns, and the segment as an expression."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.feedback._rows import MISSING, Array, floats, missing, refuse_missing, texts

Where = tuple[tuple[str, str], ...]
"""Column and level of each condition, as a segment names them."""


def rows_where(where: Where, rows: pa.Table) -> Array:
    """Mask (n,) of the rows in which each column has its level.

    Examples
    --------
    >>> rows = pa.table({"origin": ["EWR", "EWR", "JFK"], "hour": [20, 9, 20]})
    >>> rows_where((("origin", "EWR"), ("hour", ">18")), rows)
    array([ True, False, False])
    """
    refuse_missing(rows, [column for column, _ in where])
    found = np.ones(rows.num_rows, dtype=bool)
    for column, level in where:
        found &= _of_level(rows[column], level)
    return found


def _of_level(column: pa.ChunkedArray, level: str) -> Array:
    ends = _ends(column, level)
    if ends is None:
        values = texts(column)
        return missing(values) if level == MISSING else np.asarray(values == level, dtype=bool)
    values = floats(column)
    with np.errstate(invalid="ignore"):
        return np.asarray((values > ends[0]) & (values <= ends[1]), dtype=bool)


def _ends(column: pa.ChunkedArray, level: str) -> tuple[float, float] | None:
    """The ends of a range of numbers, the lower one outside; None for a level by name."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return None
    if level[:1] == "≤":
        return -np.inf, float(level[1:])
    if level[:1] == ">":
        return float(level[1:]), np.inf
    low, between, high = level.partition("–")
    return (float(low), float(high)) if between else None


def filter_of(where: Where, rows: pa.Table) -> str:
    """The same rows in the small grammar of expressions.

    Examples
    --------
    >>> rows = pa.table({"origin": ["EWR"], "hour": [20]})
    >>> filter_of((("origin", "EWR"), ("hour", ">18")), rows)
    "origin = 'EWR' and hour > 18"
    """
    return " and ".join(_condition(rows[column], column, level) for column, level in where)


def _condition(column: pa.ChunkedArray, name: str, level: str) -> str:
    if level == MISSING:
        return f"{name} is null"
    ends = _ends(column, level)
    if ends is None:
        number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        plain = number or pa.types.is_boolean(column.type)
        quoted = level if plain else "'" + level.replace("'", "''") + "'"
        return f"{name} = {quoted}"
    low, high = ends
    parts = [f"{name} > {low:g}"] if np.isfinite(low) else []
    parts += [f"{name} <= {high:g}"] if np.isfinite(high) else []
    return " and ".join(parts)
