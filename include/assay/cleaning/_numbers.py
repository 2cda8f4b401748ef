"""Statistics whose bits depend on neither the order of the rows nor the number of threads.

Sums of floating-point numbers do. Here each value is scaled by a power of two and rounded to a
whole number of at most 62 bits, nine more than a double has, and the whole numbers are summed in
128 bits: exact addition, in any order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ibis
from ibis import Table

BITS = 62


@dataclass(frozen=True)
class Moments:
    """Count, mean and spread; the mean is None where there is no value.

    ``squares`` is the sum of squared deviations divided by ``4 ** exponent``, which keeps it
    within range whatever the column's unit.
    """

    n: int
    mean: float | None
    squares: Fraction
    exponent: int

    def deviation(self, ddof: int) -> float | None:
        """Standard deviation with divisor n - ddof; None for n <= ddof."""
        if self.n <= ddof:
            return None
        return math.ldexp(math.sqrt(self.squares / (self.n - ddof)), self.exponent)


def finite(value: Any) -> Any:
    """A numeric Ibis value as float64, null where it is NaN or infinite."""
    number = value.cast("float64")
    return ibis.ifelse(isfinite(number), number, ibis.null("float64"))


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def isfinite(number: float) -> bool:  # type: ignore[empty-body]
    """DuckDB's own: neither NaN nor infinite."""


def is_missing(value: Any) -> Any:
    """Whether a cell is missing: null, and for floating-point numbers NaN too."""
    return ~is_present(value).fill_null(False)


def is_present(value: Any) -> Any:
    """Whether a cell has a value, null where it is null: one comparison of a floating-point one."""
    return value <= math.inf if value.type().is_floating() else value.notnull()


def measure_extremes(
    table: Table, columns: Sequence[str]
) -> dict[str, tuple[int, float | None, float | None]]:
    """Count, minimum and maximum of the finite values of many columns, in one scan."""
    if not columns:
        return {}
    parts: dict[str, Any] = {}
    for i, name in enumerate(columns):
        value = finite(table[name])
        parts |= {f"n{i}": value.count(), f"a{i}": value.min(), f"b{i}": value.max()}
    row = one_row(table.aggregate(**parts))
    return {c: (int(row[f"n{i}"]), row[f"a{i}"], row[f"b{i}"]) for i, c in enumerate(columns)}


def total(whole: Any) -> Any:
    """The sum of 64-bit numbers; DuckDB adds them in 128 bits."""
    return whole.sum().cast("decimal(38, 0)")


def one_row(expression: Any) -> dict[str, Any]:
    """The only row of an aggregate."""
    found: dict[str, Any] = expression.to_pyarrow().to_pylist()[0]
    return found
