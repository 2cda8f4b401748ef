"""The share of a whole from rows that were chosen with unequal probabilities.

References
----------
Horvitz DG, Thompson DJ (1952), A generalization of sampling without replacement from a finite
universe, https://doi.org/10.1080/01621459.1952.10483446.
Zou GY, Donner A (2008), Construction of confidence limits about effect measures: a general
approach, https://doi.org/10.1002/sim.3095 (the interval of a sum from those of its parts).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from assay.errors import InputError
from assay.statistics.intervals import wilson
from assay.statistics.scores.estimate import Estimate

Array = np.ndarray[Any, Any]
_HOW: Final = "Horvitz-Thompson, Wilson within each probability"


def horvitz_thompson(hit: Array, inclusion: Array, *, alpha: float) -> Estimate:
    """Estimate the share of hits among all rows from a sample whose probabilities are known.

    The share of hits among the chosen rows says little where rows were chosen because a model is
    uncertain of them: it errs there more often. Weighted by one over its probability, each row
    stands for those that weren't chosen.

    Parameters
    ----------
    hit : array (n,) of bool
        Such as whether the model was right.
    inclusion : array (n,) of float
        Probability with which each row was chosen, above 0; 1 for a row that was chosen for sure.
    alpha : float
        One minus the confidence.

    Returns
    -------
    Estimate
        Undefined without rows, or where every row was chosen for sure and so stands for itself
        alone: then nothing is known of the rest.

    Raises
    ------
    InputError
        If a probability isn't above 0 and at most 1, or the lengths differ.

    Notes
    -----
    Σ hit/π / Σ 1/π. Rows with equal probability count as a random sample without replacement of
    the n/π rows that they stand for; their share has Wilson's interval, of n/(1 − π) rows since
    none is drawn twice. The parts' distances from their ends add up as squares, weighted by rows.

    Examples
    --------
    >>> hit = np.array([False] * 8 + [True] * 2 + [True] * 9 + [False])
    >>> inclusion = np.array([1.0] * 10 + [0.1] * 10)
    >>> found = horvitz_thompson(hit, inclusion, alpha=0.05)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.836, 0.576, 0.91)
    """
    if len(hit) != len(inclusion) or not ((inclusion > 0) & (inclusion <= 1)).all():
        raise InputError(
            "an inclusion probability is wrong", got=f"{len(inclusion)} of them, {len(hit)} rows",
            expected="one for each row, above 0 and at most 1",
        )  # fmt: skip
    drawn, n = np.unique(inclusion), len(hit)
    if not n or drawn[0] == 1.0:
        return Estimate.undefined("no row was chosen at random", n)
    value = below = above = 0.0
    rows = float((1.0 / inclusion).sum())
    for one in drawn:
        of_one = hit[inclusion == one]
        weight, share = len(of_one) / float(one) / rows, float(of_one.mean())
        low, high = _ends(int(of_one.sum()), len(of_one), float(one), alpha)
        value += weight * share
        below = math.hypot(below, weight * (share - low))
        above = math.hypot(above, weight * (high - share))
    low, high = max(value - below, 0.0), min(value + above, 1.0)
    return Estimate(value=value, low=low, high=high, n=n, how=_HOW)


def _ends(hits: int, n: int, inclusion: float, alpha: float) -> tuple[float, float]:
    if inclusion == 1.0:
        return hits / n, hits / n
    whole = 1.0 - inclusion
    return wilson(hits / whole, n / whole, alpha)
