"""The p of a cell: the smallest level at which its interval lies wholly beyond the limit."""

from __future__ import annotations

from assay.statistics.intervals import newcombe_at, ratio_z, two_sided_level

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
        return two_sided_level(below)
    above = ratio_z(x1, n1, x2, n2, most) if most is not None else 0.0
    return two_sided_level(above) if above > 0 else 1.0


def difference_p(x1: int, n1: int, x2: int, n2: int, most: float) -> float:
    """Smallest level at which the difference's interval is wholly beyond ``-most`` or ``most``.

    Notes
    -----
    Newcombe's interval widens steadily with z, so z is found by bisection to 1e-9; the relative
    error of p is then below 4e-8. Beyond z = 37 (p < 1e-298) it stays there.

    Examples
    --------
    >>> from assay.statistics.intervals import newcombe
    >>> p = difference_p(20, 100, 50, 100, 0.1)
    >>> low, high = newcombe(20, 100, 50, 100, p)
    >>> round(high, 6)
    -0.1
    """
    difference = x1 / n1 - x2 / n2
    if abs(difference) <= most:
        return 1.0
    low, high = 0.0, _FURTHEST_Z
    while high - low > _PRECISION:
        middle = (low + high) / 2
        least, greatest = newcombe_at(x1, n1, x2, n2, middle)
        beyond = least > most or greatest < -most
        low, high = (middle, high) if beyond else (low, middle)
    return two_sided_level(low)
