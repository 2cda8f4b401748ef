"""Miettinen–Nurminen score interval of a ratio of two rates.

statsmodels' ``confint_proportions_2indep(method="score", compare="ratio")`` computes the same
interval by a closed form that breaks where a rate is exactly 0 or 1: for 10 of 10 against 5 of 10
its lower limit stays at 1.333 however small alpha is, for 5 of 10 against 10 of 10 it gives
(.75, .80), which doesn't hold the ratio .5, for 0 of 10 against 10 of 10 complex numbers; near
those edges it loses digits (for 1 of 2 against 99 871 of 100 000 its lower limit is negative). So
the score test is inverted here by bisection; away from the edges the two agree, as tests show.
"""

from __future__ import annotations

import math

from assay.fairness._intervals import normal_quantile

_STEPS = 200


def ratio_z(x1: int, n1: int, x2: int, n2: int, ratio: float) -> float:
    """Score statistic of the hypothesis that rate 1 is ``ratio`` times rate 2.

    Positive where rate 1 is greater than that. Its two-sided normal p is the smallest level at
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
    With N = n₁ + n₂, u = r(n₁ + x₂), v = x₁ + n₂, the rates under the hypothesis are p₁ = r·p₂,
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


def ratio_interval(x1: int, n1: int, x2: int, n2: int, alpha: float) -> tuple[float, float]:
    """Score interval of rate 1 over rate 2 at 1 − alpha.

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
    >>> [round(v, 4) for v in ratio_interval(10, 10, 5, 10, 0.05)]
    [1.2449, 4.3159]
    """
    z = normal_quantile(alpha)
    low = 0.0 if x1 == 0 else _root(x1, n1, x2, n2, z)
    high = math.inf if x2 == 0 else _root(x1, n1, x2, n2, -z)
    return low, high


def _root(x1: int, n1: int, x2: int, n2: int, target: float) -> float:
    """The ratio at which the statistic, which falls with the ratio, is ``target``."""
    low, high = -math.log(4.0 * n1 * n2), math.log(4.0 * n1 * n2)
    while ratio_z(x1, n1, x2, n2, math.exp(low)) < target and low > -600:
        low *= 2
    while ratio_z(x1, n1, x2, n2, math.exp(high)) > target and high < 600:
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if ratio_z(x1, n1, x2, n2, math.exp(middle)) > target:
            low = middle
        else:
            high = middle
        if high - low < 1e-13:
            break
    return math.exp((low + high) / 2)
