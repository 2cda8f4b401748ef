"""Shares of rows: accuracy, precision, recall, F1, and averages of them over classes.

References
----------
Wilson EB (1927), Probable inference, https://doi.org/10.1080/01621459.1927.10502953.
Hand DJ, Christen P, Kirielle N (2021), F*: an interpretable transformation of the F-measure,
https://doi.org/10.1007/s10994-021-05964-1.
Zou GY, Donner A (2008), Construction of confidence limits about effect measures: a general
approach, https://doi.org/10.1002/sim.3095.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.statistics.intervals import Interval, wilson
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.units import Array, Units, effective, within


@dataclass(frozen=True)
class Figure:
    """An estimate with the influence (n,) of each row on it, None where it isn't defined."""

    estimate: Estimate
    influence: Array | None = None


def share(hit: Array, among: Array, rows: Units, alpha: float, none: str) -> Figure:
    """Share of hits among some rows, with Wilson's interval.

    Where rows are in groups it is Wilson's interval in as many independent rows as would give the
    share the variance that it has between groups, with Student's t for the normal quantile.

    Parameters
    ----------
    hit, among : array (n,) of bool
        A hit outside ``among`` doesn't count.
    none : str
        Why there is no figure, if no row is among them.
    """
    n = int(np.count_nonzero(among))
    if not n:
        return Figure(Estimate.undefined(none))
    hits = int(np.count_nonzero(hit & among))
    value = hits / n
    influence = np.where(among, hit - value, 0.0) / n
    if rows.of is None:
        ends: Interval | None = wilson(hits, n, alpha)
    else:
        there = int(np.count_nonzero(rows.sums(among)))
        ends = within(value, effective(value, rows.variance(influence), n, there), rows, alpha)
    return Figure(bounded(value, ends, n, rows.named("Wilson")), influence)


def f1(truth: Array, predicted: Array, rows: Units, alpha: float, none: str) -> Figure:
    """F1 of one class, from bools (n,): whether a row is of the class and predicted to be.

    Notes
    -----
    F1 = 2F* / (1 + F*), where F* = TP / (TP + FP + FN) is a share of the rows that are of the class
    or predicted to be, so that Wilson's interval of F* gives the one of F1.
    """
    star = share(truth & predicted, truth | predicted, rows, alpha, none)
    found = star.estimate
    if star.influence is None or found.value is None:
        return star
    value = 2 * found.value / (1 + found.value)
    ends = None
    if found.low is not None and found.high is not None:
        ends = 2 * found.low / (1 + found.low), 2 * found.high / (1 + found.high)
    influence = star.influence * 2 / (1 + found.value) ** 2
    return Figure(bounded(value, ends, found.n, f"{found.how} of F*"), influence)


def average(figures: Sequence[Figure], rows: Units, n: int) -> Figure:
    """Mean of a figure over classes, the interval combined from theirs and their correlations.

    Undefined where the figure of a class is: a mean over the others would be another figure.

    Notes
    -----
    With deviations dᵢ = θᵢ − lᵢ and correlations rᵢⱼ the lower limit is θ̄ − √(Σᵢⱼ rᵢⱼdᵢdⱼ) / k; the
    upper one likewise.
    """
    for figure in figures:
        if figure.estimate.value is None:
            return Figure(Estimate.undefined(f"of one class: {figure.estimate.how}", n))
    estimates = [figure.estimate for figure in figures]
    influences = np.stack([f.influence for f in figures if f.influence is not None])
    value = math.fsum(e.value or 0.0 for e in estimates) / len(estimates)
    ends = None
    if not any(e.inconclusive for e in estimates):
        below = np.array([(e.value or 0.0) - (e.low or 0.0) for e in estimates])
        above = np.array([(e.high or 0.0) - (e.value or 0.0) for e in estimates])
        alike = rows.correlations(influences)
        down, up = (_length(side, alike) / len(estimates) for side in (below, above))
        ends = max(value - down, 0.0), min(value + up, 1.0)
    how = f"{estimates[0].how}, combined over {len(estimates)} classes (Zou & Donner)"
    return Figure(bounded(value, ends, n, how), influences.mean(axis=0))


def _length(side: Array, correlations: Array) -> float:
    square = float((side[:, None] * side[None, :] * correlations).sum())
    return math.sqrt(max(square, 0.0))


def bounded(value: float, ends: Interval | None, n: int, how: str) -> Estimate:
    """An estimate between 0 and 1, whose interval holds it to the last digit."""
    if ends is None:
        return Estimate(value=value, n=n, how="too few independent groups for an interval")
    return Estimate(value=value, low=min(ends[0], value), high=max(ends[1], value), n=n, how=how)
