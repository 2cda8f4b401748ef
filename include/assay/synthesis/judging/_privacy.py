"""Privacy: what made rows say of the rows that were learned from, against rows that were not.

References
----------
Platzer M, Reutterer T (2021), Holdout-based empirical assessment of mixed-type synthetic data,
https://doi.org/10.3389/fdata.2021.679939 (distance to the closest record, and its ratio).
Shokri R, Stronati M, Song C, Shmatikov V (2017), Membership inference attacks against machine
learning models, https://doi.org/10.1109/SP.2017.41.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from assay.statistics.intervals import wilson
from assay.statistics.scores.delong import auc
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.means import mean_estimate
from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array
from assay.synthesis._copies import rare_combinations, row_hashes
from assay.synthesis.judging._nearest import as_points, nearest
from assay.verdict import Frozen

_ASKED: Final = 2_000
"""Rows of which the nearest are sought."""


class Closeness(Frozen):
    """How much closer made rows are to the learned half than to the held half.

    Parameters
    ----------
    nearer : Estimate
        Share of made rows whose nearest real row was learned from; ties count half. .5 is chance.
    distance_learned, distance_held : float
        Median distance to the nearest row of each half.
    ratio_gap : Estimate
        Ratio of the nearest and second nearest distance: held minus learned, in the mean. Above 0
        made rows lie beside single rows that were learned from.
    membership : Estimate
        AUC of guessing that a real row was learned from, by its distance to the nearest made row.
    copies : int
        Made rows equal to a real row that fewer than ``least_number`` rows are equal to.
    rare : Estimate
        Share of made rows whose quasi-identifiers fewer than ``least_number`` real rows have.
    quasi_identifiers : tuple of str
    """

    nearer: Estimate
    distance_learned: float
    distance_held: float
    ratio_gap: Estimate
    membership: Estimate
    copies: int
    rare: Estimate
    quasi_identifiers: tuple[str, ...]


def measure_privacy(
    learned: CodedTable, held: CodedTable, made: CodedTable, *, least_number: int,
    quasi_identifiers: Sequence[str] = (), alpha: float, seed: int,
) -> Closeness:  # fmt: skip
    """Measure how close made rows are to the rows that were learned from.

    Both halves are cut to the same size, so that neither is nearer by its number alone.
    """
    random = np.random.default_rng(seed)
    size = min(len(learned), len(held))
    halves = [half.take(random.permutation(len(half))[:size]) for half in (learned, held)]
    points = [as_points(half, learned) for half in halves]
    every = as_points(made.take(random.permutation(len(made))[:size]), learned)
    some = every[:_ASKED]
    to_learned, to_held = (nearest(some, side, 2) for side in points)
    real = joined(learned, held)
    return Closeness(
        nearer=_nearer(to_learned[:, 0], to_held[:, 0], alpha),
        distance_learned=float(np.median(to_learned[:, 0])),
        distance_held=float(np.median(to_held[:, 0])),
        ratio_gap=mean_estimate(
            _ratio(to_held) - _ratio(to_learned), alpha=alpha, seed=seed, least=-1.0, most=1.0
        ),
        membership=_membership([side[:_ASKED] for side in points], every, alpha),
        copies=int(np.isin(row_hashes(made), rare_combinations(real, least_number)).sum()),
        rare=_rare(real, made, least_number, tuple(quasi_identifiers), alpha),
        quasi_identifiers=tuple(quasi_identifiers),
    )  # fmt: skip


def _nearer(learned: Array, held: Array, alpha: float) -> Estimate:
    n = len(learned)
    # Distances that differ by a rounding error alone are tied.
    tied = np.isclose(learned, held, rtol=1e-9, atol=1e-12)
    count = float((~tied & (learned < held)).sum() + tied.sum() / 2)
    low, high = wilson(count, n, alpha)
    return Estimate(value=count / n, low=low, high=high, n=n, how="Wilson")


def _ratio(distances: Array) -> Array:
    """Nearest by second nearest; 1 where both are 0."""
    first, second = distances.T
    return np.asarray(np.divide(first, second, out=np.ones(len(first)), where=second > 0))


def _membership(sides: Sequence[Array], made: Array, alpha: float) -> Estimate:
    score = np.concatenate([-nearest(side, made, 1)[:, 0] for side in sides])
    truth = np.repeat([True, False], [len(side) for side in sides])
    return auc(truth, np.round(score, 9), alpha=alpha)


def _rare(
    real: CodedTable, made: CodedTable, least: int, names: tuple[str, ...], alpha: float
) -> Estimate:
    if not names:
        return Estimate.undefined("no column is a quasi-identifier", len(made))
    hits = int(np.isin(row_hashes(made, names), rare_combinations(real, least, names)).sum())
    low, high = wilson(hits, len(made), alpha)
    return Estimate(value=hits / len(made), low=low, high=high, n=len(made), how="Wilson")


def joined(first: CodedTable, second: CodedTable) -> CodedTable:
    """The rows of both."""
    return CodedTable(first.columns, {
        name: np.concatenate([first.values[name], second.values[name]]) for name in first.values
    })  # fmt: skip
