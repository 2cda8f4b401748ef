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

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np

from assay.cleaning._numbers import finite, one_row, sampled

_BLOCK = 122_880
_FEW = 200
"""Values that a pilot needs to say anything."""


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


@dataclass
class _Between:
    """What was seen of one column below, at, between and at two values."""

    low: float
    high: float
    below: int = 0
    at_low: int = 0
    at_high: int = 0
    kept: list[Any] = field(default_factory=list)

    def see(self, values: Any) -> None:
        self.below += int(np.count_nonzero(values < self.low))
        self.at_low += int(np.count_nonzero(values == self.low))
        if self.low < self.high:
            self.at_high += int(np.count_nonzero(values == self.high))
            self.kept.append(values[(values > self.low) & (values < self.high)])

    def ranked(self, *ranks: int) -> list[float] | None:
        """The values of some ranks, counted from 0; None where one of them lies elsewhere."""
        between = np.concatenate([*self.kept, np.empty(0)])
        first = self.below + self.at_low
        last = first + len(between)
        inside = sorted({r - first for r in ranks if first <= r < last})
        between = np.partition(between, inside) if inside else between
        found = []
        for rank in ranks:
            if not self.below <= rank < last + self.at_high:
                return None
            value = between[rank - first] if first <= rank < last else None
            found.append(float(value if value is not None else self._end(rank < first)))
        return found

    def _end(self, lower: bool) -> float:
        return self.low if lower else self.high


def _near(table: Any, asked: Mapping[str, Sequence[float]], pilot: Any) -> dict[str, list[Any]]:
    """Quantiles of the columns of which the pilot said rightly where they lie."""
    few = {n: v for n, v in sampled(pilot, list(asked)).items() if len(v) >= _FEW}
    sought = {n: [_interval(v, q) for q in asked[n]] for n, v in few.items()}
    if not sought:
        return {}
    counts = dict.fromkeys(sought, 0)
    blocks = table.select(
        **{f"x{i}": ibis.coalesce(finite(table[n]), math.nan) for i, n in enumerate(sought)}
    ).to_pyarrow_batches(chunk_size=_BLOCK)
    for block in blocks:
        for i, (name, intervals) in enumerate(sought.items()):
            values = block.column(i).to_numpy(zero_copy_only=False)
            counts[name] += len(values) - int(np.count_nonzero(np.isnan(values)))
            for interval in intervals:
                interval.see(values)
    found = {}
    for name, n in counts.items():
        values = [_value(seen, n, q) for seen, q in zip(sought[name], asked[name], strict=True)]
        if None not in values:
            found[name] = [n, *values]
    return found


def _interval(values: Any, share: float) -> _Between:
    """Two values of the pilot between which the quantile of all rows almost surely lies."""
    m = len(values)
    reach = 5 * math.sqrt(m * share * (1 - share)) + 0.002 * m + 2
    low, high = math.floor((m - 1) * share - reach), math.ceil((m - 1) * share + reach)
    return _Between(
        float(values[low]) if low >= 0 else -math.inf,
        float(values[high]) if high < m else math.inf,
    )


def _value(seen: _Between, n: int, share: float) -> float | None:
    at = (n - 1) * share
    rank = math.floor(at)
    found = seen.ranked(rank, min(rank + 1, n - 1)) if n else None
    if found is None:
        return None
    below, above = found
    return below + (above - below) * (at - rank) if above > below else below
