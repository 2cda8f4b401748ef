"""Count, mean and spread of columns, the same bits in any order of rows and on any threads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ibis import Table

from assay.statistics.exact import BITS, Moments, one_row, total
from assay.statistics.profile_scan import ProfileRequest, profile_sample, scan_profiles
from assay.statistics.values import finite


def measure_moments(
    table: Table, columns: Sequence[str], sample: Table | None = None
) -> dict[str, Moments]:
    """Measure count, mean and squared deviations of many columns.

    ``sample`` is a fixed sample of the rows. It shows where the values of a column lie. One scan is
    enough for the columns whose other values lie there too; the others need three scans.

    Notes
    -----
    NaN and infinities aren't counted. The mean is an exact sum of the deviations from a centre,
    divided by the count and rounded once. The squares are about the mean: the part that comes from
    the distance between centre and mean is subtracted exactly.
    """
    if not columns:
        return {}
    found = {} if sample is None else _in_one_scan(table, columns, sample)
    rest = [name for name in columns if name not in found]
    found |= _in_three_scans(table, rest) if rest else {}
    return {name: found[name] for name in columns}


def measure_extremes(
    table: Table, columns: Sequence[str]
) -> dict[str, tuple[int, float | None, float | None]]:
    """Measure count, minimum and maximum of the finite values of many columns, in one scan."""
    if not columns:
        return {}
    parts: dict[str, Any] = {}
    for i, name in enumerate(columns):
        value = finite(table[name])
        parts |= {f"n{i}": value.count(), f"a{i}": value.min(), f"b{i}": value.max()}
    row = one_row(table.aggregate(**parts))
    return {c: (int(row[f"n{i}"]), row[f"a{i}"], row[f"b{i}"]) for i, c in enumerate(columns)}


def _in_one_scan(table: Table, columns: Sequence[str], sample: Table) -> dict[str, Moments]:
    """Measure the columns whose values all lie near those of the sample."""
    few = profile_sample(sample, columns)
    requests = {n: ProfileRequest(profile.frame, moments=True) for n, profile in few.items()}
    found = {name: profile.moments() for name, profile in scan_profiles(table, requests).items()}
    return {name: moments for name, moments in found.items() if moments is not None}


def _in_three_scans(table: Table, columns: Sequence[str]) -> dict[str, Moments]:
    """Measure the extremes, then the sums, then the squared deviations from the means."""
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


def _exact_sums(table: Table, values: Sequence[Any]) -> list[Fraction]:
    """Sum values between -1 and 1, each rounded to a multiple of 2**-62."""
    parts = {f"s{i}": total((v * 2.0**BITS).cast("int64")) for i, v in enumerate(values)}
    row = one_row(table.aggregate(**parts))
    return [Fraction(int(row[f"s{i}"] or 0), 2**BITS) for i in range(len(values))]


def _exponent(least: float | None, most: float | None) -> int:
    """The exponent of the least power of two that isn't below either magnitude."""
    return math.frexp(max(abs(least or 0.0), abs(most or 0.0)))[1]


def _scaled(value: Any, power: int) -> Any:
    """A value times a power of two, as two factors, since one may be out of range."""
    half = power // 2
    return value * 2.0**half * 2.0 ** (power - half)


def _times(value: float | None, power: int) -> float:
    return math.ldexp(value or 0.0, power)
