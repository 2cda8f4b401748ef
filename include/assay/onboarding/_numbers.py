"""Limits that a sample gives: ends of Wilson's interval, rounded to the safe side."""

from __future__ import annotations

import math
from typing import Final

_Z: Final = 1.959963984540054


def wilson(count: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    JASA 22(158), 209–212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(x, 4) for x in wilson(0, 100)]
    [0.0, 0.037]
    """
    share, z2 = count / n, _Z * _Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def rounded_up(value: float, digits: int = 2) -> float:
    """The least number of so many significant digits that isn't below a positive value.

    Examples
    --------
    >>> rounded_up(0.0371), rounded_up(0.12), rounded_up(0.0)
    (0.038, 0.12, 0.0)
    """
    if value <= 0:
        return 0.0
    places = digits - 1 - math.floor(math.log10(value))
    up = math.ceil(round(value * 10.0**places, 9)) / 10.0**places
    return float(f"{up:.{digits}g}")


def rounded_down(value: float) -> float:
    """A share to three places, never above it.

    Examples
    --------
    >>> rounded_down(0.97899)
    0.978
    """
    return math.floor(value * 1000) / 1000
