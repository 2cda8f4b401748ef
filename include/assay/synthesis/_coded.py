"""Rows as numbers and codes of levels, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.synthesis._columns import Array, Column, numbers_of


@dataclass(frozen=True)
class CodedTable:
    """Rows by column: numbers as they are, levels by their place.

    Parameters
    ----------
    columns : tuple of Column
    values : mapping of str to array (n,)
        Float64 of a number, NaN where it is missing. Of a column of k levels the place of each
        row's level, k where it is missing, k + 1 for a level that isn't among them.
    """

    columns: tuple[Column, ...]
    values: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.values.values()))) if self.values else 0

    def take(self, rows: Array | slice) -> CodedTable:
        """Some rows: their places, a mask or a range."""
        return CodedTable(self.columns, {name: v[rows] for name, v in self.values.items()})

    @property
    def known(self) -> Array:
        """Which rows (n,) have no level that isn't among their column's."""
        found = np.ones(len(self), dtype=bool)
        for column in self.columns:
            if column.levels is not None:
                found &= self.values[column.name] <= len(column.levels)
        return found


def code_table(rows: pa.Table, columns: Sequence[Column]) -> CodedTable:
    """Rows as numbers and codes.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.synthesis._columns import describe_columns
    >>> rows = pa.table({"job": ["b", "a", None, "a", "b"]})
    >>> columns = describe_columns(rows, ["job"], least_number=2, most_levels=9)
    >>> code_table(rows, columns).values["job"].tolist()
    [1, 0, 2, 0, 1]
    """
    found = {
        c.name: numbers_of(rows.column(c.name)) if c.levels is None else _codes(rows, c)
        for c in columns
    }
    return CodedTable(tuple(columns), found)


def _codes(rows: pa.Table, column: Column) -> Array:
    given = rows.column(column.name)
    levels = pa.array(column.levels, column.type)
    place = pc.index_in(given, levels).fill_null(len(levels) + 1)
    found = np.asarray(place.to_numpy(), dtype=np.intp)
    found[np.asarray(given.is_null().to_numpy(), dtype=bool)] = len(levels)
    return found


def decode_table(coded: CodedTable) -> pa.Table:
    """Rows with values in their columns' types."""
    return pa.table({c.name: _values(c, coded.values[c.name]) for c in coded.columns})


def _values(column: Column, coded: Array) -> pa.Array:
    if column.levels is not None:
        values = pa.array([*column.levels, None], column.type)
        return values.take(pa.array(np.minimum(coded, len(column.levels))))
    missing = np.isnan(coded)
    if pa.types.is_floating(column.type):
        return pa.array(coded, pa.float64(), mask=missing).cast(column.type)
    whole = pa.array(np.where(missing, 0, np.rint(coded)).astype(np.int64), mask=missing)
    if pa.types.is_date(column.type):
        return whole.cast(pa.int32()).cast(pa.date32()).cast(column.type)
    return whole.cast(column.type)
