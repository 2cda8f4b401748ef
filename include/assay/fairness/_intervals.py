"""Intervals of rates and of their differences, in closed form.

statsmodels gives the same to the last digits, as tests show; importing it takes longer than judging
ten million rows, and a p-value asks for an interval some forty times.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson_interval(x: int, n: int, alpha: float) -> tuple[float, float]:
    """Wilson's score interval of a rate at 1 − alpha.

    Parameters
    ----------
    x, n : int
        Successes and trials, n at least 1.
    alpha : float
        One minus the confidence.

    Notes
    -----
    (x + z²/2 ± z√(x(n − x)/n + z²/4)) / (n + z²); exactly 0 without a success and 1 without a
    failure.

    References
    ----------
    Wilson EB (1927), Probable inference, JASA 22:158, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(v, 4) for v in wilson_interval(0, 10, 0.05)]
    [0.0, 0.2775]
    """
    return wilson_at(x, n, normal_quantile(alpha))


def difference_interval(x1: int, n1: int, x2: int, n2: int, alpha: float) -> tuple[float, float]:
    """Newcombe's hybrid score interval of rate 1 minus rate 2 at 1 − alpha.

    Notes
    -----
    With Wilson's limits (l₁, u₁) and (l₂, u₂): p₁ − p₂ − √((p₁ − l₁)² + (u₂ − p₂)²) and
    p₁ − p₂ + √((u₁ − p₁)² + (p₂ − l₂)²).

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
    return difference_at(x1, n1, x2, n2, normal_quantile(alpha))


def wilson_at(x: int, n: int, z: float) -> tuple[float, float]:
    """Wilson's interval that reaches z standard errors."""
    square = z * z
    middle = (x + square / 2) / (n + square)
    reach = z / (n + square) * math.sqrt(x * (n - x) / n + square / 4)
    return (middle - reach if x else 0.0), (middle + reach if x < n else 1.0)


def difference_at(x1: int, n1: int, x2: int, n2: int, z: float) -> tuple[float, float]:
    """Newcombe's interval that reaches z standard errors."""
    first, second = x1 / n1, x2 / n2
    low1, high1 = wilson_at(x1, n1, z)
    low2, high2 = wilson_at(x2, n2, z)
    gap = first - second
    return (
        gap - math.hypot(first - low1, high2 - second),
        gap + math.hypot(high1 - first, second - low2),
    )


def normal_quantile(alpha: float) -> float:
    """The z beyond which, on both sides together, a share of alpha lies."""
    return -NormalDist().inv_cdf(alpha / 2)


def smallest_level(z: float) -> float:
    """Two-sided level that belongs to a normal quantile: 2·(1 − Φ(z)).

    Examples
    --------
    >>> round(smallest_level(1.959964), 6)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))
