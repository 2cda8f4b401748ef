"""Bins of a column: parts of its numbers with equal shares, or its commonest levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.synthesis._columns import Array, Column


@dataclass(frozen=True)
class Bins:
    """Which bin a value lies in, from 0 to before ``size``.

    Parameters
    ----------
    ends : array or None
        Of numbers: the last value of each bin but the last; bin 0 is of missing values.
    places : array or None
        Of levels: the bin of each; the last bin is of all that are rare.
    size : int
    """

    ends: Array | None
    places: Array | None
    size: int

    def codes(self, values: Array) -> Array:
        """The bin (n,) of each value."""
        if self.places is not None:
            return np.asarray(self.places[values])
        place = 1 + np.searchsorted(self.ends if self.ends is not None else [], values, side="left")
        return np.where(np.isnan(values), 0, place)


def bins_of(column: Column, values: Array, *, numbers: int, levels: int) -> Bins:
    """Make the bins of a column from real values.

    Parameters
    ----------
    numbers, levels : int
        Bins of numbers, and levels that have one of their own.

    Examples
    --------
    >>> import pyarrow as pa
    >>> pay = Column("pay", None, 0, 0.0, 9.0, False, pa.float64())
    >>> bins = bins_of(pay, np.arange(10.0), numbers=2, levels=9)
    >>> bins.codes(np.array([-1.0, 4.0, 5.0, np.nan])).tolist(), bins.size
    ([1, 1, 2, 0], 3)
    """
    if column.levels is None:
        there = values[~np.isnan(values)]
        shares = np.linspace(0, 1, numbers + 1)[1:-1]
        ends = np.unique(np.quantile(there, shares, method="lower"))
        return Bins(ends, None, len(ends) + 2)
    counts = np.bincount(values, minlength=len(column.levels) + 2)
    common = np.argsort(-counts, kind="stable")[:levels]
    places = np.full(len(counts), len(common))
    places[common] = np.arange(len(common))
    return Bins(None, places, len(common) + 1)
