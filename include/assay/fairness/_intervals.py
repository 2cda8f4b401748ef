"""Intervals of rates and of their differences, by statsmodels: the one door to it."""

from __future__ import annotations

import math


def wilson_interval(x: int, n: int, alpha: float) -> tuple[float, float]:
    """Wilson's score interval of a rate at 1 − alpha.

    Parameters
    ----------
    x, n : int
        Successes and trials, n at least 1.
    alpha : float
        One minus the confidence.

    References
    ----------
    Wilson EB (1927), Probable inference, JASA 22:158, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(v, 4) for v in wilson_interval(0, 10, 0.05)]
    [0.0, 0.2775]
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(x, n, alpha=alpha, method="wilson")
    return max(0.0, float(low)), min(1.0, float(high))


def difference_interval(x1: int, n1: int, x2: int, n2: int, alpha: float) -> tuple[float, float]:
    """Newcombe's hybrid score interval of rate 1 minus rate 2 at 1 − alpha.

    References
    ----------
    Newcombe RG (1998), Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17:873 (method 10),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> [round(v, 4) for v in difference_interval(56, 70, 48, 80, 0.05)]
    [0.0524, 0.3339]
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(
        x1, n1, x2, n2, method="newcomb", compare="diff", alpha=alpha
    )
    return float(low), float(high)


def smallest_level(z: float) -> float:
    """Two-sided level that belongs to a normal quantile: 2·(1 − Φ(z)).

    Examples
    --------
    >>> round(smallest_level(1.959964), 6)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))
