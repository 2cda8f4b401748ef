"""The Shapley parts of a change, from a score of each row under each crossing of the factors.

References
----------
Shapley LS (1953), A value for n-person games, Contributions to the Theory of Games II:307,
https://doi.org/10.1515/9781400881970-018.
Shorrocks AF (2013), Decomposition procedures for distributional analysis: a unified framework based
on the Shapley value, https://doi.org/10.1007/s10888-011-9214-z.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np

from assay.errors import InputError
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.means import mean_estimate

Array = np.ndarray[Any, Any]


def shapley_parts(values: Array) -> Array:
    """The part (k, ...) of each of k factors in the change from the first crossing to the last.

    Parameters
    ----------
    values : array (2ᵏ, ...)
        One value a crossing, or one a crossing and row. Crossing number c has factor i of the
        second run where bit i of c is set; number 0 is the first run, the last number the second.

    Raises
    ------
    InputError
        If the number of crossings is no power of two.

    Notes
    -----
    A part is Σ_S |S|!(k − |S| − 1)!/k! · (v(S ∪ {i}) − v(S)) over the sets S of other factors. A
    factor that changes nothing has exactly the part 0.

    Examples
    --------
    >>> shapley_parts(np.array([0.0, 1.0, 0.0, 3.0])).tolist()
    [2.0, 1.0]
    """
    factors = len(values).bit_length() - 1
    if len(values) != 1 << factors:
        raise InputError("no whole table of crossings", got=len(values), expected="2ᵏ of them")
    parts = np.zeros((factors, *values.shape[1:]))
    for factor in range(factors):
        for before in range(1 << factors):
            if before >> factor & 1:
                continue
            changed = before.bit_count()
            orders = factorial(changed) * factorial(factors - changed - 1)
            step = values[before | 1 << factor] - values[before]
            parts[factor] += orders / factorial(factors) * step
    return parts


def split_change(
    scores: Array, *, alpha: float, groups: Array | None = None, seed: int
) -> tuple[Estimate, tuple[Estimate, ...]]:
    """Split the change of a mean score from the first crossing to the last into Shapley parts.

    Parameters
    ----------
    scores : array (2ᵏ, n) of float
        The score of each of n test rows under each crossing, in the order of
        :func:`shapley_parts`. The metric is their mean over rows.
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.
    seed : int
        Of the resampling.

    Returns
    -------
    whole : Estimate
        The last crossing's mean minus the first's.
    parts : tuple of k Estimate
        They add up to it.

    Raises
    ------
    InputError
        If the number of crossings is no power of two.

    Notes
    -----
    A part is a mean over rows of one number a row: that row's own part. Its interval is paired:
    whole rows, or groups of rows, are resampled with all of their crossings together (bootstrap-t,
    beyond 4 096 units its closed form, see :mod:`assay.statistics.scores.means`). The interval
    holds what the part would be over all rows like these, for these very models, in 1 − ``alpha``
    of samples of test rows. It doesn't hold what other training rows or another seed would give.
    """
    rows = [scores[-1] - scores[0], *shapley_parts(scores)]
    whole, *parts = (
        mean_estimate(row, alpha=alpha, groups=groups, seed=seed, tested=True) for row in rows
    )
    return whole, tuple(parts)
