"""Agreement as one minus observed over expected disagreement, with a bootstrap over tasks.

Every coefficient here has that form: Krippendorff's alpha, the kappas of Cohen and Fleiss, and raw
agreement, whose expected disagreement is 1. Each task adds a few numbers to sums, and both
disagreements follow from the sums. So a resample of tasks is a vector of weights, all resamples
are one product of matrices, and no loop goes over them.

References
----------
Efron B (1987), Better bootstrap confidence intervals, https://doi.org/10.1080/01621459.1987.10478410.
Hesterberg T (2015), What teachers should know about the bootstrap (the expanded percentile),
https://doi.org/10.1080/00031305.2015.1089789.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from assay.labelling._annotations import Array
from assay.statistics.intervals import Interval, wilson
from assay.statistics.scipy_laws import t_isf
from assay.statistics.scores.estimate import Estimate

RESAMPLES: Final = 1_999
"""Resamples of a bootstrap."""
RESAMPLED: Final = 4_096
"""Distinct tasks up to which there is a resampling."""
FEWEST_TASKS: Final = 20
"""Tasks below which there is no interval: it would be missed too often."""
FEWEST_UNLIKE: Final = 10
"""Tasks with another label than the commonest, below which there is none either."""
FEWEST_SHARED: Final = 5
"""Tasks in which two annotators agree on such a label, below which there is none either."""

Ratio = Callable[[Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Disagreement:
    """What tasks add to the observed and the expected disagreement.

    Parameters
    ----------
    parts : array (u, p) of float
        What one task adds to each of p sums; tasks that add the same are one row.
    tasks : array (u,) of int
        How many tasks add it.
    ratio : callable
        Sums (r, p) to observed and expected disagreement, each (r,).
    worst : float
        The greatest observed disagreement that a task can have.
    few : str, optional
        Why the tasks are too few for an interval, where they are.
    """

    parts: Array
    tasks: Array
    ratio: Ratio
    worst: float = 1.0
    few: str | None = None

    def coefficients(self, sums: Array) -> Array:
        """Agreement from sums (r, p); NaN where no disagreement is expected."""
        observed, expected = self.ratio(sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(expected > 0, 1 - observed / expected, np.nan)

    def estimate(self, *, alpha: float, seed: int) -> Estimate:
        """Agreement with its interval at 1 − alpha; ``n`` counts the tasks."""
        n = int(self.tasks.sum())
        if not n:
            return Estimate.undefined("no task has labels of two annotators")
        sums = (self.tasks @ self.parts)[None]
        observed, expected = (float(one[0]) for one in self.ratio(sums))
        if not expected > 0:
            return Estimate.undefined("only one label occurs, so that no agreement is by chance", n)
        value = 1 - observed / expected
        if self.few is not None or n < FEWEST_TASKS:
            few = self.few or f"fewer than {FEWEST_TASKS} tasks with labels of two annotators"
            return Estimate(value=value, n=n, how=few)
        if observed <= 0:
            most = self.worst * (1 - wilson(n, n, alpha)[0])
            how = "Wilson: no task has a disagreement"
            return Estimate(value=1.0, low=1 - most / expected, high=1.0, n=n, how=how)
        ends, how = self._interval(value, sums[0], alpha, seed)
        if ends is None:
            return Estimate(value=value, n=n, how=how)
        low, high = min(ends[0], value), min(max(ends[1], value), 1.0)
        return Estimate(value=value, low=low, high=high, n=n, how=how)

    def _interval(
        self, value: float, sums: Array, alpha: float, seed: int
    ) -> tuple[Interval | None, str]:
        """Both ends, or None where they can't be given, and the name of the interval."""
        without = self.coefficients(sums - self.parts)
        n = int(self.tasks.sum())
        middle = float(self.tasks @ without) / n
        pull = middle - without
        spread = float(self.tasks @ pull**2)
        if not math.isfinite(spread) or spread <= 1e-24:
            return None, "tasks don't differ, or the figure rests on one of them"
        reach = t_isf(alpha / 2, n - 1)
        if len(self.parts) > RESAMPLED:
            slope = math.sqrt(spread * (n - 1) / n) / (1 - value)
            ends = 1 - (1 - value) * math.exp(reach * slope)
            return (ends, 1 - (1 - value) * math.exp(-reach * slope)), "jackknife over tasks"
        drawn = self._resampled(seed)
        if len(drawn) < RESAMPLES * 0.99:
            return None, "in some resamples only one label occurs"
        skew = float(self.tasks @ pull**3) / (6 * spread**1.5)
        how = f"BCa bootstrap over tasks, {RESAMPLES:,} resamples"
        return _bca(np.sort(drawn), value, skew, reach * math.sqrt(n / (n - 1))), how

    def _resampled(self, seed: int) -> Array:
        """The agreement of each resample of tasks that has one."""
        n = int(self.tasks.sum())
        random = np.random.default_rng(seed)
        weights = random.multinomial(n, self.tasks / n, size=RESAMPLES)
        found = self.coefficients(weights.astype(float) @ self.parts)
        return found[np.isfinite(found)]


def _bca(ordered: Array, value: float, skew: float, reach: float) -> Interval:
    """Percentiles of the resamples, shifted by their median bias and the figure's acceleration."""
    n = len(ordered)
    below = float(
        np.searchsorted(ordered, value, "left") + np.searchsorted(ordered, value, "right")
    )
    bias = NormalDist().inv_cdf(min(max(below / (2 * n), 0.5 / n), 1 - 0.5 / n))

    def end(z: float) -> float:
        moved = bias + z
        level = NormalDist().cdf(bias + moved / (1 - skew * moved)) if skew * moved < 1 else 1.0
        return float(np.quantile(ordered, level))

    return end(-reach), end(reach)


def too_few(counts: Array, tasks: Array) -> str | None:
    """Why tasks say too little of labels other than the commonest; None where they say enough.

    Parameters
    ----------
    counts : array (u, k)
        Annotations of each label in a task.
    tasks : array (u,)
        How many tasks have these counts.
    """
    if not counts.size:
        return None
    others = np.delete(counts, int(np.argmax(tasks @ counts)), axis=1)
    unlike = int(tasks @ (others.sum(axis=1) > 0))
    shared = int(tasks @ (others >= 2).any(axis=1))
    if unlike < FEWEST_UNLIKE:
        return f"fewer than {FEWEST_UNLIKE} tasks with another label than the commonest"
    if shared < FEWEST_SHARED:
        return f"fewer than {FEWEST_SHARED} tasks agree on another label than the commonest"
    return None
