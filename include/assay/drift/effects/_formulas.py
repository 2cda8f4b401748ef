"""Effect sizes: how large a shift is, whatever the number of rows.

References
----------
Bergsma (2013), A bias-correction for Cramér's V, https://doi.org/10.1016/j.jkss.2012.10.002.
Lin (1991), Divergence measures based on the Shannon entropy, https://doi.org/10.1109/18.61115.
Yurdakul & Naranjo (2020), Statistical properties of the population stability index,
https://doi.org/10.21314/JRMV.2020.227.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def cramers_v(statistic: float, rows: int, cells: int) -> float:
    """Cramér's V of a 2×k table with its bias corrected, 0 to 1.

    Read 0 as no association between table and level beyond chance. It depends on how the rows are
    shared out between the two tables: the same shift gives a smaller V where one is much larger.

    Notes
    -----
    φ² = χ²/N, corrected to max(0, φ² − (k−1)/(N−1)), over min(k̃, r̃) − 1, with
    k̃ = k − (k−1)²/(N−1) and r̃ = 2 − 1/(N−1).

    Examples
    --------
    >>> cramers_v(0.0, 100, 4)
    0.0
    >>> round(cramers_v(50.0, 100, 2), 3)
    0.703
    """
    if rows < 3 or cells < 2:
        return 0.0
    association = max(0.0, statistic / rows - (cells - 1) / (rows - 1))
    columns = cells - (cells - 1) ** 2 / (rows - 1)
    least = min(columns - 1, 1 - 1 / (rows - 1))
    return math.sqrt(min(association / least, 1.0)) if least > 0 else 0.0


def psi(reference: Array, current: Array) -> Array:
    """Population stability index, Σ(p − q)·ln(p/q) with 0.5 added to every cell.

    Parameters
    ----------
    reference, current : int array, shape (..., k)
        Counts per cell; a leading axis is many tables.

    Examples
    --------
    >>> float(psi(np.array([50, 50]), np.array([50, 50])))
    0.0
    """
    cells = reference.shape[-1]
    p = (current + 0.5) / (current.sum(axis=-1, keepdims=True) + cells / 2)
    q = (reference + 0.5) / (reference.sum(axis=-1, keepdims=True) + cells / 2)
    found: Array = ((p - q) * np.log(p / q)).sum(axis=-1)
    return found


def jensen_shannon(reference: Array, current: Array) -> Array:
    """Jensen-Shannon distance (the root of the divergence), base 2, 0 to 1.

    Examples
    --------
    >>> float(jensen_shannon(np.array([10, 0]), np.array([0, 10])))
    1.0
    """
    p = current / current.sum(axis=-1, keepdims=True)
    q = reference / reference.sum(axis=-1, keepdims=True)
    middle = (p + q) / 2
    both = _relative(p, middle) + _relative(q, middle)
    found: Array = np.sqrt(np.clip(both.sum(axis=-1) / 2, 0, 1))
    return found


def terms(reference: Array, current: Array, rows: Array, cells: int) -> tuple[Array, Array]:
    """Each cell's term of PSI and of the Jensen-Shannon divergence, at given rows of both sides."""
    p, q = (current + 0.5) / (rows[1] + cells / 2), (reference + 0.5) / (rows[0] + cells / 2)
    of_psi = (p - q) * np.log(p / q)
    p, q = current / rows[1], reference / rows[0]
    middle = (p + q) / 2
    return of_psi, (_relative(p, middle) + _relative(q, middle)) / 2


def psi_weights(table: Array) -> Array:
    """Score each cell of a table (2, k), so that Σ score·(p′ − p) is PSI."""
    table = np.asarray(table, dtype=float)
    smooth = (table + 0.5) / (table + 0.5).sum(axis=1, keepdims=True)
    return np.asarray(np.log(smooth[1] / smooth[0]))


def jensen_shannon_weights(table: Array) -> Array:
    """Score each cell, so that Σ score·(p′ − p) is the Jensen-Shannon divergence."""
    before, now, gap = _shares(table)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = (before + now) / 2
        terms = [np.where(p > 0, p * np.log2(p / half), 0.0) for p in (before, now)]
        return _known((terms[0] + terms[1]) / 2 / gap, gap)


def phi_squared_weights(table: Array) -> Array:
    """Score each cell, so that Σ score·(p′ − p) is χ² over the rows."""
    table = np.asarray(table, dtype=float)
    _, _, gap = _shares(table)
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = table.sum(axis=1) / table.sum()
        return _known(gap / (table.sum(axis=0) / table.sum()) * sizes.prod(), gap)


def _shares(table: Array) -> tuple[Array, Array, Array]:
    table = np.asarray(table, dtype=float)
    before, now = table / table.sum(axis=1, keepdims=True)
    return before, now, now - before


def _known(scores: Array, gap: Array) -> Array:
    """The scores, 0 where the shares don't differ."""
    return np.where(np.abs(gap) > 1e-12, scores, 0.0)


def _relative(p: Array, q: Array) -> Array:
    """Terms p·log₂(p/q), 0 where p is."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return np.asarray(p * np.log2(ratio))
