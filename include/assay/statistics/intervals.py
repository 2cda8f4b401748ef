"""Confidence intervals of a share, of a difference and of a ratio of two shares.

Wilson's and Newcombe's are closed forms; statsmodels gives the same to the last digits, as tests
show. Importing it takes longer than judging ten million rows, and a p-value asks for an interval
some forty times.

statsmodels' ``confint_proportions_2indep(method="score", compare="ratio")`` is the interval of
Miettinen and Nurminen by a closed form that breaks where a share is exactly 0 or 1: for 10 of 10
against 5 of 10 its lower limit stays at 1.333 however small alpha is, for 5 of 10 against 10 of 10
it gives (.75, .80), which doesn't hold the ratio .5, for 0 of 10 against 10 of 10 complex numbers.
Near those edges it loses digits (for 1 of 2 against 99 871 of 100 000 its lower limit is negative).
So the score test is inverted here by bisection; away from the edges the two agree, as tests show.
"""

from __future__ import annotations

import math
from statistics import NormalDist

Interval = tuple[float, float]
_STEPS = 200


def normal_quantile(alpha: float) -> float:
    """Return the z beyond which, on both sides together, a share of alpha lies.

    Examples
    --------
    >>> round(normal_quantile(0.05), 6)
    1.959964
    """
    return -NormalDist().inv_cdf(alpha / 2)


def two_sided_level(z: float) -> float:
    """Return the two-sided level of a normal quantile: 2·(1 − Φ(|z|)).

    Examples
    --------
    >>> round(two_sided_level(1.959964), 6)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))


def wilson(count: float, rows: float, alpha: float) -> Interval:
    """Return Wilson's score interval of a share at 1 − alpha; each end is missed with alpha/2.

    Parameters
    ----------
    count, rows : float
        Successes and trials. Effective numbers needn't be whole. Without a row the share may be
        anything: (0, 1).
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
    >>> [round(v, 4) for v in wilson(0, 10, 0.05)]
    [0.0, 0.2775]
    """
    return wilson_at(count, rows, normal_quantile(alpha))


def newcombe(x1: int, n1: int, x2: int, n2: int, alpha: float) -> Interval:
    """Return Newcombe's hybrid score interval of share 1 minus share 2 at 1 − alpha.

    Without a row on one side it is (-1, 1).

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
    >>> [round(v, 4) for v in newcombe(56, 70, 48, 80, 0.05)]
    [0.0524, 0.3339]
    """
    return newcombe_at(x1, n1, x2, n2, normal_quantile(alpha))


def wilson_at(count: float, rows: float, z: float) -> Interval:
    """Return Wilson's interval that reaches z standard errors."""
    if not rows:
        return 0.0, 1.0
    square = z * z
    middle = (count + square / 2) / (rows + square)
    reach = z / (rows + square) * math.sqrt(count * (rows - count) / rows + square / 4)
    return (middle - reach if count else 0.0), (middle + reach if count < rows else 1.0)


def newcombe_at(x1: int, n1: int, x2: int, n2: int, z: float) -> Interval:
    """Return Newcombe's interval that reaches z standard errors."""
    if not n1 or not n2:
        return -1.0, 1.0
    first, second = x1 / n1, x2 / n2
    return hybrid(first, wilson_at(x1, n1, z), second, wilson_at(x2, n2, z))


def hybrid(first: float, of_first: Interval, second: float, of_second: Interval) -> Interval:
    """Combine the intervals of two independent estimates to that of their difference.

    It is Newcombe's rule for any pair of estimates.
    """
    (low1, high1), (low2, high2) = of_first, of_second
    gap = first - second
    return (
        gap - math.hypot(first - low1, high2 - second),
        gap + math.hypot(high1 - first, second - low2),
    )


def ratio_z(x1: int, n1: int, x2: int, n2: int, ratio: float) -> float:
    """Return the score statistic of the hypothesis that share 1 is ``ratio`` times share 2.

    Positive where share 1 is greater than that. Its two-sided normal p is the smallest level at
    which the interval lies wholly on one side of ``ratio``.

    Parameters
    ----------
    x1, n1, x2, n2 : int
        Successes and trials, each n at least 1.
    ratio : float
        The hypothesis, greater than 0.

    Returns
    -------
    float
        0 where neither sample has a success: they say nothing of a ratio.

    Notes
    -----
    With N = n₁ + n₂, u = r(n₁ + x₂), v = x₁ + n₂, the shares under the hypothesis are p₁ = r·p₂,
    p₂ = 2(x₁ + x₂) / (u + v + √((u − v)² + 4r(n₁ − x₁)(n₂ − x₂))), the smaller root of the paper's
    quadratic in a form without cancellation, and
    z = (x₁/n₁ − r·x₂/n₂) / √((p₁(1−p₁)/n₁ + r²p₂(1−p₂)/n₂) · N/(N−1)).

    References
    ----------
    Miettinen O, Nurminen M (1985), Comparative analysis of two rates, Statistics in Medicine 4:2,
    doi:10.1002/sim.4780040211.

    Examples
    --------
    >>> round(ratio_z(30, 100, 50, 100, 1.0), 6)
    -2.879525
    """
    total = n1 + n2
    if x1 + x2 == 0:
        return 0.0
    u, v = ratio * (n1 + x2), x1 + n2
    root = math.sqrt((u - v) ** 2 + 4 * ratio * (n1 - x1) * (n2 - x2))
    p2 = min(1.0, 2 * (x1 + x2) / (u + v + root))
    p1 = min(1.0, ratio * p2)
    variance = (p1 * (1 - p1) / n1 + ratio**2 * p2 * (1 - p2) / n2) * total / (total - 1)
    gap = x1 / n1 - ratio * x2 / n2
    if variance <= 0:
        return 0.0 if abs(gap) < 1e-15 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def miettinen_nurminen(x1: int, n1: int, x2: int, n2: int, alpha: float) -> Interval:
    """Return the score interval of share 1 over share 2 at 1 − alpha.

    Returns
    -------
    (float, float)
        The lower limit is 0 where ``x1`` is 0, the upper one infinite where ``x2`` is 0; with no
        success at all it is (0, inf): nothing is known.

    Notes
    -----
    The ends solve ``ratio_z(r) = ±z`` by bisection on log r, to within 1e-12 of r.

    Examples
    --------
    >>> [round(v, 4) for v in miettinen_nurminen(10, 10, 5, 10, 0.05)]
    [1.2449, 4.3159]
    """
    z = normal_quantile(alpha)
    low = 0.0 if x1 == 0 else _ratio_at(x1, n1, x2, n2, z)
    high = math.inf if x2 == 0 else _ratio_at(x1, n1, x2, n2, -z)
    return low, high


def _ratio_at(x1: int, n1: int, x2: int, n2: int, target: float) -> float:
    """Return the ratio at which the statistic, which falls with the ratio, is ``target``."""
    low, high = -math.log(4.0 * n1 * n2), math.log(4.0 * n1 * n2)
    while ratio_z(x1, n1, x2, n2, math.exp(low)) < target and low > -600:
        low *= 2
    while ratio_z(x1, n1, x2, n2, math.exp(high)) > target and high < 600:
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        above = ratio_z(x1, n1, x2, n2, math.exp(middle)) > target
        low, high = (middle, high) if above else (low, middle)
        if high - low < 1e-13:
            break
    return math.exp((low + high) / 2)
