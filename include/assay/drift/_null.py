"""How large an effect is by chance alone: null quantiles at the sizes at hand.

A limit below the null quantile can't be told from chance with so few rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from assay.drift import _effects, _scipy
from assay.drift._chi_square import LEAST_EXPECTED, draws, expected, quantile

Array = np.ndarray[Any, Any]
_CELLS: Final = 2_000_000


@dataclass(frozen=True)
class Null:
    """A null quantile and where it comes from: ``analytic`` or ``simulated``."""

    quantile: float
    law: str


def psi_null(table: Array, level: float, rng: np.random.Generator) -> Null:
    """PSI's null quantile at these counts.

    Notes
    -----
    Without a shift PSI is (1/n + 1/m)·χ² with k − 1 degrees of freedom, while every cell is
    expected 5 times or more; with rarer cells it is simulated from the pooled shares.
    """
    dense = _dense(table, level)
    if dense is not None:
        return Null(dense, "analytic")
    return Null(_simulated(table, level, rng, _effects.psi), "simulated")


def jensen_shannon_null(table: Array, level: float, rng: np.random.Generator) -> Null:
    """The Jensen-Shannon distance's null quantile at these counts.

    Notes
    -----
    Without a shift the divergence in nats is an eighth of PSI's law.
    """
    dense = _dense(table, level)
    if dense is not None:
        return Null(math.sqrt(min(dense / (8 * math.log(2)), 1.0)), "analytic")
    return Null(
        math.sqrt(_simulated(table, level, rng, _divergence)),
        "simulated",
    )


def _divergence(reference: Array, current: Array) -> Array:
    return np.asarray(_effects.jensen_shannon(reference, current) ** 2)


def _dense(table: Array, level: float) -> float | None:
    if table.shape[1] > 1 and expected(table).min() < LEAST_EXPECTED:
        return None
    n, m = (int(rows) for rows in table.sum(axis=1))
    return (1 / n + 1 / m) * _scipy.chi2_isf(level, max(table.shape[1] - 1, 1))


def _simulated(
    table: Array,
    level: float,
    rng: np.random.Generator,
    effect: Callable[[Array, Array], Array],
) -> float:
    """Two samples from the pooled shares, many times.

    With too many cells for as many draws as the level needs, the effect is a sum of very many
    small terms, and the normal law with the simulated mean and deviation gives its quantile.
    """
    n, m = (int(rows) for rows in table.sum(axis=1))
    shares = table.sum(axis=0) / (n + m)
    left = total = draws(level, len(shares))
    found = []
    while left > 0:
        size = min(left, max(_CELLS // len(shares), 1))
        reference, current = (rng.multinomial(rows, shares, size=size) for rows in (n, m))
        found.append(effect(reference, current))
        left -= size
    values = np.concatenate(found)
    if total * level < 10:
        return float(values.mean() + NormalDist().inv_cdf(1 - level) * values.std())
    return quantile(values, level)


def wasserstein_null(
    values: Array, ends: Array, sizes: tuple[int, int], level: float, rng: np.random.Generator
) -> float:
    """Null quantile of the Wasserstein distance, by seeded simulation.

    Parameters
    ----------
    values : array, shape (g,)
        Quantiles of the pooled values, in order.
    ends : int array, shape (g,)
        Pooled rows up to each of them.
    sizes : (int, int)
        Rows of the reference and of the current table.

    Notes
    -----
    Without a shift F − G is √(1/n + 1/m) times a Brownian bridge at the pooled distribution, so
    that the distance is the area below its absolute value (del Barrio, Giné & Matrán 1999,
    https://doi.org/10.1214/aop/1022677394). The bridge is drawn at 64 pooled quantiles and finer
    ones in the tails.
    """
    n, m = sizes
    shares = ends / (n + m)
    steps = np.sqrt(np.diff(shares, prepend=0.0))
    widths = np.diff(values.astype(float))
    rest = math.sqrt(max(1 - float(shares[-1]), 0.0))
    left, found = min(draws(level, len(values)), 50_000), []
    while left > 0:
        size = min(left, 4096)
        walk = np.cumsum(rng.standard_normal((size, len(values))) * steps, axis=1)
        end = walk[:, -1] + rest * rng.standard_normal(size)
        bridge = np.abs(walk - shares * end[:, None])
        found.append(((bridge[:, 1:] + bridge[:, :-1]) / 2) @ widths)
        left -= size
    return quantile(np.concatenate(found), level) * math.sqrt(1 / n + 1 / m)
