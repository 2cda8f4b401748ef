"""The area under the ROC curve with its variance, from sorted scores.

References
----------
DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver
operating characteristic curves, https://doi.org/10.2307/2531595.
Kottas, Kuss & Zapf (2014), A modified Wald interval for the area under the ROC curve,
https://doi.org/10.1186/1471-2288-14-26.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from assay.statistics.intervals import hybrid, wilson
from assay.statistics.sorted_blocks import Block


@dataclass(frozen=True)
class Auc:
    """AUC, its variance by DeLong, and the numbers of negatives and positives."""

    value: float
    variance: float
    negatives: int
    positives: int

    def bounds(self, level: float) -> tuple[float, float]:
        """Bounds that are each missed with probability ``level``.

        Wilson's bounds of a share, seen in as many rows as would give it this variance; at an AUC
        of 0 or 1, where the estimate of the variance is 0, in as many as the smaller class has.
        """
        spread = self.value * (1 - self.value)
        least = min(self.negatives, self.positives)
        rows = spread / self.variance if self.variance > 0 and spread > 0 else least
        return wilson(self.value * rows, rows, 2 * level)


def area(blocks: Iterable[Block], negatives: int, positives: int) -> Auc | None:
    """AUC of scores, by DeLong's placements; None where a class has no row.

    Read it as the chance that a random positive has a higher score than a random negative, ties
    counting half.

    A block has distinct scores in order, and the rows of the negative and of the positive class at
    each.

    Examples
    --------
    >>> block = np.array([0.1, 0.35, 0.4, 0.8]), np.array([[1, 0, 1, 0], [0, 1, 0, 1]])
    >>> area([block], 2, 2).value
    0.75
    """
    if not negatives or not positives:
        return None
    before = np.zeros((2, 1), dtype=np.int64)
    # Sums of placements and of their squares: of positives among negatives, and the reverse.
    sums: list[tuple[float, ...]] = []
    for _, counts in blocks:
        ends = before + counts.cumsum(axis=1)
        below = ends - counts / 2
        of_positive = below[0] / negatives
        of_negative = 1 - below[1] / positives
        parts = counts[1] * of_positive, counts[1] * of_positive**2, counts[0] * of_negative**2
        sums.append(tuple(float(part.sum()) for part in parts))
        before = ends[:, -1:]
    total, squares, others = (math.fsum(column) for column in zip(*sums, strict=True))
    value = total / positives
    variance = 0.0
    for rows, of_squares in ((positives, squares), (negatives, others)):
        if rows > 1:
            variance += max(of_squares - rows * value**2, 0.0) / (rows - 1) / rows
    return Auc(min(max(value, 0.0), 1.0), variance, negatives, positives)


def null_deviation(negatives: int, positives: int) -> float:
    """Standard deviation of the AUC of uninformative scores (Mann & Whitney's)."""
    return math.sqrt((negatives + positives + 1) / (12 * negatives * positives))


def change(current: Auc, reference: Auc, level: float) -> tuple[float, float]:
    """Bounds of the change of an AUC between independent samples, each missed with ``level``.

    Their intervals are combined as Newcombe combines those of shares.
    """
    return hybrid(current.value, current.bounds(level), reference.value, reference.bounds(level))
