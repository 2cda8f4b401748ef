"""Permutations of rows between two tables: the law of a statistic where no other one holds."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np

Array = np.ndarray[Any, Any]
_CELLS: Final = 2_000_000
_ROWS_A_CELL: Final = 4
"""Up to so many drawn rows a cell, drawing row by row is up to eight times as fast as by cells."""
_HELD: Final = 10_000_000
"""Most rows of both tables for it: each takes eight bytes."""


def draws(level: float, cells: int) -> int:
    """Permutations that resolve ``level`` by twenty draws beyond it, within what can be held."""
    wanted = min(max(1999, int(np.ceil(20 / level)) - 1), 199_999)
    return int(max(min(wanted, 20 * _CELLS // cells), 999))


def permuted(table: Array, level: float, rng: np.random.Generator, statistic: Any) -> Array:
    """A statistic of the table under permutations of rows between reference and current."""
    columns, sizes = table.sum(axis=0), table.sum(axis=1)
    current = int(sizes[1])
    few = sizes.sum() <= _HELD and sizes.min() <= _ROWS_A_CELL * table.shape[1]
    method: Literal["count", "marginals"] = "count" if few else "marginals"
    left, found = draws(level, table.shape[1]), []
    while left > 0:
        size = min(left, max(_CELLS // table.shape[1], 1))
        drawn = rng.multivariate_hypergeometric(columns, current, size=size, method=method)
        found.append(statistic(columns - drawn, drawn))
        left -= size
    return np.concatenate(found)


def permutation_p(seen: float, simulated: Array) -> float:
    """Share of permutations that are at least as far out, the data's own order included."""
    return float((1 + np.count_nonzero(simulated >= seen * (1 - 1e-12))) / (1 + len(simulated)))


def quantile(simulated: Array, level: float) -> float:
    """The simulated value that is exceeded with probability at most ``level``."""
    return float(np.quantile(simulated, 1 - level, method="higher"))
