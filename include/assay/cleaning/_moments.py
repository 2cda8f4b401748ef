"""Count, mean and spread of columns, the same bits over any order of rows and any threads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from assay.cleaning._numbers import BITS, Moments, finite, measure_extremes, one_row, total
from assay.cleaning._survey import Wanted, samples, survey


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
    found = {} if pilot is None else _in_one_scan(table, columns, pilot)
    rest = [name for name in columns if name not in found]
    found |= _in_three_scans(table, rest) if rest else {}
    return {name: found[name] for name in columns}


def _in_one_scan(table: Any, columns: Sequence[str], pilot: Any) -> dict[str, Moments]:
    """Moments of the columns whose values all lie within reach of where the pilot's lie."""
    wanted = {n: Wanted(p.frame, moments=True) for n, p in samples(pilot, columns).items()}
    found = {name: profile.moments() for name, profile in survey(table, wanted).items()}
    return {name: moments for name, moments in found.items() if moments is not None}


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
    parts = {f"s{i}": total((v * 2.0**BITS).cast("int64")) for i, v in enumerate(values)}
    row = one_row(table.aggregate(**parts))
    return [_fraction(row[f"s{i}"]) for i in range(len(values))]


def _fraction(whole: Decimal | None) -> Fraction:
    return Fraction(int(whole or 0), 2**BITS)


def _exponent(least: float | None, most: float | None) -> int:
    """The least power of two not below either magnitude."""
    return math.frexp(max(abs(least or 0.0), abs(most or 0.0)))[1]


def _scaled(value: Any, power: int) -> Any:
    """A value times a power of two, in two factors because one may be out of range."""
    half = power // 2
    return value * 2.0**half * 2.0 ** (power - half)


def _times(value: float | None, power: int) -> float:
    return math.ldexp(value or 0.0, power)
