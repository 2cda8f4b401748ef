"""Exact quantiles: order statistics with linear interpolation (Hyndman & Fan's type 7).

That is the default of NumPy and pandas. An engine's own exact quantile keeps every value in
memory. Of many rows only those near the quantile need keeping: a pilot tells between which two
values it lies, one scan counts what is below and keeps what is between, and the ranks of the
counts say whether the pilot was right, so that the result never depends on it.

References
----------
Hyndman, R. J. & Fan, Y. (1996). Sample quantiles in statistical packages. The American
Statistician 50(4), 361–365. doi:10.1080/00031305.1996.10473566
Floyd, R. W. & Rivest, R. L. (1975). Expected time bounds for selection. Communications of the ACM
18(3), 165–172. doi:10.1145/360680.360691
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.cleaning._numbers import finite, one_row
from assay.cleaning._survey import Wanted, samples, survey


def measure_quantiles(
    table: Any, asked: Mapping[str, Sequence[float]], pilot: Any | None = None
) -> dict[str, list[Any]]:
    """Exact quantiles of many columns in one scan, after the count: ``[n, q1, q2, …]``.

    NaN and infinities aren't counted; a quantile of no value is None. With a ``pilot`` (see
    ``measure_moments``) the scan needs memory for a few per cent of the values, without it for all.
    """
    if not asked:
        return {}
    found = {} if pilot is None else _near(table, asked, pilot)
    if pilot is None:
        found = _by_engine(table, asked)
    for name in asked:
        if name not in found:
            found |= _by_engine(table, {name: asked[name]})
    return {name: found[name] for name in asked}


def measure_deviation_medians(
    table: Any, centres: Mapping[str, float], pilot: Any | None = None
) -> dict[str, float]:
    """The median absolute deviation of many columns from given centres, in one scan."""

    def deviations(rows: Any) -> Any:
        return rows.select(**{n: (finite(rows[n]) - c).abs() for n, c in centres.items()})

    if not centres:
        return {}
    few = None if pilot is None else deviations(pilot)
    found = measure_quantiles(deviations(table), dict.fromkeys(centres, (0.5,)), few)
    return {name: median for name, (_, median) in found.items()}


def _by_engine(table: Any, asked: Mapping[str, Sequence[float]]) -> dict[str, list[Any]]:
    parts = {}
    for i, (name, shares) in enumerate(asked.items()):
        value = finite(table[name])
        parts[f"n{i}"] = value.count()
        parts |= {f"q{i}_{j}": value.quantile(q) for j, q in enumerate(shares)}
    row = one_row(table.aggregate(**parts))
    return {
        name: [row[f"n{i}"], *(row[f"q{i}_{j}"] for j in range(len(shares)))]
        for i, (name, shares) in enumerate(asked.items())
    }


def _near(table: Any, asked: Mapping[str, Sequence[float]], pilot: Any) -> dict[str, list[Any]]:
    """Quantiles of the columns of which the pilot said rightly where they lie."""
    few = samples(pilot, list(asked))
    wanted = {
        name: Wanted(p.frame, False, tuple(p.span(q) for q in asked[name]), p.frequent())
        for name, p in few.items()
    }
    found = {}
    for name, profile in survey(table, wanted).items():
        values = [profile.quantile(q) for q in asked[name]]
        if None not in values:
            found[name] = [profile.n, *values]
    return found
