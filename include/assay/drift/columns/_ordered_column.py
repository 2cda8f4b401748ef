"""An ordered column: its test, its effects, its distribution over the reference's deciles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from assay.drift._measurements import Cell, ColumnDrift, Effect
from assay.drift.columns._column_task import Array, ColumnTask, divergences
from assay.drift.columns._ordered_counts import OrderedCounts, count_ordered
from assay.drift.effects import _null_quantiles
from assay.drift.tests import _anderson_darling, _kolmogorov_smirnov
from assay.drift.tests._chi_square import permutation_p, permuted
from assay.engine import round12
from assay.statistics.sorted_blocks import Block

_FEW: Final = 30
"""Up to so many distinct values Anderson-Darling's limit law rejects too often: a permutation."""
_PERMUTED: Final = 2_000
"""Most distinct values under permutations; beyond, ties are rare enough for the law without."""


def compare_ordered(
    blocks: Iterable[Block], task: ColumnTask, test: str, time: bool, common: dict[str, Any]
) -> ColumnDrift:
    """One ordered column of reference and batch: its test, its effects, its bins.

    Parameters
    ----------
    blocks : iterable
        Distinct values in order with both counts (:func:`~assay.statistics.sorted_blocks.merged`).
    time : bool
        Whether values are microseconds.
    common : dict
        Fields of the result that are known already; without a value on either side it has no
        statistic.
    """
    n, m = common["n_reference"], common["n_current"]
    if not n or not m:
        return ColumnDrift(**common)
    seen = count_ordered(blocks, n, m, anderson=test == "anderson_darling")
    statistic, p, law = _ordered_test(seen, test, task)
    return ColumnDrift(
        statistic=round12(statistic),
        p=p,
        law=law,
        effects=_ordered_effects(seen, task),
        cells=() if task.classified else _bins(seen, common, time),
        **common,
    )


def _ordered_test(seen: OrderedCounts, test: str, task: ColumnTask) -> tuple[float, float, str]:
    """Statistic, p and the law that p comes from."""
    if test == "anderson_darling" and seen.counts is not None and seen.distinct <= _FEW:
        simulated = permuted(seen.counts, task.level, task.rng, _anderson_darling.statistics)
        return seen.a2, permutation_p(seen.a2, simulated), "permutation"
    if test == "anderson_darling":
        return seen.a2, _anderson_darling.p_value(seen.a2), "adinf"
    if test == "permutation" and seen.counts is not None and seen.distinct <= _PERMUTED:
        simulated = permuted(seen.counts, task.level, task.rng, _largest_gap)
        return seen.statistic, permutation_p(seen.statistic, simulated), "permutation"
    return seen.statistic, *_kolmogorov_smirnov.p_value(seen.statistic, seen.n, seen.m)


def _largest_gap(reference: Array, current: Array) -> Array:
    """D of many tables of counts."""
    n, m = reference.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True)
    gaps = np.abs(reference.cumsum(axis=-1) * m - current.cumsum(axis=-1) * n)
    return np.asarray(gaps.max(axis=-1) / (n * m)[..., 0])


def _ordered_effects(seen: OrderedCounts, task: ColumnTask) -> tuple[Effect, ...]:
    """All effects of an ordered column, each with its null quantile."""
    found = [
        Effect(
            name="ks_statistic",
            value=round12(seen.statistic),
            null_quantile=round12(_kolmogorov_smirnov.null_quantile(task.level, seen.n, seen.m)),
            law="exact" if seen.n * seen.m <= 250_000 else "kstwo",
        ),
        *divergences(seen.cells[0], task),
    ]
    if seen.iqr <= 0 or not np.isfinite(seen.wasserstein / seen.iqr):
        return (*found, Effect(name="wasserstein", value=None))
    grid = seen.grid
    ends = grid.reference + grid.current
    null = _null_quantiles.wasserstein_null(
        grid.values, ends, (seen.n, seen.m), task.level, task.seed
    )
    area = Effect(
        name="wasserstein",
        value=round12(seen.wasserstein / seen.iqr),
        null_quantile=round12(null / seen.iqr),
        law="simulated",
    )
    return (*found, area)


def _bins(seen: OrderedCounts, common: Mapping[str, Any], time: bool) -> tuple[Cell, ...]:
    """The reference's deciles, by their upper edges; extremes aren't among them."""
    counts, edges = seen.cells
    shown = [_moment(edge) if time else f"{edge:.6g}" for edge in edges]
    labels = [f"≤ {edge}" for edge in shown] + [f"> {shown[-1]}"]
    cells = [
        Cell(label=label, reference=int(r), current=int(c))
        for label, r, c in zip(labels, *counts, strict=True)
    ]
    missing = (common["missing_reference"], common["missing_current"])
    if any(missing):
        cells.append(Cell(label=None, reference=missing[0], current=missing[1]))
    return tuple(cells)


def _moment(microseconds: int) -> str:
    """A time for people: the day, and the minute where it isn't midnight."""
    text = str(np.datetime64(int(microseconds), "us"))[:16].replace("T", " ")
    return text.removesuffix(" 00:00")
