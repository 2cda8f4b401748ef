"""Functions that Ibis doesn't have, or that an engine has in a faster form.

Each is DuckDB's own function under a name of ours. Another engine gets its own form of it here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
import ibis.expr.datatypes as types
import ibis.expr.types as ir
import pyarrow as pa
from ibis import Table

if TYPE_CHECKING:
    from assay.engine._session import Session


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def count_if(condition: bool) -> int:  # type: ignore[empty-body]
    """Number of rows in which a condition is true, null without rows; faster than a sum."""


@ibis.udf.agg.builtin(name="min")  # type: ignore[untyped-decorator]
def least_integers(values: int, n: int) -> types.Array[types.int64]:
    """The ``n`` least whole numbers, in ascending order; null without numbers."""


@ibis.udf.agg.builtin(name="arg_min")  # type: ignore[untyped-decorator]
def integers_by_least(values: int, by: types.uint64, n: int) -> types.Array[types.int64]:
    """The ``n`` whole numbers at the least values of another column; null without numbers."""


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def seeded_hash(number: int, seed: str) -> types.uint64:
    """A hash of a number that another seed gives otherwise, the same on any number of threads."""


@ibis.udf.scalar.builtin(name="strlen")  # type: ignore[untyped-decorator]
def bytes_of(text: str) -> int:  # type: ignore[empty-body]
    """Number of bytes of a text in UTF-8."""


@ibis.udf.agg.builtin(name="quantile_disc")  # type: ignore[untyped-decorator]
def values_at_quantiles(
    values: float, quantiles: types.Array[types.float64]
) -> types.Array[types.float64]:
    """Exact order statistics as :func:`value_at_quantile`, which keep the values once for all."""


@ibis.udf.agg.builtin(name="quantile_disc")  # type: ignore[untyped-decorator]
def value_at_quantile(values: float, quantile: float) -> float:  # type: ignore[empty-body]
    """Exact order statistic: the value at rank ``ceil(quantile * n)``."""


@ibis.udf.agg.builtin(name="bitstring_agg")  # type: ignore[untyped-decorator]
def _bits(number: int, least: int, most: int) -> types.binary: ...


@ibis.udf.scalar.builtin(name="bit_count")  # type: ignore[untyped-decorator]
def _bit_count(bits: types.binary) -> int: ...  # type: ignore[empty-body]


def count_whole_numbers(number: ir.IntegerColumn, least: int, most: int) -> ir.IntegerScalar:
    """Number of different whole numbers from ``least`` to ``most``, by one bit for each."""
    return _bit_count(_bits(number, least, most))


@ibis.udf.scalar.builtin(name="isfinite")  # type: ignore[untyped-decorator]
def is_finite(number: float) -> bool:  # type: ignore[empty-body]
    """Whether a number is neither NaN nor infinite."""


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def try_strptime(text: str, form: str) -> datetime:  # type: ignore[empty-body]
    """The moment that a text gives by a format, null where it doesn't fit."""


def without_nan(table: Table) -> Table:
    """The table with NaN as null.

    Not by ``nullif``: the engine drops that where a Parquet file has statistics, because they pass
    over NaN.
    """
    floats = [name for name, kind in table.schema().items() if kind.is_floating()]
    found: dict[str, Any] = {n: ibis.ifelse(table[n].isnan(), None, table[n]) for n in floats}
    return table.mutate(**found) if floats else table


def null_on_error(value: ir.Value) -> ir.Value:
    """The value, or null in each row where its computation fails."""
    kind = value.type()
    attempt: Any = ibis.udf.scalar.builtin(
        lambda value: value, name="try", signature=((kind,), kind)
    )
    return attempt(value)


@ibis.udf.agg.builtin(name="max")  # type: ignore[untyped-decorator]
def greatest_numbers(values: float, n: int) -> types.Array[types.float64]:
    """The ``n`` greatest numbers, in descending order; null without numbers."""


@ibis.udf.agg.builtin(name="min")  # type: ignore[untyped-decorator]
def least_numbers(values: float, n: int) -> types.Array[types.float64]:
    """The ``n`` least numbers, in ascending order; null without numbers."""


def row_hash(table: Table) -> ir.IntegerColumn:
    """A hash of each row, from 0, the same on any number of threads."""
    row = ibis.struct({name: table[name] for name in table.columns})
    kind = row.type()
    hashed: Any = ibis.udf.scalar.builtin(
        lambda row: row, name="hash", signature=((kind,), "uint64")
    )
    return hashed(row)


def define_function(
    session: Session, name: str, function: Callable[[pa.Array], pa.Array], kind: str
) -> None:
    """Let a session's SQL call a Python function until the session ends.

    Parameters
    ----------
    name : str
        One name is one function: where the session knows the name, nothing is done.
    function : callable
        Takes a block of values and gives as many of the same type; either may be null.
    kind : str
        The engine's name of the type.
    """

    def of_block(block: pa.Array) -> pa.Array:
        return function(block)

    with suppress(duckdb.NotImplementedException, duckdb.CatalogException):
        session.backend.con.create_function(
            name, of_block, [kind], kind, type="arrow", null_handling="special"
        )
