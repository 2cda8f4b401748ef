"""Changes towards real rows with another prediction, one feature at a time.

Each explained row takes values of its nearest released rows that are predicted otherwise: in each
step the one value that brings its prediction farthest, all steps of all rows in one call of the
model; then every change without which the prediction is still another is taken back.

References
----------
Brughmans D, Leyman P, Martens D (2024), NICE: an algorithm for nearest instance counterfactual
explanations, Data Mining and Knowledge Discovery 38:2665,
https://doi.org/10.1007/s10618-023-00930-y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from assay.training.explain._options import Options
from assay.training.explain._plausible import Neighbours
from assay.training.explain._space import Array

DONORS: Final = 16
"""Released rows that each explained row takes values of."""
_NEAREST: Final = 512
"""Nearest released rows whose classes are asked for first; eight times as many where too few of
them are donors, and so on."""

Margins = Callable[[Array, Array], Array]
"""(owners, candidates) → by how much each candidate's prediction is another."""
Unlike = Callable[[Array, Sequence[Array]], Sequence[Array]]
"""(owners, released rows of each) → which of these are predicted otherwise."""


def donated(
    owners: Array, unlike: Unlike, neighbours: Neighbours, options: Options, margins: Margins
) -> tuple[Array, Array]:
    """Find flips made of values of real rows.

    Parameters
    ----------
    owners : array of int
        The explained rows.

    Returns
    -------
    owners, candidates : array (c,), (c, p)
        The flips; each would be none with a change less.
    """
    of, donors = _pairs(owners, unlike, neighbours)
    now = neighbours.rows[of]
    fits = _fits(now, donors, options)
    flipped = np.zeros(len(of), dtype=bool)
    for _ in range(int(fits.sum(axis=1).max(initial=0))):
        moving = np.flatnonzero(~flipped & fits.any(axis=1))
        if not len(moving):
            break
        at, feature = np.nonzero(fits[moving])
        tried = now[moving[at]]
        tried[np.arange(len(at)), feature] = donors[moving[at], feature]
        gained = margins(of[moving[at]], tried)
        best = _best(at, gained, len(moving))
        now[moving], fits[moving, feature[best]] = tried[best], False
        flipped[moving] = gained[best] > 0
    return _without_needless(of[flipped], now[flipped], neighbours.rows, margins)


def _pairs(owners: Array, unlike: Unlike, neighbours: Neighbours) -> tuple[Array, Array]:
    """Each explained row beside each of its donors, the nearest rows of another class."""
    orders = [neighbours.order(int(owner)) for owner in owners]
    reach, nearest = _NEAREST, unlike(owners, [order[:_NEAREST] for order in orders])
    released = len(neighbours.space.released)
    while reach < released and any(int(mask.sum()) < DONORS for mask in nearest):
        reach *= 8
        nearest = unlike(owners, [
            order[: reach if int(mask.sum()) < DONORS else len(mask)]
            for order, mask in zip(orders, nearest, strict=True)
        ])  # fmt: skip
    of, donors = [], []
    for owner, order, mask in zip(owners, orders, nearest, strict=True):
        chosen = order[: len(mask)][mask][:DONORS]
        of.append(np.full(len(chosen), owner))
        donors.append(neighbours.space.released[chosen])
    if not of:
        return np.empty(0, dtype=int), neighbours.space.released[:0]
    return np.concatenate(of), np.concatenate(donors)


def _fits(rows: Array, donors: Array, options: Options) -> Array:
    """Which features of each row may take the donor's value."""
    fits = np.zeros(rows.shape, dtype=bool)
    for j in options.allowed:
        fits[:, j] = options.may(j, rows[:, j], donors[:, j])
    return fits


def _best(groups: Array, values: Array, number: int) -> Array:
    """Place of each group's greatest value, the first of equal ones; groups are in order."""
    order = np.lexsort((np.arange(len(values)), -values, groups))
    return order[np.searchsorted(groups[order], np.arange(number))]


def _without_needless(
    of: Array, flips: Array, rows: Array, margins: Margins
) -> tuple[Array, Array]:
    """Take back changes, one a round, as long as the prediction stays another."""
    working = np.arange(len(of))
    while len(working):
        at, feature = np.nonzero(flips[working] != rows[of[working]])
        tried = flips[working[at]]
        tried[np.arange(len(at)), feature] = rows[of[working[at]], feature]
        gained = margins(of[working[at]], tried)
        best = _best(at, gained, len(working))
        still = gained[best] > 0
        flips[working[still]] = tried[best[still]]
        working = working[still]
    if not len(of):
        return of, flips
    whole = np.unique(np.column_stack([of, flips]), axis=0)
    return whole[:, 0], whole[:, 1:].astype(flips.dtype)
