"""Rows that are equal to a real one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array

_ODD = np.uint64(0x9E3779B97F4A7C15)


def row_hashes(rows: CodedTable, names: Sequence[str] | None = None) -> Array:
    """One number (n,) of uint64 for each row; equal rows have equal ones.

    Parameters
    ----------
    names : sequence of str, optional
        The columns that count; all by default.

    Notes
    -----
    Each value's bits are mixed in by a multiplication and a shift. Two different rows are taken to
    be equal with probability 2⁻⁶⁴ a pair.
    """
    found = np.full(len(rows), 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for name in names if names is not None else [c.name for c in rows.columns]:
            value = rows.values[name]
            if value.dtype.kind == "f":
                value = np.where(np.isnan(value), np.inf, value + 0.0).view(np.uint64)
            found = (found ^ value.astype(np.uint64)) * _ODD
            found ^= found >> np.uint64(29)
            found *= np.uint64(0xBF58476D1CE4E5B9)
            found ^= found >> np.uint64(32)
    return found


def rare_combinations(
    real: CodedTable, least_number: int, names: Sequence[str] | None = None
) -> Array:
    """Hashes, in order, of the combinations that fewer than ``least_number`` real rows have.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.synthesis import code_table, describe_columns
    >>> rows = pa.table({"a": ["x", "x", "x", "y", "y"]})
    >>> coded = code_table(rows, describe_columns(rows, ["a"], least_number=2, most_levels=9))
    >>> np.isin(row_hashes(coded), rare_combinations(coded, 3)).tolist()
    [False, False, False, True, True]
    """
    values, counts = np.unique(row_hashes(real, names), return_counts=True)
    return np.asarray(values[counts < least_number])
