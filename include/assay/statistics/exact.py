"""Exact sums: the same bits in any order of the rows and on any number of threads.

A sum of floating-point numbers depends on their order. Here each value is scaled by a power of two
and rounded to a whole number of at most 62 bits, nine more than a double has. The whole numbers are
summed in 128 bits, which is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

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


def total(whole: Any) -> Any:
    """The sum of 64-bit numbers, which DuckDB adds in 128 bits."""
    return whole.sum().cast("decimal(38, 0)")


def one_row(expression: Any) -> dict[str, Any]:
    """The only row of an aggregate."""
    found: dict[str, Any] = expression.to_pyarrow().to_pylist()[0]
    return found
