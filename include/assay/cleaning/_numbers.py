"""Statistics whose bits depend on neither the order of the rows nor the number of threads.

Sums of floating-point numbers do. Here each value is scaled by a power of two and rounded to a
whole number of at most 80 bits, and the whole numbers are summed in 128 bits: exact addition, in
any order, with a rounding far below that of a double. Quantiles are exact order statistics with
linear interpolation (Hyndman & Fan's type 7, the default of NumPy and pandas).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis

_BITS = 80


@dataclass(frozen=True)
class Moments:
    """Count, extremes, mean and spread; None where there is no value.

    ``squares`` is the sum of squared deviations divided by ``4 ** exponent``, which keeps it
    within range whatever the column's unit.
    """

    n: int
    least: float | None
    most: float | None
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
    return ibis.ifelse(number.isnan() | number.isinf(), ibis.null("float64"), number)


def is_missing(value: Any) -> Any:
    """Whether a cell is missing: null, and for floating-point numbers NaN too."""
    missing = value.isnull()
    return missing | value.isnan().fill_null(False) if value.type().is_floating() else missing


def measure_quantiles(table: Any, asked: Mapping[str, Sequence[float]]) -> dict[str, list[Any]]:
    """Exact quantiles of many columns in one scan, after the count: ``[n, q1, q2, …]``."""
    if not asked:
        return {}
    columns = list(asked)
    parts = {}
    for i, name in enumerate(columns):
        value = finite(table[name])
        parts[f"n{i}"] = value.count()
        for j, q in enumerate(asked[name]):
            parts[f"q{i}_{j}"] = value.quantile(q)
    row = _row(table.aggregate(**parts))
    return {
        name: [row[f"n{i}"], *(row[f"q{i}_{j}"] for j in range(len(asked[name])))]
        for i, name in enumerate(columns)
    }


def measure_deviation_medians(table: Any, centres: Mapping[str, float]) -> dict[str, float]:
    """The median absolute deviation of many columns from given centres, in one scan."""
    if not centres:
        return {}
    names = list(centres)
    parts = {
        f"m{i}": (finite(table[n]) - centres[n]).abs().quantile(0.5) for i, n in enumerate(names)
    }
    row = _row(table.aggregate(**parts))
    return {name: row[f"m{i}"] for i, name in enumerate(names)}


def measure_moments(table: Any, columns: Sequence[str]) -> dict[str, Moments]:
    """Count, extremes, mean and squared deviations of many columns, in three scans in all.

    Notes
    -----
    NaN and infinities aren't counted. The mean is the correctly rounded quotient of an exact sum;
    the deviations are taken from it, and what its rounding adds to them is taken off again.
    """
    if not columns:
        return {}
    shape = _row(
        table.aggregate(
            **{f"n{i}": finite(table[c]).count() for i, c in enumerate(columns)},
            **{f"a{i}": finite(table[c]).min() for i, c in enumerate(columns)},
            **{f"b{i}": finite(table[c]).max() for i, c in enumerate(columns)},
        )
    )
    edges = [(int(shape[f"n{i}"]), shape[f"a{i}"], shape[f"b{i}"]) for i in range(len(columns))]
    powers = [_exponent(least, most) for _, least, most in edges]
    values = [_scaled(finite(table[c]), -p) for c, p in zip(columns, powers, strict=True)]
    sums = _exact_sums(table, values)
    centres = [float(s / max(e[0], 1)) for s, e in zip(sums, edges, strict=True)]
    widths = [
        _exponent(_times(e[1], -p) - c, _times(e[2], -p) - c)
        for e, p, c in zip(edges, powers, centres, strict=True)
    ]
    deviations = [_scaled(v - c, -w) ** 2 for v, c, w in zip(values, centres, widths, strict=True)]
    squares = _exact_sums(table, deviations)
    found = {}
    for i, name in enumerate(columns):
        n, least, most = edges[i]
        mean = math.ldexp(centres[i], powers[i]) if n else None
        rounding = (sums[i] / max(n, 1) - Fraction(centres[i])) / Fraction(2) ** widths[i]
        exact = max(squares[i] - n * rounding**2, Fraction(0))
        found[name] = Moments(n, least, most, mean, exact, powers[i] + widths[i])
    return found


def _exact_sums(table: Any, values: Sequence[Any]) -> list[Fraction]:
    """Sums of values within -1 and 1, each value rounded to a multiple of 2**-80."""
    parts = {
        f"s{i}": (value * 2.0**_BITS).cast("decimal(38, 0)").sum() for i, value in enumerate(values)
    }
    row = _row(table.aggregate(**parts))
    return [Fraction(Decimal(row[f"s{i}"] or 0)) / 2**_BITS for i in range(len(values))]


def _exponent(least: float | None, most: float | None) -> int:
    """The least power of two not below either magnitude."""
    return math.frexp(max(abs(least or 0.0), abs(most or 0.0)))[1]


def _scaled(value: Any, power: int) -> Any:
    """A value times a power of two, in two factors because one may be out of range."""
    half = power // 2
    return value * 2.0**half * 2.0 ** (power - half)


def _times(value: float | None, power: int) -> float:
    return math.ldexp(value or 0.0, power)


def _row(expression: Any) -> dict[str, Any]:
    found: dict[str, Any] = expression.to_pyarrow().to_pylist()[0]
    return found
