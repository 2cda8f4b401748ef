"""Exact quantiles: order statistics with linear interpolation (Hyndman & Fan's type 7).

That is the default of NumPy and pandas. An engine's own exact quantile keeps every value in
memory. For many rows it is enough to keep the values near the quantile. A sample of the rows gives
two values between which the quantile lies. One scan counts the values below and keeps those
between. The counts show whether the quantile does lie there. If it doesn't, the column is scanned
again without the sample, so the result never depends on it.

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

from ibis import Table

from assay.statistics.exact import one_row
from assay.statistics.profile_scan import ProfileRequest, profile_sample, scan_profiles
from assay.statistics.values import finite


def measure_quantiles(
    table: Table, asked: Mapping[str, Sequence[float]], sample: Table | None = None
) -> dict[str, list[Any]]:
    """Measure exact quantiles of many columns in one scan: ``[n, q1, q2, …]`` by column.

    NaN and infinities aren't counted; a quantile of no value is None. With a ``sample`` (see
    ``measure_moments``) the scan holds a few per cent of the values in memory, without it all.
    """
    if not asked:
        return {}
    found = _by_engine(table, asked) if sample is None else _by_sample(table, asked, sample)
    for name in [name for name in asked if name not in found]:
        found |= _by_engine(table, {name: asked[name]})
    return {name: found[name] for name in asked}


def measure_deviation_medians(
    table: Table, centres: Mapping[str, float], sample: Table | None = None
) -> dict[str, float]:
    """Measure the median absolute deviation of many columns from given centres, in one scan."""

    def deviations(rows: Any) -> Any:
        return rows.select(**{n: (finite(rows[n]) - c).abs() for n, c in centres.items()})

    if not centres:
        return {}
    few = None if sample is None else deviations(sample)
    found = measure_quantiles(deviations(table), dict.fromkeys(centres, (0.5,)), few)
    return {name: median for name, (_, median) in found.items()}


def _by_engine(table: Table, asked: Mapping[str, Sequence[float]]) -> dict[str, list[Any]]:
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


def _by_sample(
    table: Table, asked: Mapping[str, Sequence[float]], sample: Table
) -> dict[str, list[Any]]:
    """Measure the quantiles that lie where the sample shows."""
    few = profile_sample(sample, list(asked))
    wanted = {
        name: ProfileRequest(p.frame, False, tuple(p.span(q) for q in asked[name]), p.frequent())
        for name, p in few.items()
    }
    found = {}
    for name, profile in scan_profiles(table, wanted).items():
        values = [profile.quantile(q) for q in asked[name]]
        if None not in values:
            found[name] = [profile.n, *values]
    return found
