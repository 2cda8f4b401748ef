"""The room's one door to scipy: laws of p alone, imported when one is asked for.

``scipy.special`` takes a tenth of the time that ``scipy.stats`` takes to import, which a short
comparison would spend mostly on that; what is written here instead is tested to be equal to it.
"""

from __future__ import annotations

from typing import Any


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


def chi2_sf(statistic: float, df: int) -> float:
    """P(χ² ≥ statistic)."""
    return float(_special().chdtrc(df, statistic))


def chi2_isf(level: float, df: int) -> float:
    """The χ² that is exceeded with probability ``level``."""
    return float(_special().chdtri(df, level))


def t_isf(level: float, df: float) -> float:
    """The t that is exceeded with probability ``level``."""
    return -float(_special().stdtrit(df, level))


def t_cdf(statistic: float, df: float) -> float:
    """P(T ≤ statistic)."""
    return float(_special().stdtr(df, statistic))


def binomial_cdf(count: int, rows: int, share: float) -> float:
    """P(X ≤ count) for the successes among ``rows``; 0 for a negative count."""
    return float(_special().bdtr(count, rows, share)) if count >= 0 else 0.0
