"""Which rows are independent of each other, and the variance of a figure from that.

A figure is first written as a sum over rows: each row's *influence* is how much the figure changes,
to the first order, if that row weighed more. The sums over independent units (rows, or groups of
rows) then give its variance, by the infinitesimal jackknife.

References
----------
Efron B (1982), The jackknife, the bootstrap and other resampling plans, chapter 6,
https://doi.org/10.1137/1.9781611970319.
Korn EL, Graubard BI (1998), Confidence intervals for proportions with small expected number of
positive counts estimated from survey data, Survey Methodology 24:193.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.errors import InputError
from assay.statistics.intervals import Interval, normal_quantile, wilson_at
from assay.statistics.scipy_laws import t_isf

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Units:
    """The independent units of some rows.

    Parameters
    ----------
    of : array (n,) of int, or None
        Unit of each row, from 0; None if each row is one.
    number : int
        How many units there are.
    """

    of: Array | None
    number: int

    def sums(self, values: Array) -> Array:
        """Sum of values (n,) in each unit."""
        return values if self.of is None else np.bincount(self.of, values, self.number)

    def variance(self, influence: Array) -> float:
        """Variance of a figure whose rows have this influence, n of them; 0 with fewer than two."""
        if self.number < 2:
            return 0.0
        total = self.sums(influence)
        return float(np.square(total).sum()) * self.number / (self.number - 1)

    def correlations(self, influences: Array) -> Array:
        """Correlations (k, k) of k figures with influences (k, n); 0 where one doesn't vary."""
        sums = np.stack([self.sums(row) for row in influences])
        size = np.sqrt(np.square(sums).sum(axis=1))
        scaled = sums / np.where(size > 0, size, 1.0)[:, None]
        return np.array([[float((a * b).sum()) for b in scaled] for a in scaled])

    def reach(self, alpha: float) -> float:
        """Standard errors to each side: a normal quantile, or Student's t over groups."""
        if self.of is None:
            return normal_quantile(alpha)
        return t_isf(alpha / 2, self.number - 1)

    def named(self, how: str) -> str:
        """The interval's name, with the number of groups where rows are in groups."""
        return how if self.of is None else f"{how}, rows in {self.number:,} groups"


def units(groups: Array | None, rows: int) -> Units:
    """Find the independent units of rows.

    Parameters
    ----------
    groups : array (n,) or None
        Rows with the same number depend on each other (one subject, one aircraft); None if all
        rows are independent.
    rows : int
        n.

    Raises
    ------
    InputError
        If there isn't one number a row.

    Examples
    --------
    >>> units(np.array([7, 3, 7]), 3).sums(np.array([1.0, 2.0, 3.0]))
    array([2., 4.])
    """
    if groups is None:
        return Units(None, rows)
    if np.shape(groups) != (rows,):
        raise InputError(
            "the groups don't fit the rows", got=np.shape(groups), expected=f"shape ({rows},)",
            do="Give the group of each row, in the order of the rows.",
        )  # fmt: skip
    names, of = np.unique(groups, return_inverse=True)
    return Units(of, len(names))


def effective(value: float, variance: float, most: float, least: float) -> float:
    """Rows that would give a share this variance.

    Parameters
    ----------
    most : float
        Rows there are: the answer is no more.
    least : float
        The answer where the share is 0 or 1, so that the estimated variance is 0 and says nothing.
    """
    spread = value * (1 - value)
    return min(spread / variance, most) if variance > 0 and spread > 0 else min(least, most)


def within(value: float, rows: float, units: Units, alpha: float) -> Interval | None:
    """Wilson's interval of a figure between 0 and 1 in effective rows; None without a variance."""
    if units.number < 2:
        return None
    return wilson_at(value * rows, rows, units.reach(alpha))
