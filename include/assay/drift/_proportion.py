"""Bounds of a share and of the change of a share.

References
----------
Wilson (1927), Probable inference, https://doi.org/10.1080/01621459.1927.10502953.
Newcombe (1998), Interval estimation for the difference between independent proportions, method 10,
https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(count: int, rows: int, level: float) -> tuple[float, float]:
    """Lower and upper bound of a share, each missed with probability ``level``.

    With no rows at all the share may be anything: (0, 1).

    Examples
    --------
    >>> low, high = wilson(0, 100, 0.025)
    >>> low, round(high, 4)
    (0.0, 0.037)
    """
    if rows == 0:
        return 0.0, 1.0
    return wilson_share(count / rows, rows, level)


def wilson_share(share: float, rows: float, level: float) -> tuple[float, float]:
    """Wilson's bounds of a share seen in an effective, perhaps not whole, number of rows."""
    z = NormalDist().inv_cdf(1 - level)
    spread = z * z / rows
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / rows + spread / (4 * rows))
    low = 0.0 if share == 0 else max(centre - half, 0.0)
    high = 1.0 if share == 1 else min(centre + half, 1.0)
    return low, high


def newcombe(
    count: int, rows: int, other_count: int, other_rows: int, level: float
) -> tuple[float, float]:
    """Bounds of ``count/rows - other_count/other_rows``, each missed with probability ``level``.

    Examples
    --------
    >>> low, high = newcombe(56, 70, 48, 80, 0.025)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    if rows == 0 or other_rows == 0:
        return -1.0, 1.0
    first, second = count / rows, other_count / other_rows
    low, high = wilson(count, rows, level)
    other_low, other_high = wilson(other_count, other_rows, level)
    change = first - second
    return (
        change - math.hypot(first - low, other_high - second),
        change + math.hypot(high - first, second - other_low),
    )
