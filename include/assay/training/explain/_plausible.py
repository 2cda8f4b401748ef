"""How far a row lies from its nearest released neighbour, against how far real rows lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.training.explain._space import Array, Space

SAMPLED: Final = 500
"""Released rows whose own distances give the bound."""
_TOLERANCE: Final = 1e-6
"""Distances are single precision."""


@dataclass(frozen=True)
class Neighbours:
    """Distances of explained rows to all released ones; what differs in few features is cheap.

    Parameters
    ----------
    rows : array (m, p) of int32
        Codes of the explained rows.
    distances : array (m, n) of float32
        Their distances to the released rows, times the number of features.
    """

    space: Space
    rows: Array
    distances: Array

    @classmethod
    def of(cls, space: Space, rows: Array) -> Neighbours:
        """Measure the distances of some rows."""
        p = np.float32(len(space.features))
        return cls(space, rows, space.distances(rows, space.released) * p)

    def nearest(self, owners: Array, candidates: Array) -> Array:
        """Distance of each candidate (c, p) to its nearest released row.

        Parameters
        ----------
        owners : array (c,) of int
            Which explained row each candidate is made of: only the features in which the two differ
            are measured.
        """
        found = np.empty(len(candidates), dtype=np.float64)
        p = len(self.space.features)
        for at, (owner, candidate) in enumerate(zip(owners, candidates, strict=True)):
            total = self.distances[owner].copy()
            for j in map(int, np.flatnonzero(candidate != self.rows[owner])):
                column = self.space.released[:, j]
                total -= self.space.apart(j, self.rows[owner, j], column)
                total += self.space.apart(j, candidate[j], column)
            found[at] = max(float(total.min()), 0.0) / p
        return found

    def order(self, owner: int, among: Array, most: int) -> Array:
        """The released rows nearest to an explained one, the nearest first.

        Parameters
        ----------
        among : array of int
            Released rows that may be chosen.
        """
        return among[np.argsort(self.distances[owner][among], kind="stable")[:most]]


def distance_bound(space: Space, quantile: float, seed: int) -> float:
    """The quantile of released rows' distances to their nearest other released row.

    Of many rows a sample is measured, each against all.
    """
    n = len(space.released)
    if n < 2:
        return 0.0
    chosen = np.arange(n)
    if n > SAMPLED:
        chosen = np.sort(np.random.default_rng(seed).choice(n, SAMPLED, replace=False))
    distances = space.distances(space.released[chosen], space.released)
    distances[np.arange(len(chosen)), chosen] = np.inf
    nearest = distances.min(axis=1)
    return float(np.quantile(nearest, quantile, method="higher")) + _TOLERANCE
