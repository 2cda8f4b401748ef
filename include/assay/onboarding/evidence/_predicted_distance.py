"""How far the next batch may be from the earlier ones, by how far these are from each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

from assay.onboarding.evidence._versions import CHANCE, LEAST_VERSIONS, prediction_half

SAMPLED_ORDER: Final = math.pi**2 / 12
"""What one row of each sample adds to the square of Kolmogorov and Smirnov's D, on average."""
_NORMAL: Final = NormalDist()
_SQUARE_OF_SHIFT: Final = 2 * math.pi  # of a small distance of 1, in standard deviations
_NEARLY_APART: Final = 1 - 1e-9


class BatchDistance(NamedTuple):
    """The distance of a batch from the others, and what sampling alone adds to its square."""

    value: float
    sampled: float


def sampled_levels(levels: int) -> float:
    """What one row of each sample adds to the square of a Jensen–Shannon distance, on average.

    Examples
    --------
    >>> round(sampled_levels(5), 3)
    0.721
    """
    return (levels - 1) / (8 * math.log(2))


def predicted_distance(found: Sequence[BatchDistance]) -> float:
    """The distance that the next batch keeps below with probability .99; 0 of too few batches.

    Parameters
    ----------
    found : sequence of BatchDistance
        Of each batch, from all the others together; of about as many rows each.

    Notes
    -----
    Each distance D is read as the shift δ between two normal samples that have it,
    D = 2 Φ(δ/2) − 1, so that distances near 1 aren't near each other. Of v batches
    δ_i = v/(v − 1) · (m_i − m̄) with m_i the place of a batch and m̄ the mean of all: the squares of
    δ, less what sampling adds, give the standard deviation s of the places with v − 1 degrees of
    freedom, and t(.995, v − 1) · s · √(1 + 1/v) is the shift of the next one. How much sampling
    adds is known, so that it is added as z(.995) times its root mean square, in quadrature.

    Four batches show little of how much days differ: t(.995, 3) is 5.8, against 2.6 of very many.

    References
    ----------
    Hahn, G. J., & Meeker, W. Q. (1991). Statistical Intervals: A Guide for Practitioners, ch. 4.
    Wiley. doi:10.1002/9780470316771
    """
    v = len(found)
    if v < LEAST_VERSIONS:
        return 0.0
    sampled = [_SQUARE_OF_SHIFT * d.sampled for d in found]
    squares = sum(_shift(d.value) ** 2 for d in found) - sum(sampled)
    spread = (1 - 1 / v) * math.sqrt(max(0.0, squares) / (v - 1))
    by_chance = _NORMAL.inv_cdf(1 - CHANCE / 2) * math.sqrt(sum(sampled) / v)
    return 2 * _NORMAL.cdf(math.hypot(prediction_half(spread, v), by_chance) / 2) - 1


def with_chance(distance: float, by_chance: float) -> float:
    """The distance that is measured seldom, where true ones and random variation reach these.

    Notes
    -----
    As in :func:`predicted_distance` each is read as a shift between normal samples. Both are about
    normal and independent, so that of equally seldom shifts the squares add up.

    Examples
    --------
    >>> round(with_chance(0.3, 0.0), 9), round(with_chance(0.3, 0.2), 3)
    (0.3, 0.355)
    """
    return 2 * _NORMAL.cdf(math.hypot(_shift(distance), _shift(by_chance)) / 2) - 1


def _shift(distance: float) -> float:
    """How many standard deviations apart two normal samples of this distance are."""
    return 2 * _NORMAL.inv_cdf(min((1 + distance) / 2, _NEARLY_APART))
