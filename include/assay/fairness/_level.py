"""The p of a cell: the smallest level at which its interval lies wholly beyond the limit."""

from __future__ import annotations

from assay.fairness._intervals import difference_at, smallest_level
from assay.fairness._ratio import ratio_z

_FURTHEST_Z = 37.0
_PRECISION = 1e-9


def ratio_p(
    x1: int, n1: int, x2: int, n2: int, *, least: float, most: float | None = None
) -> float:
    """Smallest level at which the ratio's interval is wholly below ``least`` or above ``most``.

    Read a small one as: the ratio is beyond the limit, not only different from 1. It is 1 where
    the observed ratio itself is within the limits.

    Notes
    -----
    The interval inverts the score test, so this is the test's two-sided p at the limit, exactly.

    Examples
    --------
    >>> round(ratio_p(30, 100, 50, 100, least=0.8), 4)
    0.1095
    >>> ratio_p(45, 100, 50, 100, least=0.8)
    1.0
    """
    below = ratio_z(x1, n1, x2, n2, least)
    if below < 0:
        return smallest_level(below)
    above = ratio_z(x1, n1, x2, n2, most) if most is not None else 0.0
    return smallest_level(above) if above > 0 else 1.0


def difference_p(x1: int, n1: int, x2: int, n2: int, most: float) -> float:
    """Smallest level at which the difference's interval is wholly beyond ``-most`` or ``most``.

    Notes
    -----
    Newcombe's interval widens steadily with z, so z is found by bisection to 1e-9; the relative
    error of p is then below 4e-8. Beyond z = 37 (p < 1e-298) it stays there.

    Examples
    --------
    >>> from assay.fairness._intervals import difference_interval
    >>> p = difference_p(20, 100, 50, 100, 0.1)
    >>> low, high = difference_interval(20, 100, 50, 100, p)
    >>> round(high, 6)
    -0.1
    """
    difference = x1 / n1 - x2 / n2
    if abs(difference) <= most:
        return 1.0
    low, high = 0.0, _FURTHEST_Z
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if _beyond(difference_at(x1, n1, x2, n2, middle), most):
            low = middle
        else:
            high = middle
    return smallest_level(low)


def _beyond(interval: tuple[float, float], most: float) -> bool:
    return interval[0] > most or interval[1] < -most


def holm(p_values: list[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given.

    Each is rejected at level alpha if its adjusted p is at most alpha, and then the chance of any
    false rejection among all is at most alpha, whatever the dependence.

    References
    ----------
    Holm S (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal
    of Statistics 6:65.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
