"""Chi-square test of homogeneity of two rows of counts.

References
----------
Pearson (1900), https://doi.org/10.1080/14786440009463897; Cochran (1954), Some methods for
strengthening the common chi-square tests, https://doi.org/10.2307/3001616 (the least expected
count).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from assay.drift.tests._permutation import permutation_p, permuted, quantile
from assay.statistics import chi_square_law

LEAST_EXPECTED: Final = 5
"""Cochran's rule; below it the chi-square law doesn't describe a cell."""
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Homogeneity:
    """The test's result; ``law`` is ``chi_square`` or ``permutation``."""

    statistic: float
    p: float
    cells: int
    law: str
    null_statistic: float


def expected(table: Array) -> Array:
    """Expected counts of a 2×k table from its margins."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    return np.asarray(np.outer(rows, columns) / rows.sum())


def pooled(table: Array) -> Array:
    """The table with rare levels in one last cell.

    A level is rare if it is expected fewer than 5 times in either row, by the pooled margins, so
    that which level is pooled doesn't depend on how the rows differ.

    Examples
    --------
    >>> pooled(np.array([[50, 4, 3], [40, 3, 5]])).tolist()
    [[50, 7], [40, 8]]
    """
    rare = expected(table).min(axis=0) < LEAST_EXPECTED
    if not rare.any():
        return table
    return np.hstack([table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)])


def chi_square(table: Array, level: float, rng: np.random.Generator) -> Homogeneity:
    """Test whether two rows of counts come from the same distribution.

    ``table``, of shape (2, k), has the rows of the reference and of the current table per level,
    missing being a level. ``level`` is that of ``null_statistic``, the statistic's null quantile.

    Notes
    -----
    Σ(O − E)²/E without a continuity correction; both rows are samples. Rare levels are pooled
    first; where the pooled cell is still expected fewer than 5 times, or nothing but it is left,
    p comes from permutations of rows between the tables, p = (1 + #{χ² ≥ seen})/(1 + draws). A
    table with one level can't differ: p = 1.
    """
    table = table[:, table.sum(axis=0) > 0]
    merged = pooled(table)
    if merged.shape[1] == 1 and table.shape[1] > 1:
        merged = table
    cells = merged.shape[1]
    df = max(cells - 1, 1)
    if cells == 1:
        return Homogeneity(0.0, 1.0, 1, "chi_square", chi_square_law.isf(level, df))
    statistic = _statistic(merged)
    if expected(merged).min() >= LEAST_EXPECTED:
        p = chi_square_law.sf(statistic, df)
        return Homogeneity(statistic, p, cells, "chi_square", chi_square_law.isf(level, df))
    simulated = permuted(merged, level, rng, _statistics)
    p = permutation_p(statistic, simulated)
    return Homogeneity(statistic, p, cells, "permutation", quantile(simulated, level))


def _statistic(table: Array) -> float:
    wanted = expected(table)
    return float(((table - wanted) ** 2 / wanted).sum())


def _statistics(reference: Array, current: Array) -> Array:
    """χ² of many tables that share their margins."""
    n, m = reference.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True)
    gap = (current * n - reference * m) / np.sqrt((reference + current) * 1.0)
    return np.asarray((gap**2).sum(axis=-1) / (n * m)[..., 0])


LEVEL_TESTS: Final[Mapping[str, Callable[[Array, float, np.random.Generator], Homogeneity]]] = {
    "chi_square": chi_square
}
"""The tests of a column of levels, by the name that a policy gives."""
