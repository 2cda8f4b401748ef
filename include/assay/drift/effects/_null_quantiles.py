"""How large an effect is by chance alone: null quantiles at the sizes at hand.

A limit below the null quantile is within the reach of chance at this number of rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from threading import Lock
from typing import Any, Final

import numpy as np

from assay.drift.columns._ordered_counts import GRID_POINTS
from assay.drift.effects import _formulas
from assay.drift.tests._chi_square import LEAST_EXPECTED, expected
from assay.drift.tests._permutation import draws, quantile
from assay.statistics import chi_square_law

Array = np.ndarray[Any, Any]
_CELLS: Final = 2_000_000
_WALKS: Final = 2_048
_TAIL_DRAWS: Final = 10
"""With fewer draws than this beyond a quantile, the normal law gives it."""
_MANY: Final = 10_000
"""So many cells are as good as independent."""
_TERMS: Final = 4_000
_DRAWN: Final = 8_000_000
_DRAWING: Final = Lock()


@dataclass(frozen=True)
class Null:
    """A null quantile and where it comes from: ``analytic`` or ``simulated``."""

    quantile: float
    law: str


def divergence_nulls(table: Array, level: float, rng: np.random.Generator) -> tuple[Null, Null]:
    """Null quantiles of PSI and of the Jensen-Shannon distance at these counts.

    ``table``, of shape (2, k), has the rows of the reference and of the current table per cell;
    ``level`` is the probability of exceeding the quantile without a shift.

    Notes
    -----
    Without a shift PSI is (1/n + 1/m)·χ² with k − 1 degrees of freedom, and the divergence in nats
    an eighth of it, while every cell is expected 5 times or more. With rarer cells two samples are
    drawn from the pooled shares, many times; with too many cells for that, their terms are drawn
    by themselves (see :func:`_of_many`).
    """
    n, m = (int(rows) for rows in table.sum(axis=1))
    if table.shape[1] == 1 or expected(table).min() >= LEAST_EXPECTED:
        psi = (1 / n + 1 / m) * chi_square_law.isf(level, max(table.shape[1] - 1, 1))
        distance = math.sqrt(min(psi / (8 * math.log(2)), 1.0))
        return Null(psi, "analytic"), Null(distance, "analytic")
    shares = table.sum(axis=0) / (n + m)
    left, size = draws(level, len(shares)), max(_CELLS // len(shares), 1)
    if left * level < _TAIL_DRAWS and len(shares) > _MANY:
        return _of_many(table, level, rng)
    psis, divergences = [], []
    while left > 0:
        pair = [rng.multinomial(rows, shares, size=min(left, size)) for rows in (n, m)]
        psis.append(_formulas.psi(*pair))
        divergences.append(_formulas.jensen_shannon(*pair) ** 2)
        left -= size
    return _simulated(*(_upper(np.concatenate(found), level) for found in (psis, divergences)))


def _simulated(psi: float, divergence: float) -> tuple[Null, Null]:
    distance = math.sqrt(min(divergence, 1.0))
    return Null(psi, "simulated"), Null(distance, "simulated")


def _upper(values: Array, level: float) -> float:
    """The simulated quantile.

    With too many cells for as many draws as the level needs, the effect is a sum of very many
    small terms, and the normal law with the simulated mean and deviation gives its quantile.
    """
    if len(values) * level < _TAIL_DRAWS:
        return float(values.mean() + NormalDist().inv_cdf(1 - level) * values.std())
    return quantile(values, level)


def _of_many(table: Array, level: float, rng: np.random.Generator) -> tuple[Null, Null]:
    """Null quantiles over very many cells, by the normal law of a sum.

    Counts of cells are taken as independent and Poisson, which changes an effect of even order in
    the differences by one part in as many as there are cells. Cells with the same pooled count
    have terms of one law, of which mean and variance are simulated, so that work grows with the
    distinct counts and not with the cells.
    """
    sizes, cells = table.sum(axis=1), table.shape[1]
    counts, times = np.unique(table.sum(axis=0), return_counts=True)
    means, variances = np.zeros(2), np.zeros(2)
    # Many cells share a count, and so the error of its mean: the fewer counts, the more draws.
    each = max(_DRAWN // len(counts), _TERMS)
    at_once = max(_CELLS // each, 1)
    for start in range(0, len(counts), at_once):
        part = slice(start, start + at_once)
        drawn = [
            rng.poisson(counts[part] * (rows / sizes.sum()), (each, len(counts[part])))
            for rows in sizes
        ]
        for i, term in enumerate(_formulas.terms(drawn[0], drawn[1], sizes, cells)):
            means[i] += (term.mean(axis=0) * times[part]).sum()
            variances[i] += (term.var(axis=0) * times[part]).sum()
    return _simulated(*(means + NormalDist().inv_cdf(1 - level) * np.sqrt(variances)).tolist())


def wasserstein_null(
    values: Array, ends: Array, sizes: tuple[int, int], level: float, seed: int
) -> float:
    """Null quantile of the Wasserstein distance, by seeded simulation.

    ``values`` are quantiles of the pooled values, in order, ``ends`` the pooled rows up to each of
    them, and ``sizes`` the rows of both tables. Columns of one comparison share their random
    numbers, by ``seed``.

    Notes
    -----
    Without a shift F − G is √(1/n + 1/m) times a Brownian bridge at the pooled distribution, so
    that the distance is the area below its absolute value (del Barrio, Giné & Matrán 1999,
    https://doi.org/10.1214/aop/1022677394). The bridge is drawn at 64 pooled quantiles and finer
    ones in the tails.
    """
    n, m = sizes
    widths = np.diff(values.astype(float))
    scale = float(widths.sum())
    if scale <= 0:
        return 0.0
    shares = ends / (n + m)
    steps = np.sqrt(np.diff(shares, prepend=0.0)).astype(np.float32)
    rest = math.sqrt(max(1 - float(shares[-1]), 0.0))
    weights = (np.append(widths, 0) + np.append(0, widths)) / (2 * scale)
    normals = _normals(min(draws(level, len(values)), 50_000), len(values) + 1, seed)
    found = []
    for start in range(0, len(normals), _WALKS):
        drawn = normals[start : start + _WALKS]
        walk = np.cumsum(drawn[:, :-1] * steps, axis=1)
        end = walk[:, -1] + np.float32(rest) * drawn[:, -1]
        walk -= end[:, None] * shares.astype(np.float32)
        np.abs(walk, out=walk)
        found.append((walk * weights.astype(np.float32)).sum(axis=1))
    bridge = quantile(np.concatenate(found), level)
    return bridge * scale * math.sqrt(1 / n + 1 / m)


@lru_cache(maxsize=2)
def _drawn(rows: int, columns: int, seed: int) -> Array:
    return np.random.default_rng([seed, rows]).standard_normal((rows, columns), dtype=np.float32)


def _normals(rows: int, columns: int, seed: int) -> Array:
    with _DRAWING:
        return _drawn(rows, max(columns, GRID_POINTS + 1), seed)[:, :columns]
