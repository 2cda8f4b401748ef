"""Fidelity: how far made rows are from real ones, and how far two halves of real rows are.

References
----------
Smirnov N (1948), Table for estimating the goodness of fit of empirical distributions,
https://doi.org/10.1214/aoms/1177730256.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import numpy as np

from assay.synthesis._bins import bins_of
from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column
from assay.verdict import Frozen

_BINS: Final = 10
_LEVELS: Final = 12
_HALVINGS: Final = 40


class Distance(Frozen):
    """How far made rows are from real ones in a column, or in two together.

    Read ``value`` beside ``null``, the greatest distance of 40 random halvings of the real rows: up
    to it the difference may be chance.

    Parameters
    ----------
    columns : tuple of str
        One or two.
    value, null : float
        From 0 to 1.
    n : int
        Rows on each side.
    """

    columns: tuple[str, ...]
    value: float
    null: float
    n: int


def measure_fidelity(real: CodedTable, made: CodedTable, *, seed: int) -> tuple[Distance, ...]:
    """Measure the distance of each column, then of each pair of columns.

    Parameters
    ----------
    real : CodedTable
        Both halves, the one that was learned from and the other.

    Notes
    -----
    A column of numbers: Kolmogorov and Smirnov's D, a missing value below all others. Levels: total
    variation, half the sum of absolute differences of shares. A pair: total variation of the joint
    shares, numbers in ten bins with equal real shares, the rarest levels together.
    """
    random = np.random.default_rng(seed)
    n = min(len(real) // 2, len(made))
    chosen = random.permutation(len(made))[:n]
    halves = [random.permutation(len(real))[: 2 * n] for _ in range(_HALVINGS)]
    fine = {c.name: _fine(c, real, made) for c in real.columns}
    bins = {
        c.name: bins_of(c, real.values[c.name], numbers=_BINS, levels=_LEVELS) for c in real.columns
    }
    coarse = {
        name: tuple(one.codes(side.values[name]) for side in (real, made))
        for name, one in bins.items()
    }
    found = []
    for column in real.columns:
        ordered = column.number
        found.append(_measured((column.name,), *fine[column.name], chosen, halves, ordered))
    for a, b in combinations([c.name for c in real.columns], 2):
        width = bins[b].size
        first, second = (coarse[a][side] * width + coarse[b][side] for side in (0, 1))
        found.append(_measured((a, b), first, second, chosen, halves, False))
    return tuple(found)


def _measured(
    names: tuple[str, ...], real: Array, made: Array, chosen: Array, halves: list[Array],
    ordered: bool,
) -> Distance:  # fmt: skip
    size, n = int(max(real.max(), made.max(initial=0))) + 1, len(chosen)
    other = [_distance(real[rows[:n]], real[rows[n:]], size, ordered) for rows in halves]
    value = np.mean([
        _distance(made[chosen], real[side], size, ordered)
        for rows in halves[:4] for side in (rows[:n], rows[n:])
    ])  # fmt: skip
    return Distance(columns=names, value=round(float(value), 12), null=round(max(other), 12), n=n)


def _distance(first: Array, second: Array, size: int, ordered: bool) -> float:
    gap = np.bincount(first, minlength=size) / max(len(first), 1)
    gap = gap - np.bincount(second, minlength=size) / max(len(second), 1)
    if ordered:
        return float(np.abs(np.cumsum(gap)).max(initial=0.0))
    return float(np.abs(gap).sum() / 2)


def _fine(column: Column, real: CodedTable, made: CodedTable) -> tuple[Array, Array]:
    """The place of each value among all values of both sides, missing ones first."""
    sides = real.values[column.name], made.values[column.name]
    if not column.number:
        return sides
    both = np.concatenate([np.where(np.isnan(side), -np.inf, side) for side in sides])
    place: Any = np.unique(both, return_inverse=True)[1]
    return place[: len(real)], place[len(real) :]
