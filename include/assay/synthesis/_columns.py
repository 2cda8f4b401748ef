"""What is known of each column before rows are made like it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.errors import InputError

Array = np.ndarray[Any, Any]

FEW: Final = 20
"""Different values, each in enough rows, up to which numbers are levels."""
MOST_DECIMALS: Final = 6
_DO: Final = "Leave it out: `leave_out` of the policy, --without of assay augment."


@dataclass(frozen=True)
class Column:
    """One column: either its levels, or the range of its numbers.

    Parameters
    ----------
    levels : tuple or None
        The values that may come out, in an order; None for numbers, dates and moments.
    decimals : int or None
        Of its numbers: digits behind the point; None where they have more than six.
    low, high : float
        Of its numbers: the ends. Each is the mean of the ``least_number`` most extreme values, so
        that no single row's value is an end.
    missing : bool
        Whether a value may be missing.
    type : pyarrow.DataType
        The type of the column in the rows.
    """

    name: str
    levels: tuple[Any, ...] | None
    decimals: int | None
    low: float
    high: float
    missing: bool
    type: pa.DataType

    @property
    def number(self) -> bool:
        """Whether it has numbers, not levels."""
        return self.levels is None

    def rounded(self, values: Array) -> Array:
        """Numbers within the column's ends, with as many decimals as it has."""
        inside = np.clip(values, self.low, self.high)
        return inside if self.decimals is None else np.round(inside, self.decimals)


def describe_columns(
    rows: pa.Table, names: Sequence[str], *, closed: Collection[str] = (), least_number: int,
    most_levels: int,
) -> tuple[Column, ...]:  # fmt: skip
    """Describe the columns of some rows.

    Parameters
    ----------
    rows : pyarrow.Table
    names : sequence of str
        Columns to describe, in this order.
    closed : collection of str
        Columns whose levels the contract lists: all of their levels may come out. Of another
        column a level may come out that ``least_number`` rows have.
    least_number : int
        Rows that must share a level, and values that an end is the mean of.
    most_levels : int
        Levels that a column may have.

    Raises
    ------
    InputError
        If a column has a type or a number of levels from which nothing can be learned.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.table({"job": ["a", "a", "b", "a"], "pay": [0.5, 1.5, 2.5, 4.5]})
    >>> job, pay = describe_columns(rows, ["job", "pay"], least_number=2, most_levels=9)
    >>> job.levels, pay.low, pay.high, pay.decimals
    (('a',), 1.0, 3.5, 1)
    """
    return tuple(
        _described(name, rows.column(name), name in closed, least_number, most_levels)
        for name in names
    )


def numbers_of(column: pa.ChunkedArray) -> Array:
    """Numbers, dates and moments as float64 (n,), NaN where one is missing."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    elif pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=float)


def _described(name: str, column: pa.ChunkedArray, closed: bool, least: int, most: int) -> Column:
    missing = bool(column.null_count)
    if not _has_levels(name, column):
        return _number(name, column, missing, least)
    counts = pc.value_counts(column.drop_null())
    shared = [
        pair["values"].as_py() for pair in counts if closed or pair["counts"].as_py() >= least
    ]
    numeric = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if numeric and not closed and not 0 < len(shared) == len(counts) <= FEW:
        return _number(name, column, missing, least)
    if len(shared) > most or not shared:
        raise InputError(
            "nothing can be learned from a column with so many levels, or so rare ones",
            where=name, got=f"{len(counts)} levels, {len(shared)} in {least} rows or more",
            expected=f"1 to {most} levels that {least} rows share",
            do=_DO,
        )  # fmt: skip
    return Column(name, tuple(sorted(shared)), None, 0.0, 0.0, missing, column.type)


def _has_levels(name: str, column: pa.ChunkedArray) -> bool:
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return False
    known = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string,
             pa.types.is_large_string)  # fmt: skip
    if not any(is_kind(kind) for is_kind in known):
        raise InputError(
            "nothing can be learned from a column of this type", where=name, got=str(kind),
            expected="numbers, texts, booleans, dates or moments",
            do=_DO,
        )  # fmt: skip
    return True


def _number(name: str, column: pa.ChunkedArray, missing: bool, least: int) -> Column:
    values = numbers_of(column)
    values = np.sort(values[np.isfinite(values)])
    if not len(values):
        raise InputError("the column has no value", where=name, expected="a value in some row",
                         do=_DO)  # fmt: skip
    low, high = float(values[:least].mean()), float(values[-least:].mean())
    decimals = next((d for d in range(MOST_DECIMALS + 1) if (np.round(values, d) == values).all()),
                    None)  # fmt: skip
    return Column(name, None, decimals, low, high, missing, column.type)
