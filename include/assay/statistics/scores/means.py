"""The mean of a loss over rows, with an interval that follows the loss's skewness.

Losses are skewed (most rows cost little, a few cost much), so that a symmetric interval is missed
mostly on one side. Up to :data:`RESAMPLED` independent units the interval is bootstrap-t; beyond
them it is ABC, a closed form: a resampling of a million rows takes minutes for the same ends.
Seen at a nominal .95 for squared errors of 50 rows: Student's t .87, ABC .90, bootstrap-t .92.

The difference of two losses is nearly symmetric where neither model is better, and follows chance
where it seems skewed: with 40 rows bootstrap-t alone calls one of two equal models better in .04 of
samples, not .025. So a difference that is tested has the wider of bootstrap-t and Student's t.

References
----------
Efron B (1982), The jackknife, the bootstrap and other resampling plans, chapter 10,
https://doi.org/10.1137/1.9781611970319.
Hall P (1988), Theoretical comparison of bootstrap confidence intervals,
https://doi.org/10.1214/aos/1176350933.
DiCiccio T, Efron B (1992), More accurate confidence intervals in exponential families,
https://doi.org/10.1093/biomet/79.2.231.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.statistics.intervals import Interval
from assay.statistics.scipy_laws import t_cdf, t_isf
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.units import Array, Units, units

RESAMPLES: Final = 1_999
"""Resamples of a bootstrap: the 50th and the 1 950th are the ends at .95."""
RESAMPLED: Final = 4_096
"""Independent units up to which there is a resampling."""
_HELD: Final = 1 << 20
"""Drawn units that are held at once."""


def mean_estimate(
    values: Array,
    *,
    alpha: float,
    groups: Array | None = None,
    seed: int,
    least: float = -math.inf,
    most: float = math.inf,
    tested: bool = False,
) -> Estimate:
    """Mean of one number a row, with its interval.

    Parameters
    ----------
    values : array (n,) of float
        A loss, or the difference of two.
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other: groups are resampled, not rows.
    seed : int
        Of the resampling. The same seed gives the same interval.
    least, most : float
        The range of a value; no end is beyond it.
    tested : bool
        The mean is a difference: give p of the hypothesis that it is 0, and no narrower interval
        than Student's t.

    Returns
    -------
    Estimate
        Undefined without rows or with a value that is NaN or infinite. Without an interval if
        there are fewer than two units, or if the values don't vary.

    Examples
    --------
    >>> found = mean_estimate(np.array([0.1, 0.4, 0.2, 0.9, 0.3]), alpha=0.05, seed=1)
    >>> round(found.value, 6), found.how
    (0.38, 'bootstrap-t, 1,999 resamples')
    """
    n = len(values)
    if not n:
        return Estimate.undefined("there are no rows")
    if not np.isfinite(values).all():
        return Estimate.undefined("a value is missing or infinite", n)
    sample = _sample(values, units(groups, n))
    if sample is None:
        mean = float(values.mean())
        return Estimate(value=mean, n=n, how="too few independent values that differ")
    ends, p, how = _interval(sample, alpha, seed)
    if tested:
        reach = t_isf(alpha / 2, sample.number - 1) * sample.error
        ends = min(ends[0], sample.mean - reach), max(ends[1], sample.mean + reach)
        p, how = max(p, _student_p(sample)), f"{how}, or Student's t if wider"
    low, high = (min(max(end, least), most) for end in ends)
    return Estimate(
        value=sample.mean,
        low=min(low, sample.mean),
        high=max(high, sample.mean),
        n=n,
        how=units(groups, n).named(how),
        p=p if tested else None,
    )


@dataclass(frozen=True)
class _Sample:
    """Sums and sizes of independent units, with the mean and its standard error."""

    sums: Array
    sizes: Array | None
    mean: float
    error: float

    @property
    def number(self) -> int:
        return len(self.sums)

    @property
    def residuals(self) -> Array:
        """How much each unit moves the sum away from the mean."""
        return self.sums - self.mean * (1.0 if self.sizes is None else self.sizes)

    @property
    def skew(self) -> float:
        """The acceleration of the mean: a sixth of the skewness of its influence."""
        residuals = self.residuals
        return float((residuals**3).sum() / (6 * np.square(residuals).sum() ** 1.5))


def _sample(values: Array, rows: Units) -> _Sample | None:
    """The sample, or None if it has no spread."""
    sums = rows.sums(values)
    sizes = None if rows.of is None else np.bincount(rows.of).astype(float)
    mean = float(values.mean())
    found = _Sample(sums, sizes, mean, 0.0)
    if rows.number < 2 or float(np.ptp(found.residuals)) <= 1e-14 * max(1.0, abs(mean)):
        return None
    variance = float(np.square(found.residuals).sum()) * rows.number / (rows.number - 1)
    return _Sample(sums, sizes, mean, math.sqrt(variance) / len(values))


def _interval(sample: _Sample, alpha: float, seed: int) -> tuple[Interval, float, str]:
    """Both ends, p of a mean of 0, and the name of the interval."""
    if sample.number <= RESAMPLED:
        t = np.sort(_bootstrap_t(sample, seed))
        # Ends so far out that no resample shows them are the closed form's.
        beyond = int((RESAMPLES + 1) * alpha / 2)
        low, high = (float(t[beyond - 1]), float(t[-beyond])) if beyond else (-math.inf, math.inf)
        if math.isfinite(low) and math.isfinite(high):
            ends = sample.mean - high * sample.error, sample.mean - low * sample.error
            return ends, _bootstrap_p(sample, t), f"bootstrap-t, {RESAMPLES:,} resamples"
    return _abc(sample, alpha), _abc_p(sample), "ABC"


def _bootstrap_t(sample: _Sample, seed: int) -> Array:
    """The studentized mean of each resample."""
    random = np.random.default_rng(seed)
    units_ = sample.number
    parts = []
    for count in _blocks(units_):
        chosen = random.integers(units_, size=(count, units_))
        sums = sample.sums[chosen]
        sizes = None if sample.sizes is None else sample.sizes[chosen]
        total = float(units_) if sizes is None else sizes.sum(axis=1)
        mean = sums.sum(axis=1) / total
        residuals = sums - mean[:, None] * (1.0 if sizes is None else sizes)
        error = np.sqrt(np.square(residuals).sum(axis=1) * units_ / (units_ - 1)) / total
        gap = mean - sample.mean
        # A resample of equal units has no error; it is as far out as its mean says.
        still = error <= 1e-12 * sample.error
        far = np.where(np.abs(gap) > 1e-12 * sample.error, np.copysign(np.inf, gap), 0.0)
        parts.append(np.where(still, far, gap / np.where(still, 1.0, error)))
    return np.concatenate(parts)


def _blocks(units_: int) -> Iterator[int]:
    most = max(1, _HELD // units_)
    for first in range(0, RESAMPLES, most):
        yield min(most, RESAMPLES - first)


def _bootstrap_p(sample: _Sample, ordered: Array) -> float:
    """Smallest level at which the interval leaves 0 out; the closed form where no resample says."""
    seen = sample.mean / sample.error
    below = int(np.searchsorted(ordered, seen, side="right"))
    above = len(ordered) - int(np.searchsorted(ordered, seen, side="left"))
    fewest = min(below, above)
    p = min(1.0, 2 * (fewest + 1) / (RESAMPLES + 1))
    return p if fewest else min(p, _abc_p(sample))


def _student_p(sample: _Sample) -> float:
    return 2 * t_cdf(-abs(sample.mean) / sample.error, sample.number - 1)


def _abc(sample: _Sample, alpha: float) -> Interval:
    """The ABC interval, with Student's t for the normal quantile.

    With acceleration a and w = a + z its ends are m + s·w/(1 − a·w)².
    """
    z, skew = t_isf(alpha / 2, sample.number - 1), sample.skew
    low, high = (w / (1 - skew * w) ** 2 for w in (skew - z, skew + z))
    return sample.mean + sample.error * low, sample.mean + sample.error * high


def _abc_p(sample: _Sample) -> float:
    """Smallest level at which the ABC interval leaves 0 out: its equation solved for z."""
    far, skew = -sample.mean / sample.error, sample.skew
    root = 1 + 4 * skew * far
    if root <= 0:
        return 0.0
    w = 2 * far / (1 + 2 * skew * far + math.sqrt(root))
    below = t_cdf(w - skew, sample.number - 1)
    return min(1.0, 2 * min(below, 1 - below))
