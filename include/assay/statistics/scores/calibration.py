"""Calibration: do rows with a probability of .7 come true seven times in ten?

The expected calibration error (ECE) is never 0, even for a perfect model: shares of few rows stray.
With 10 bins of 20 rows a perfect model shows about .07. So it is shown beside what a calibrated
model would show at these numbers of rows, which gives it a p-value.

References
----------
Naeini MP, Cooper GF, Hauskrecht M (2015), Obtaining well calibrated probabilities using Bayesian
binning, https://doi.org/10.1609/aaai.v29i1.9602.
Bröcker J, Smith LA (2007), Increasing the reliability of reliability diagrams,
https://doi.org/10.1175/WAF993.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.rows import binary, missing_score, numbers
from assay.statistics.scores.shares import share
from assay.statistics.scores.units import Array, Units, units

BINS: Final = 10
SIMULATED: Final = 1_999
"""Samples of a calibrated model that an ECE is compared with."""


@dataclass(frozen=True)
class Bin:
    """Rows whose probability is in one range.

    Parameters
    ----------
    low, high : float
        The range; ``high`` belongs to it.
    n : int
        Rows.
    mean_probability : float or None
        None without rows.
    observed : Estimate
        Share of these rows that are positive.
    """

    low: float
    high: float
    n: int
    mean_probability: float | None
    observed: Estimate


def reliability_table(
    truth: Array,
    probability: Array,
    *,
    alpha: float,
    groups: Array | None = None,
    bins: int = BINS,
) -> tuple[Bin, ...]:
    """Compare probabilities with observed shares, in bins of equal width.

    Parameters
    ----------
    truth : array (n,) of bool, or of 0 and 1
    probability : array (n,) of float
        Of being positive.
    alpha : float
        One minus the confidence of each observed share, by Wilson's interval.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.
    bins : int
        How many.

    Returns
    -------
    tuple of Bin
        All of them, the empty ones too; none where a probability is missing.

    Examples
    --------
    >>> table = reliability_table(
    ...     np.array([0, 1, 1]), np.array([0.1, 0.8, 0.9]), alpha=0.05, bins=2)
    >>> [(bin.n, bin.mean_probability, bin.observed.value) for bin in table]
    [(1, 0.1, 0.0), (2, 0.8500000000000001, 1.0)]
    """
    positive = binary(truth)
    given = numbers(probability, len(positive))
    if missing_score(given):
        return ()
    rows, edges = units(groups, len(positive)), np.linspace(0, 1, bins + 1)
    place = _places(given, bins)
    found = []
    for i in range(bins):
        there = place == i
        observed = share(positive, there, rows, alpha, "no row is in the bin").estimate
        mean = float(given[there].mean()) if there.any() else None
        found.append(Bin(float(edges[i]), float(edges[i + 1]), int(there.sum()), mean, observed))
    return tuple(found)


def expected_calibration_error(
    truth: Array,
    probability: Array,
    *,
    alpha: float,
    groups: Array | None = None,
    seed: int,
    bins: int = BINS,
) -> Estimate:
    """Mean distance of observed shares from probabilities, weighted by the rows of each bin.

    Parameters
    ----------
    truth : array (n,) of bool, or of 0 and 1
    probability : array (n,) of float
    alpha : float
        One minus the confidence.
    groups : array (n,) of int, optional
        Rows of a group depend on each other.
    seed : int
        Of the simulation.
    bins : int
        Bins of equal width.

    Returns
    -------
    Estimate
        p is the share of simulated calibrated models whose ECE is at least this one's. The interval
        is conservative: at calibration it holds 0 with 1 − alpha, elsewhere the true distance with
        more.

    Notes
    -----
    With shares o of rows and their expectations π, the ECE is off by at most Σ wᵦ|oᵦ − πᵦ|, whose
    quantile is simulated and set to both sides. In groups the shares are normal, with the
    covariance that they show between groups; otherwise they are binomial.

    Examples
    --------
    >>> truth, stated = np.tile([1, 1, 1, 0], 50), np.full(200, 0.75)
    >>> found = expected_calibration_error(truth, stated, alpha=0.05, seed=1)
    >>> found.value, found.p
    (0.0, 1.0)
    """
    positive = binary(truth)
    given, n = numbers(probability, len(positive)), len(positive)
    if not n:
        return Estimate.undefined("there are no rows")
    if missing_score(given):
        return Estimate.undefined("a probability is missing", n)
    rows, place = units(groups, n), _places(given, bins)
    count = np.bincount(place, minlength=bins)
    hits = np.bincount(place, positive, bins)
    stated = np.bincount(place, given, bins)
    value = float(np.abs(hits - stated).sum()) / n
    if rows.number < 2:
        return Estimate(value=value, n=n, how="too few independent groups for an interval")
    random = np.random.default_rng(seed)
    if rows.of is None:
        null = _binomial(random, count, stated / np.maximum(count, 1))
        off = _binomial(random, count, (hits + 0.5) / (count + 1))
    else:
        null = off = _normal(random, positive - given, place, rows)
    reach = float(np.quantile(off, 1 - alpha, method="weibull"))
    p = (1 + int(np.count_nonzero(null >= value - 1e-12))) / (SIMULATED + 1)
    low, high = max(value - reach, 0.0), min(value + reach, 1.0)
    how = rows.named(f"simulated, {SIMULATED:,} samples")
    return Estimate(value=value, low=low, high=high, n=n, how=how, p=p)


def _places(given: Array, bins: int) -> Array:
    """Bin of each probability; one at an edge is in the lower bin."""
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], given)


def _binomial(random: np.random.Generator, count: Array, expected: Array) -> Array:
    """Σ w|share − expected| of each sample of independent rows."""
    drawn = random.binomial(count, np.clip(expected, 0, 1), size=(SIMULATED, len(count)))
    return np.asarray(np.abs(drawn - count * expected).sum(axis=1) / count.sum())


def _normal(random: np.random.Generator, residual: Array, place: Array, rows: Units) -> Array:
    """Σ w|share − expected| of each sample of rows in groups.

    The residuals are from the stated probability: where that is right, their covariance is, too.
    """
    bins = int(place.max()) + 1
    of = np.arange(len(place)) if rows.of is None else rows.of
    sums = np.bincount(of * bins + place, residual, rows.number * bins).reshape(-1, bins)
    covariance = np.array([[float((a * b).sum()) for b in sums.T] for a in sums.T])
    sizes, axes = np.linalg.eigh(covariance * rows.number / (rows.number - 1))
    drawn = random.standard_normal((SIMULATED, bins)) * np.sqrt(np.maximum(sizes, 0))
    return np.asarray(np.abs(drawn @ axes.T).sum(axis=1) / len(place))
