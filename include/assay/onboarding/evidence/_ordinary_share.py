"""The share of missing values that another ordinary batch hardly exceeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from assay.onboarding.evidence._rounding import rounded_up
from assay.onboarding.evidence._versions import CHANCE

_ALPHA: Final = 0.05
_CLEARLY: Final = 0.3
"""So much more than any batch had is a fault, however few batches were seen."""


def ordinary_limit(seen: Sequence[tuple[int, int]]) -> float:
    """The largest share of rows with something, such as a missing value, of an ordinary batch.

    Parameters
    ----------
    seen : sequence of (int, int)
        Rows of each batch, and how many of them have it.

    Notes
    -----
    The largest share of any batch, and as much again as the batches can't rule out. Values are
    often missing together: a sensor fails for hours, a source for a day; rows come twice where a
    file is read twice. Then batches are independent and rows aren't, and of v batches without such
    a gap the upper end of Clopper and Pearson's 95 % interval, 1 − .05^(1/v), is the share of
    batches that may have one, and with it the share of rows. It is capped at .3, which nine batches
    go below.

    The error rate follows without a model. A gap that is larger than what is added, in a share q of
    batches, holds the first one after v without it with probability q (1 − q)^v, which is at most
    (v/(v + 1))^v / (v + 1) for any q: see :func:`unseen_chance`.

    References
    ----------
    Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
    the case of the binomial. Biometrika 26(4), 404–413. doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> ordinary_limit([(100, 0)]), ordinary_limit([(100, 2), (100, 0)])
    (0.3, 0.32)
    >>> ordinary_limit([(90, 0)] * 60)
    0.049
    """
    worst = max(having / rows for rows, having in seen)
    return min(1.0, rounded_up(worst + min(_CLEARLY, -math.expm1(math.log(_ALPHA) / len(seen)))))


def unseen_chance(batches: int) -> float:
    """The probability that the next batch has what none of so many had, for the worst rate of it.

    Notes
    -----
    Of what a share q of independent batches has, v have none and the next has it with probability
    q (1 − q)^v, whose maximum over q is at q = 1/(v + 1).

    Examples
    --------
    >>> [round(unseen_chance(v), 3) for v in (1, 4, 36, 37)]
    [0.25, 0.082, 0.01, 0.01]
    """
    v = batches
    return (v / (v + 1)) ** v / (v + 1)


def shows_never(batches: int) -> bool:
    """Whether so many batches without something show that the next one hardly has it."""
    return unseen_chance(batches) <= CHANCE
