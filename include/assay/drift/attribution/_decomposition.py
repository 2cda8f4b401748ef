"""The decomposition: a difference of two means over segments, into mix and within.

References
----------
Kitagawa (1955), Components of a difference between two rates,
https://doi.org/10.1080/01621459.1955.10501299; Oaxaca (1973), https://doi.org/10.2307/2525981;
Das Gupta (1978), A general method of decomposing a difference between two rates into several
components, https://doi.org/10.2307/2060493; Cochran (1954), The combination of estimates from
different experiments, https://doi.org/10.2307/3001666 (the test of equal differences).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from assay.statistics import chi_square_law

Array = np.ndarray[Any, Any]
_LEAST: Final = 5
"""Fewer rows of a segment on a side say nothing of a variance."""
_FIXED: Final = 0.1
"""Share of the score's variance that is left within segments of a column that only restates it."""


@dataclass(frozen=True)
class Parts:
    """The decomposition of one difference; ``mix`` and ``within`` are (S,), and sum to ``whole``.

    ``rows`` and ``means`` are (2, S), a mean NaN where a segment has no row on a side; ``centre``
    is half the sum of both overall means. ``p`` tests that shares moved
    nothing and that all segments' means moved alike; ``stands_out`` is the root of mix² plus the
    variance of the segments' differences, less what sampling gives, over the whole.
    """

    whole: float
    centre: float
    rows: Array
    mix: Array
    within: Array
    means: Array
    mix_error: float
    within_error: float
    p: float
    stands_out: float
    restates: bool


def decompose(counts: Array, score: Array) -> Parts:
    """Split the change of a mean score over segments.

    ``counts``, of shape (2, S, K), are the rows of the reference and of the batch, by segment and
    cell of the score; ``score``, of shape (K,), is the score of each cell.

    Notes
    -----
    With shares w, w′ and means g, g′ of a segment, and c half the sum of both overall means,
    mix = (w′ − w)·((g + g′)/2 − c) and within = (w + w′)/2·(g′ − g). Subtracting c changes no sum,
    since shares sum to 1, and gives a growing segment the part by which it differs from the rest.
    A segment without a row on one side takes the other side's mean: that it came or went is mix.
    """
    rows = counts.sum(axis=2)
    shares = rows / rows.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (counts @ score) / rows
    # A segment without any row has no share either, so that its mean doesn't matter.
    known = np.nan_to_num(np.where(np.isnan(means), means[::-1], means))
    overall = (shares * known).sum(axis=1)
    moved, average = np.diff(known, axis=0)[0], known.mean(axis=0)
    mix = np.diff(shares, axis=0)[0] * (average - overall.mean())
    within = shares.mean(axis=0) * moved
    noise = _Noise(counts, score, rows, shares, average)
    whole = float(overall[1] - overall[0])
    left = noise.within_variance / noise.total_variance if noise.total_variance else 1.0
    return Parts(
        whole, float(overall.mean()), rows, mix, within, means,
        mix_error=noise.mix_error, within_error=noise.within_error,
        p=_p(float(mix.sum()), noise, moved),
        stands_out=_stands_out(whole, float(mix.sum()), noise, moved),
        restates=left < _FIXED,
    )  # fmt: skip


class _Noise:
    """Sampling variances of the parts, the score taken as given and rows as independent."""

    def __init__(
        self, counts: Array, score: Array, rows: Array, shares: Array, average: Array
    ) -> None:
        both = counts.sum(axis=0)
        size = np.maximum(both.sum(axis=1), 1)
        mean = both @ score / size
        # Of both sides together: a side whose few rows agree would have no variance at all.
        spread = np.maximum(both @ score**2 / size - mean**2, 0.0)
        with np.errstate(divide="ignore"):
            inverse = np.where(rows > 0, 1 / rows, 0.0)
        self.shares, self.rows = shares.mean(axis=0), rows
        self.of_moved = spread * inverse.sum(axis=0)
        self.within_error = float(np.sqrt((self.shares**2 * self.of_moved).sum()))
        centred = average - (shares * average).sum(axis=1, keepdims=True)
        of_shares = ((shares * centred**2).sum(axis=1) / rows.sum(axis=1)).sum()
        of_means = (np.diff(shares, axis=0)[0] ** 2 * self.of_moved / 4).sum()
        self.mix_error = float(np.sqrt(of_shares + of_means))
        self.within_variance = float((size * spread).sum() / size.sum())
        grand = float((size * mean).sum() / size.sum())
        between = float((size * (mean - grand) ** 2).sum() / size.sum())
        self.total_variance = self.within_variance + between


def _p(mix: float, noise: _Noise, moved: Array) -> float:
    """Twice the smaller p of two tests: that mix is nothing, and that all differences are equal."""
    p_mix = math.erfc(abs(mix) / noise.mix_error / math.sqrt(2)) if noise.mix_error else 1.0
    enough = (noise.rows.min(axis=0) >= _LEAST) & (noise.of_moved > 0)
    p_within = 1.0
    if enough.sum() > 1:
        weight = 1 / noise.of_moved[enough]
        mean = (weight * moved[enough]).sum() / weight.sum()
        q = float((weight * (moved[enough] - mean) ** 2).sum())
        p_within = chi_square_law.sf(q, int(enough.sum()) - 1)
    return min(2 * min(p_mix, p_within), 1.0)


def _stands_out(whole: float, mix: float, noise: _Noise, moved: Array) -> float:
    if not whole:
        return 0.0
    shares = noise.shares
    spread = float((shares * (moved - (shares * moved).sum()) ** 2).sum())
    chance = float((shares * (1 - shares) * noise.of_moved).sum())
    squares = max(mix**2 - noise.mix_error**2, 0.0) + max(spread - chance, 0.0)
    return float(np.sqrt(squares) / abs(whole))
