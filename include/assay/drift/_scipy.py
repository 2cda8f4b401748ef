"""The room's one door to scipy: laws of p alone, imported when one is asked for.

``scipy.special`` takes a tenth of the time that ``scipy.stats`` takes to import, which a short
comparison would spend mostly on that; what is written here instead is tested to be equal to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def _special() -> Any:
    import scipy.special

    return scipy.special


def kstwo_sf(statistic: float, n: int) -> float:
    """P(D ≥ statistic) for the one-sample two-sided law at n."""
    import scipy.stats

    return float(scipy.stats.kstwo.sf(statistic, n))


def smirnov_sf(statistic: float, n: int) -> float:
    """P(D⁺ ≥ statistic) for the one-sample one-sided law at n."""
    return float(_special().smirnov(n, statistic))


def kolmogorov_sf(scaled: float) -> float:
    """P(√n·D ≥ scaled) in the limit of large n."""
    return float(_special().kolmogorov(scaled))


def chi2_sf(statistic: float, df: int) -> float:
    """P(χ² ≥ statistic)."""
    return float(_special().chdtrc(df, statistic))


def chi2_isf(level: float, df: int) -> float:
    """The χ² that is exceeded with probability ``level``."""
    return float(_special().chdtri(df, level))


def adjusted(p_values: Sequence[float], method: str) -> list[float]:
    """p-values adjusted by Benjamini-Hochberg (``bh``) or Benjamini-Yekutieli (``by``).

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03], "bh")
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=float)
    ranks = np.arange(len(p), 0, -1)
    order = np.argsort(p)[::-1]
    factor = float((1 / ranks).sum()) if method == "by" else 1.0
    found = np.empty(len(p))
    found[order] = np.minimum.accumulate(np.minimum(p[order] * len(p) * factor / ranks, 1.0))
    return [float(value) for value in found]
