"""How much the earlier versions of a data set differ, and the band that they predict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Final

import ibis.expr.types as ir
from ibis import Table

from assay.engine import Session, round12
from assay.engine.functions import value_at_quantile
from assay.onboarding.evidence._column_names import names_period
from assay.onboarding.evidence._columns import (
    ColumnEvidence,
    Progress,
    TableEvidence,
    few_of,
    silent,
)
from assay.onboarding.evidence._data_view import (
    Aggregates,
    Level,
    data_view,
)
from assay.onboarding.evidence._many_columns import measure_aggregates, measure_levels

LEAST_VERSIONS: Final = 4
"""With fewer batches their spread can't be estimated."""
_MOST_LEVELS: Final = 1000
CHANCE: Final = 0.01
"""How often an ordinary batch may be outside of what the earlier ones predict."""


@dataclass(frozen=True)
class Version:
    """One earlier version: its rows, and of each column nulls, mean, extremes and levels."""

    label: str
    rows: int
    nulls: Mapping[str, int]
    means: Mapping[str, float]
    medians: Mapping[str, float]
    lows: Mapping[str, float]
    highs: Mapping[str, float]
    levels: Mapping[str, Mapping[Level, int]] = field(repr=False)

    def numbers(self, name: str) -> list[float]:
        """The numbers that a column holds; of many, the ends and the mean."""
        if name in self.levels:
            return [float(level) for level in self.levels[name]]
        return few_of(self.lows.get(name), self.means.get(name), self.highs.get(name))


def measure_versions(
    session: Session, versions: Sequence[tuple[str, Table]], evidence: TableEvidence,
    progress: Progress = silent,
) -> list[Version]:  # fmt: skip
    """Measure earlier versions, one scan each, and one more for each column that has levels."""
    found = []
    for i, (label, table) in enumerate(versions):
        progress(f"earlier version {i + 1} of {len(versions)}: {label}")
        found.append(_version(session, label, table, evidence))
    return found


def _version(session: Session, label: str, table: Table, evidence: TableEvidence) -> Version:
    view, types, _ = data_view(session, table)
    same = [c for n, c in evidence.columns.items() if types.get(n) == c.type]
    numbers = {c.name for c in same if c.numeric and not c.hidden}
    wanted = {name: _aggregates(view[name], name in numbers) for name in types}
    rows, found = measure_aggregates(session, view, wanted)
    return Version(
        label, rows,
        nulls={name: rows - int(found[name]["present"]) for name in types},
        means=_finite({name: found[name]["mean"] for name in numbers}),
        medians=_finite({name: found[name]["median"] for name in numbers}),
        lows=_finite({name: found[name]["low"] for name in numbers}),
        highs=_finite({name: found[name]["high"] for name in numbers}),
        levels=measure_levels(
            session, view, {c.name: c.padded > 0 for c in same if c.levels is not None}, rows,
            _MOST_LEVELS,
        ),
    )  # fmt: skip


def _aggregates(value: ir.Column, numeric: bool) -> Aggregates:
    counts = {"present": value.count()}
    if not numeric:
        return counts
    x = value.cast("float64")
    middle = {"mean": x.mean(), "median": value_at_quantile(x, 0.5)}
    return counts | middle | {"low": x.min(), "high": x.max()}


def _finite(values: Mapping[str, float | None]) -> dict[str, float]:
    return {n: round12(v) for n, v in values.items() if v is not None and math.isfinite(v)}


def names_batch(
    column: ColumnEvidence, versions: Sequence[Version], *, several: bool = False
) -> bool:
    """Whether a column names the batch: one value in all rows, and another in each batch.

    Where ``several`` batches are read at once, each is one of the versions.
    """
    if column.distinct != 1 and not several:
        return False
    if not versions:
        return names_period(column.name)
    spans = [(v.lows.get(column.name), v.highs.get(column.name)) for v in versions]
    return all(low == high for low, high in spans) and len(set(spans)) > 1


def prediction_band(values: Sequence[float]) -> tuple[float, float]:
    """The interval in which the next batch's number lies with probability .99.

    Notes
    -----
    mean ± t(.995, v − 1) · s · √(1 + 1/v) for v batches whose numbers are about normal: a
    prediction interval, wider than a confidence interval of their mean. It takes no account of
    trend or season.

    References
    ----------
    Hahn, G. J., & Meeker, W. Q. (1991). Statistical Intervals: A Guide for Practitioners, ch. 4.
    Wiley. doi:10.1002/9780470316771

    Examples
    --------
    >>> [round(x, 3) for x in prediction_band([9.0, 10.0, 11.0, 10.0])]
    [4.668, 15.332]
    """
    mean, half = fmean(values), prediction_half(stdev(values), len(values))
    return mean - half, mean + half


def prediction_half(spread: float, v: int) -> float:
    """How far the next number lies from the mean of v at most, with probability .99.

    ``spread`` is their standard deviation with v − 1 degrees of freedom.
    """
    from scipy.stats import t

    return float(t.ppf(1 - CHANCE / 2, v - 1)) * spread * math.sqrt(1 + 1 / v)
