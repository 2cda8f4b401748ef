"""Kolmogorov's law of the one-sample D, used for the two-sample D at the effective size.

References
----------
Pelz & Good (1976), Approximating the lower tail-areas of the Kolmogorov-Smirnov one-sample
statistic, https://doi.org/10.1111/j.2517-6161.1976.tb01579.x.
Simard & L'Ecuyer (2011), Computing the two-sided Kolmogorov-Smirnov distribution,
https://doi.org/10.18637/jss.v039.i11.
Smirnov (1944), Approximate laws of distribution of random variables from empirical data, Uspekhi
Mat. Nauk 10, 179-206 (the expansion of the one-sided law).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from assay.statistics import scipy_laws

_SMALL: Final = 1_000
"""Up to here scipy's own case distinctions are asked; above, two of them are left."""
_SUMMED: Final = 5_000
"""Up to here Smirnov's law is summed term by term; above, that takes seconds."""
_TAIL: Final = 2.2


@lru_cache(maxsize=65536)
def sf(statistic: float, n: int) -> float:
    """P(D ≥ statistic) at n: ``scipy.stats.kstwo.sf``, without its import where n is large.

    Notes
    -----
    Above n = 1000: 1 − Pelz & Good's series while n·D² < 2.2, twice Smirnov's one-sided law beyond,
    above n = 5000 by its expansion to the order 1/n, with a relative error below 1e-4.
    """
    if statistic <= 0:
        return 1.0
    if statistic >= 1:
        return 0.0
    if n <= _SMALL:
        return scipy_laws.kstwo_sf(statistic, n)
    return _large(statistic, n, _SUMMED)


def _large(statistic: float, n: int, summed: int) -> float:
    square = n * statistic**2
    if square >= 370:
        return 0.0
    if square < _TAIL:
        return 1 - _pelz_good(math.sqrt(square), n)
    if n <= summed:
        return min(2 * scipy_laws.smirnov_sf(statistic, n), 1.0)
    order = (1 / 18 + 4 / 9 * square * (1 - square)) / n
    return 2 * math.exp(-((6 * n * statistic + 1) ** 2) / (18 * n) + order)


@lru_cache(maxsize=4096)
def isf(level: float, n: int) -> float:
    """The D that is exceeded with probability ``level``, to ten digits."""
    low, high = 0.0, min(1.0, 2 * math.sqrt(math.log(2 / level) / (2 * n)) + 1 / n)
    while high - low > 1e-11 * high:
        middle = (low + high) / 2
        rare = sf(middle, n) if n <= _SMALL else _large(middle, n, 0)
        low, high = (low, middle) if rare <= level else (middle, high)
    return high


def _pelz_good(z: float, n: int) -> float:
    """P(√n·D ≤ z) by K₀ + K₁/√n + K₂/n + K₃/n^1.5."""
    if z < 0.05:
        return 0.0
    k = np.arange(-20, 21)
    half, whole = (math.pi * (k + 0.5)) ** 2, (math.pi * k) ** 2.0
    at_half, at_whole = np.exp(-half / (2 * z * z)), np.exp(-whole / (2 * z * z))
    z2, z4, z6 = z**2, z**4, z**6
    k0 = at_half.sum() / z
    k1 = ((half - z2) * at_half).sum() / (6 * z4)
    k2 = (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * half + (1 - 2 * z2) * half**2) * at_half
    k2 = k2.sum() / (72 * z**7) - (whole * at_whole).sum() / (36 * z**3)
    k3 = (5 - 30 * z2) * half**3 + (212 * z4 - 60 * z2) * half**2 + (135 * z4 - 96 * z6) * half
    k3 = ((k3 - 30 * z6 - 90 * z**8) * at_half).sum() / (6480 * z**10)
    k3 += ((3 * whole * z2 - whole**2) * at_whole).sum() / (216 * z6)
    series = k0 + k1 / math.sqrt(n) + k2 / n + k3 / n**1.5
    return float(min(max(math.sqrt(math.pi / 2) * series, 0.0), 1.0))
