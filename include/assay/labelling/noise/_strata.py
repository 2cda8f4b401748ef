"""The share of wrong labels among all rows, from parts of them that were looked at separately."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.labelling._annotations import Array
from assay.statistics.intervals import wilson
from assay.statistics.scores.estimate import Estimate


@dataclass(frozen=True)
class Stratum:
    """A part of the rows, and what is known of it.

    Parameters
    ----------
    rows : int
        Rows of the part.
    share : float
        Share of wrong labels among those that were looked at.
    seen : float
        How many were looked at; as many equally weighted ones, if they have weights. Infinite if
        all were.
    """

    rows: int
    share: float
    seen: float


def checked_stratum(rows: int, wrong: Array, inclusion: Array | None = None) -> Stratum:
    """Describe a part of the rows of which some were checked.

    Parameters
    ----------
    rows : int
        Rows of the part, N.
    wrong : array (n,) of bool
        Whether the label of a checked row is wrong.
    inclusion : array (n,) of float, optional
        Probability with which the row was drawn; alike for all by default.

    Notes
    -----
    With weights w = 1/π the share is p = Σwy / Σw (Horvitz and Thompson's estimate of the number
    of wrong rows, over that of all rows). It is as exact as that of n* equally weighted rows:
    the smaller of Kish's (Σw)² / Σw² and p(1 − p)(Σw)² / Σw²(y − p)². Without replacement it is
    more exact: n*(N − 1) / (N − n).

    References
    ----------
    Horvitz DG, Thompson DJ (1952), A generalization of sampling without replacement from a finite
    universe, JASA 47:663, doi:10.1080/01621459.1952.10483446.

    Examples
    --------
    >>> found = checked_stratum(1000, np.array([True, False, False, False]))
    >>> found.share, round(found.seen, 3)
    (0.25, 4.012)
    """
    n = len(wrong)
    if not n:
        return Stratum(rows, 0.0, 0.0)
    weight = np.ones(n) if inclusion is None else 1 / inclusion
    total = weight.sum()
    share = float((weight * wrong).sum() / total)
    seen = float(total**2 / (weight**2).sum())
    spread = float((weight**2 * (wrong - share) ** 2).sum())
    if spread > 0:
        seen = min(seen, share * (1 - share) * float(total) ** 2 / spread)
    return Stratum(rows, share, seen * (rows - 1) / (rows - n) if rows > n else math.inf)


def share_of_strata(strata: Sequence[Stratum], alpha: float, *, n: int, how: str) -> Estimate:
    """Estimate the share among all rows from the shares in their parts.

    Parameters
    ----------
    strata : sequence of Stratum
        A part of which nothing was looked at may have any share: it widens the interval by all its
        rows.
    alpha : float
        One minus the confidence.
    n : int
        Rows that were looked at.
    how : str
        What the figure is.

    Notes
    -----
    With W the parts' shares of all rows, and Wilson's limits (l, u) of each part's share p: from
    Σ Wp − √Σ W²(p − l)² to Σ Wp + √Σ W²(u − p)². A part in which no wrong label was seen so still
    counts with its upper limit.

    References
    ----------
    Newcombe RG (1998), Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17:873,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Its combination of limits
    is used for a weighted sum.

    Examples
    --------
    >>> parts = [Stratum(100, 0.5, 50), Stratum(900, 0.01, 100)]
    >>> found = share_of_strata(parts, 0.05, n=150, how="checked")
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.059, 0.044, 0.101)
    """
    total = sum(one.rows for one in strata)
    if not total or not n:
        return Estimate.undefined("no row was looked at")
    seen = [one for one in strata if one.seen]
    common = sum(one.rows * one.share for one in seen) / max(sum(one.rows for one in seen), 1)
    value, below, above = 0.0, 0.0, 0.0
    for one in strata:
        weight, share = one.rows / total, one.share if one.seen else common
        low, high = _limits(one, alpha)
        value += weight * share
        below += (weight * (share - low)) ** 2
        above += (weight * (high - share)) ** 2
    low, high = max(value - math.sqrt(below), 0.0), min(value + math.sqrt(above), 1.0)
    return Estimate(value=value, low=low, high=high, n=n, how=how)


def _limits(one: Stratum, alpha: float) -> tuple[float, float]:
    if math.isinf(one.seen):
        return one.share, one.share
    return wilson(one.share * one.seen, one.seen, alpha)
