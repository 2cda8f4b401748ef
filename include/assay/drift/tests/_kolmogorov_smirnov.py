"""Kolmogorov-Smirnov: D, its p and its null quantile.

References
----------
Hodges (1958), The significance probability of the Smirnov two-sample test,
https://doi.org/10.1007/BF02589501 (the exact law, by counting lattice paths).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from assay.statistics import kolmogorov_law

EXACT_ROWS: Final = 10_000
"""scipy's own limit for the exact law: rows of the larger sample."""
_EXACT_CELLS: Final = 250_000
_DOUBLES: Final = 1e-9


def p_value(statistic: float, n: int, m: int) -> tuple[float, str]:
    """The p of D, and the law that it comes from: ``exact`` or ``kstwo``.

    Notes
    -----
    Exact up to 10 000 rows a side, ``kstwo.sf(D, round(nm/(n+m)))`` above; both are
    ``scipy.stats.ks_2samp``'s. With ties the law is conservative: it rejects too seldom.
    """
    if max(n, m) <= EXACT_ROWS:
        return exact_sf(statistic, n, m), "exact"
    return law(statistic, n, m), "kstwo"


def law(statistic: float, n: int, m: int) -> float:
    """P(D ≥ statistic) without a shift, by the one-sample law at the effective size."""
    return kolmogorov_law.sf(statistic, _effective(n, m))


def _effective(n: int, m: int) -> int:
    return max(round(n * m / (n + m)), 1)


@lru_cache(maxsize=4096)
def null_quantile(level: float, n: int, m: int) -> float:
    """The smallest D whose probability without a shift is at most ``level``.

    Exact on the lattice of possible values while n·m is small, by the law at the effective size
    above. Above 1 where no D is that rare: such a test can't reject at all.
    """
    if n * m > _EXACT_CELLS:
        return kolmogorov_law.isf(level, _effective(n, m))
    step = 1 / math.lcm(n, m)
    low, high = 0, math.lcm(n, m) + 1
    while high - low > 1:
        middle = (low + high) // 2
        rare = exact_sf(middle * step, n, m) <= level
        low, high = (low, middle) if rare else (middle, high)
    return high * step


@lru_cache(maxsize=4096)
def exact_sf(statistic: float, n: int, m: int) -> float:
    """P(D ≥ statistic) over all orders of n and m distinct values.

    Notes
    -----
    A walk from (0, 0) to (n, m) takes each next row from either table in proportion to what is
    left of it. What leaves the band |i/n − j/m| < D is added up, so that small p lose no digits;
    only the band is walked.

    Examples
    --------
    >>> round(exact_sf(1.0, 2, 2), 6)
    0.333333
    """
    total = n + m
    gap = math.ceil(statistic * n * m - _DOUBLES * max(n * m, 1) ** 0.5)
    if gap <= 0:
        return 1.0
    if gap > n * m:
        return 0.0
    mass = np.zeros(n + 2)
    mass[0] = 1.0
    rows = np.arange(n + 2)
    low = high = 0
    lost = 0.0
    for step in range(1, total + 1):
        # From i rows of the first sample and step-1-i of the second, within the band.
        i = rows[low : high + 1]
        here = mass[low : high + 1] / (total - step + 1)
        move = here * (n - i)
        mass[low : high + 1] = here * (m - (step - 1 - i))
        mass[low + 1 : high + 2] += move
        # |i·m − (step−i)·n| < gap, in integers.
        first = max(-(-(step * n - gap + 1) // total), 0, step - m)
        last = min((step * n + gap - 1) // total, n, step)
        lost += float(mass[low:first].sum() + mass[last + 1 : high + 2].sum())
        mass[low:first] = 0.0
        mass[last + 1 : high + 2] = 0.0
        low, high = first, last
        if low > high:
            return 1.0
    return min(lost, 1.0)
