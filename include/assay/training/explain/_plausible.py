"""How far a row lies from its nearest released neighbour, against how far real rows lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from assay.training.explain._space import Array, Space

SAMPLED: Final = 500
"""Released rows whose own distances give the bound."""
_TOLERANCE: Final = 1e-6
"""Distances are single precision."""
_SLACK: Final = 1e-3


@dataclass(frozen=True)
class Neighbours:
    """Distances of explained rows to all released ones; what differs in few features is cheap.

    Parameters
    ----------
    rows : array (m, p) of int32
        Codes of the explained rows.
    distances : array (m, n) of float32
        Their distances to the released rows, times the number of features.
    near : dict
        Explained row, and number of changes → the released rows that these may bring near enough.
    """

    space: Space
    rows: Array
    distances: Array
    near: dict[tuple[int, int], Array] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, space: Space, rows: Array) -> Neighbours:
        """Measure the distances of some rows."""
        p = np.float32(len(space.features))
        return cls(space, rows, space.distances(rows, space.released) * p)

    def nearest(self, owners: Array, candidates: Array, within: float) -> Array:
        """Distance of each candidate (c, p) to its nearest released row.

        Parameters
        ----------
        owners : array (c,) of int
            Which explained row each candidate is made of: only the features in which the two differ
            are measured.
        within : float
            Greatest distance that is of interest; what is farther is infinitely far. A change
            brings a row nearer by 1 a feature at most, so that most released rows are left out.
        """
        found = np.full(len(candidates), np.inf)
        p, released = len(self.space.features), self.space.released
        for at, (owner, candidate) in enumerate(zip(owners, candidates, strict=True)):
            changed = np.flatnonzero(candidate != self.rows[owner])
            near = self._within(int(owner), len(changed), within)
            total = self.distances[owner][near]
            for j in map(int, changed):
                column = released[near, j]
                total -= self.space.apart(j, self.rows[owner, j], column)
                total += self.space.apart(j, candidate[j], column)
            least = max(float(total.min(initial=np.inf)), 0.0) / p
            if least <= within:
                found[at] = least
        return found

    def _within(self, owner: int, changes: int, within: float) -> Array:
        """Released rows that so many changes can bring near enough to an explained row."""
        known = self.near.get((owner, changes))
        if known is None:
            reach = within * len(self.space.features) + changes + _SLACK
            known = np.flatnonzero(self.distances[owner] <= reach)
            self.near[owner, changes] = known
        return known

    def order(self, owner: int) -> Array:
        """The released rows, those nearest to an explained one first."""
        return np.argsort(self.distances[owner], kind="stable")


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
    nearest = [space.nearest_other(int(row)) for row in chosen]
    return float(np.quantile(nearest, quantile, method="higher")) + _TOLERANCE
