"""Statistics whose bits depend on neither the order of the rows nor the number of threads.

Sums of floating-point numbers do. Here each value is scaled by a power of two and rounded to a
whole number of at most 62 bits, nine more than a double has, and the whole numbers are summed in
128 bits: exact addition, in any order. Quantiles are in ``_quantiles.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis
import numpy as np

_BITS = 62
_HEADROOM = 6
"""How many doublings beyond the pilot's reach a value may lie before the scan is done again."""


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
    missing = value.isnull()
    return missing | value.isnan().fill_null(False) if value.type().is_floating() else missing


def measure_extremes(
    table: Any, columns: Sequence[str]
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


def measure_moments(
    table: Any, columns: Sequence[str], pilot: Any | None = None
) -> dict[str, Moments]:
    """Count, mean and squared deviations of many columns.

    Parameters
    ----------
    table : ibis.Table
        The rows.
    columns : sequence of str
        Numeric columns.
    pilot : ibis.Table, optional
        A few of the rows, always the same ones. They tell where a column's values lie, so that one
        scan does for every column that keeps to it; three are needed for the others.

    Notes
    -----
    NaN and infinities aren't counted. The mean is the correctly rounded quotient of an exact sum
    of the deviations from a centre; what the centre's distance from the mean adds to the squares
    is taken off again, exactly.
    """
    if not columns:
        return {}
    found = {} if pilot is None else _about(table, _guessed(pilot, columns))
    rest = [name for name in columns if name not in found]
    found |= _in_three_scans(table, rest) if rest else {}
    return {name: found[name] for name in columns}


def _guessed(pilot: Any, columns: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Centre and exponent of the columns that the pilot says something of."""
    found = {}
    for name, values in sampled(pilot, columns).items():
        if not len(values):
            continue
        centre = float(values[len(values) // 2])
        reach = max(values[-1] - centre, centre - values[0])
        exponent = math.frexp(reach)[1] + _HEADROOM
        if reach and abs(exponent) < 400:
            found[name] = (centre, exponent)
    return found


def sampled(pilot: Any, columns: Sequence[str]) -> dict[str, Any]:
    """The pilot's finite values of each column, in ascending order."""
    rows = pilot.select(**{f"x{i}": finite(pilot[c]) for i, c in enumerate(columns)}).to_pyarrow()
    return {c: np.sort(rows[f"x{i}"].drop_null().to_numpy()) for i, c in enumerate(columns)}


def _about(table: Any, guesses: dict[str, tuple[float, int]]) -> dict[str, Moments]:
    """Moments in one scan, of the columns whose values all lie within reach of their centre."""
    if not guesses:
        return {}
    parts: dict[str, Any] = {}
    for i, (name, (centre, exponent)) in enumerate(guesses.items()):
        part = (table[name].cast("float64") - centre) * 2.0**-exponent
        square = (part * part * 2.0**_BITS).try_cast("int64")
        parts |= {f"n{i}": finite(table[name]).count(), f"k{i}": square.count()}
        parts |= {f"q{i}": _total(square), f"s{i}": _total((part * 2.0**_BITS).try_cast("int64"))}
    row = one_row(table.aggregate(**parts))
    found = {}
    for i, (name, (centre, exponent)) in enumerate(guesses.items()):
        n = int(row[f"n{i}"])
        if row[f"k{i}"] != n or not n:
            continue
        beside = _fraction(row[f"s{i}"]) / n
        mean = float(Fraction(centre) + beside * Fraction(2) ** exponent)
        found[name] = Moments(n, mean, _fraction(row[f"q{i}"]) - n * beside**2, exponent)
    return found


def _in_three_scans(table: Any, columns: Sequence[str]) -> dict[str, Moments]:
    """Extremes, then the sums, then the squared deviations from the means."""
    edges = list(measure_extremes(table, columns).values())
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
        n = edges[i][0]
        mean = math.ldexp(centres[i], powers[i]) if n else None
        rounding = (sums[i] / max(n, 1) - Fraction(centres[i])) / Fraction(2) ** widths[i]
        exact = max(squares[i] - n * rounding**2, Fraction(0))
        found[name] = Moments(n, mean, exact, powers[i] + widths[i])
    return found


def _exact_sums(table: Any, values: Sequence[Any]) -> list[Fraction]:
    """Sums of values within -1 and 1, each value rounded to a multiple of 2**-62."""
    parts = {f"s{i}": _total((v * 2.0**_BITS).cast("int64")) for i, v in enumerate(values)}
    row = one_row(table.aggregate(**parts))
    return [_fraction(row[f"s{i}"]) for i in range(len(values))]


def _total(whole: Any) -> Any:
    """The sum of 64-bit numbers; DuckDB adds them in 128 bits."""
    return whole.sum().cast("decimal(38, 0)")


def _fraction(total: Decimal | None) -> Fraction:
    return Fraction(int(total or 0), 2**_BITS)


def _exponent(least: float | None, most: float | None) -> int:
    """The least power of two not below either magnitude."""
    return math.frexp(max(abs(least or 0.0), abs(most or 0.0)))[1]


def _scaled(value: Any, power: int) -> Any:
    """A value times a power of two, in two factors because one may be out of range."""
    half = power // 2
    return value * 2.0**half * 2.0 ** (power - half)


def _times(value: float | None, power: int) -> float:
    return math.ldexp(value or 0.0, power)


def one_row(expression: Any) -> dict[str, Any]:
    """The only row of an aggregate."""
    found: dict[str, Any] = expression.to_pyarrow().to_pylist()[0]
    return found
