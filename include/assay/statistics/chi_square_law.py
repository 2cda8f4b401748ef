"""The chi-square law, by its finite sums where there are few degrees of freedom.

References
----------
Abramowitz & Stegun (1964), Handbook of Mathematical Functions, 26.4.4 and 26.4.5 (the sums).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from assay.statistics import scipy_laws

_FEW: Final = 100
"""Degrees of freedom up to which the sums are taken."""


def sf(statistic: float, df: int) -> float:
    """P(χ² ≥ statistic): ``scipy.special.chdtrc``, without its import for few degrees of freedom.

    Notes
    -----
    With h = χ²/2 it is e⁻ʰ·Σ hʲ/j! for j < df/2 where df is even; where it is odd,
    erfc(√h) + e⁻ʰ·Σ h^(j+½)/Γ(j+3/2) for j < (df − 1)/2. No term is negative, so that no digit is
    lost.

    Examples
    --------
    >>> round(sf(3.841459, 1), 6)
    0.05
    """
    if df > _FEW:
        return scipy_laws.chi2_sf(statistic, df)
    half = statistic / 2
    if half <= 0:
        return 1.0
    if half > 2000:
        return 0.0
    odd = df % 2 / 2
    total, term = 0.0, 1.0
    for j in range(df // 2):
        total += term
        term *= half / (j + 1 + odd)
    found = math.erfc(math.sqrt(half)) if odd else 0.0
    if total:
        found += math.exp(odd * math.log(half) - math.lgamma(1 + odd) - half + math.log(total))
    return min(found, 1.0)


@lru_cache(maxsize=4096)
def isf(level: float, df: int) -> float:
    """The χ² that is exceeded with probability ``level``, between 0 and 1, to the last digits."""
    if df > _FEW:
        return scipy_laws.chi2_isf(level, df)
    low, high = 0.0, float(df)
    while sf(high, df) > level:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if sf(middle, df) > level else (low, middle)
    return high
