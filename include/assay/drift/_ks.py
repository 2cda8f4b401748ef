"""Kolmogorov-Smirnov: D, its p and its null quantile.

References
----------
Hodges (1958), The significance probability of the Smirnov two-sample test,
https://doi.org/10.1007/BF02589501 (the exact law, by counting lattice paths).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np

from assay.drift import _scipy

EXACT_ROWS: Final = 10_000
"""scipy's own limit for the exact law: rows of the larger sample."""
_EXACT_CELLS: Final = 250_000
_DOUBLES: Final = 1e-12


def p_value(
    statistic: float, reference: np.ndarray[Any, Any], current: np.ndarray[Any, Any]
) -> tuple[float, str]:
    """The p of D, and the law that it comes from: ``exact`` or ``kstwo``.

    Parameters
    ----------
    statistic : float
        D.
    reference, current : int array
        Rows of each table at each distinct value, in the order of the values.

    Notes
    -----
    Exact (scipy) up to 10 000 rows a side, ``kstwo.sf(D, round(nm/(n+m)))`` above and where the
    exact count overflows. With ties the law is conservative: it rejects too seldom.
    """
    n, m = int(reference.sum()), int(current.sum())
    if max(n, m) <= EXACT_ROWS:
        # The exact law needs D on its lattice, which ranks give without a rounding.
        ranks = np.arange(len(reference))
        p = _scipy.ks_2samp_exact(np.repeat(ranks, reference), np.repeat(ranks, current))
        if p is None and n * m <= _EXACT_CELLS:
            p = exact_sf(statistic, n, m)
        if p is not None:
            return p, "exact"
    return law(statistic, n, m), "kstwo"


def law(statistic: float, n: int, m: int) -> float:
    """P(D ≥ statistic) without a shift, by the one-sample law at the effective size."""
    return _scipy.kstwo_sf(statistic, max(round(n * m / (n + m)), 1))


@lru_cache(maxsize=4096)
def null_quantile(level: float, n: int, m: int) -> float:
    """The smallest D whose probability without a shift is at most ``level``.

    Exact on the lattice of possible values while n·m is small, by the law at the effective size
    above. Above 1 where no D is that rare: such a test can't reject at all.
    """
    guess = _scipy.kstwo_isf(level, max(round(n * m / (n + m)), 1))
    if n * m > _EXACT_CELLS:
        return guess
    step = 1 / math.lcm(n, m)
    low, high = 0, math.lcm(n, m) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if exact_sf(middle * step, n, m) <= level:
            high = middle
        else:
            low = middle
    return high * step


def exact_sf(statistic: float, n: int, m: int) -> float:
    """P(D ≥ statistic) over all orders of n and m distinct values.

    Notes
    -----
    A walk from (0, 0) to (n, m) takes each next row from either table in proportion to what is
    left of it. What leaves the band |i/n − j/m| < D is added up, so that small p lose no digits.

    Examples
    --------
    >>> round(exact_sf(1.0, 2, 2), 6)
    0.333333
    """
    if statistic <= 0:
        return 1.0
    if statistic > 1 + _DOUBLES:
        return 0.0
    mass = np.zeros(n + 1)
    mass[0] = 1.0
    i = np.arange(n + 1)
    lost = 0.0
    for step in range(1, n + m + 1):
        j_before = step - 1 - i
        left = n + m - step + 1
        stay = mass * np.clip(m - j_before, 0, m) / left
        move = mass * (n - i) / left
        mass = stay
        mass[1:] += move[:-1]
        outside = np.abs(i / n - (step - i) / m) >= statistic - _DOUBLES
        lost += float(mass[outside].sum())
        mass[outside] = 0.0
    return min(lost, 1.0)
