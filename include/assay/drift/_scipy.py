"""The room's one door to scipy: laws of p alone, imported when one is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np


def _stats() -> Any:
    import scipy.stats

    return scipy.stats


def kstwo_sf(statistic: float, n: int) -> float:
    """P(D ≥ statistic) for the one-sample two-sided law at n."""
    return float(_stats().kstwo.sf(statistic, n))


def kstwo_isf(level: float, n: int) -> float:
    """The D that is exceeded with probability ``level``."""
    return float(_stats().kstwo.isf(level, n))


def ks_2samp_exact(reference: np.ndarray[Any, Any], current: np.ndarray[Any, Any]) -> float | None:
    """The p of the exact two-sample law, from ranks; None where scipy's count overflows."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(_stats().ks_2samp(reference, current, method="exact").pvalue)
        except RuntimeWarning:
            return None


def chi2_sf(statistic: float, df: int) -> float:
    """P(χ² ≥ statistic)."""
    return float(_stats().chi2.sf(statistic, df))


def chi2_isf(level: float, df: int) -> float:
    """The χ² that is exceeded with probability ``level``."""
    return float(_stats().chi2.isf(level, df))


def norm_isf(level: float) -> float:
    """The standard normal deviate that is exceeded with probability ``level``."""
    return float(_stats().norm.isf(level))


def adjusted(p_values: Sequence[float], method: str) -> list[float]:
    """p-values adjusted by Benjamini-Hochberg (``bh``) or Benjamini-Yekutieli (``by``)."""
    if not p_values:
        return []
    found = _stats().false_discovery_control(np.asarray(p_values, dtype=float), method=method)
    return [float(p) for p in found]
