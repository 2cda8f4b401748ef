"""Which flips of a row are taken: plausible ones, the nearest first, each of another kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from assay.training.explain._plausible import Neighbours
from assay.training.explain._space import Array

_MOST: Final = 512
"""Flips of a row that are looked at in one stage."""
_ROUND: Final = 16
_UNCHANGED: Final = -2

Kind = frozenset[tuple[int, int]]
"""What a counterfactual changes: its features, and of a level which one it becomes."""


@dataclass(frozen=True)
class Flip:
    """A row that would get another prediction."""

    codes: Array
    changes: int
    distance: float
    neighbour: float


@dataclass
class Chosen:
    """The flips that are taken of each row.

    Parameters
    ----------
    each : array (m,) of int
        Most flips of each row.
    bound : float
        The farthest that a flip may lie from its nearest released row.
    """

    neighbours: Neighbours
    each: Array
    bound: float
    flips: list[list[Flip]] = field(default_factory=list)
    kinds: list[list[Kind]] = field(default_factory=list)
    signs: list[list[Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = len(self.neighbours.rows)
        self.flips, self.kinds = [[] for _ in range(rows)], [[] for _ in range(rows)]
        self.signs = [[] for _ in range(rows)]

    def open(self, size: int) -> list[int]:
        """Rows that want flips of so many changes: without enough, and none of far fewer."""
        return [
            at
            for at, found in enumerate(self.flips)
            if not found or (len(found) < self.each[at] and size <= found[0].changes + 1)
        ]

    @property
    def empty(self) -> list[int]:
        """Rows without a flip."""
        return [at for at, found in enumerate(self.flips) if not found]

    def kind(self, owner: int, codes: Array) -> Kind:
        """What a candidate changes of its row."""
        features = self.neighbours.space.features
        changed = np.flatnonzero(codes != self.neighbours.rows[owner])
        return frozenset(
            (int(j), int(codes[j]) if features[j].kind == "level" else -1) for j in changed
        )

    def new(self, owner: int, candidates: Array) -> Array:
        """Those candidates that don't hold the changes of a taken flip."""
        if not self.signs[owner]:
            return candidates
        return np.asarray(candidates[self._new(owner, self._signs(owner, candidates))])

    def offer(self, owners: Array, candidates: Array) -> None:
        """Take what is plausible and new of some flips; the rows' order doesn't matter."""
        space, rows = self.neighbours.space, self.neighbours.rows
        distances = space.gower(candidates, rows[owners])
        changes = (candidates != rows[owners]).sum(axis=1)
        # Equal distances are ordered by codes, so that nothing depends on how they were found.
        order = np.lexsort((*candidates.T[::-1], distances.round(7), changes, owners))
        for owner in np.unique(owners):
            mine = order[owners[order] == owner][:_MOST]
            self._take(int(owner), candidates[mine], changes[mine], distances[mine])

    def _take(self, owner: int, codes: Array, changes: Array, distances: Array) -> None:
        signs = self._signs(owner, codes)
        waiting = np.flatnonzero(self._new(owner, signs))
        while len(waiting) and len(self.flips[owner]) < self.each[owner]:
            now, waiting = waiting[:_ROUND], waiting[_ROUND:]
            near = self.neighbours.nearest(np.full(len(now), owner), codes[now], self.bound)
            for i, neighbour in zip(now, near, strict=True):
                if neighbour <= self.bound and self._wants(owner, signs[i]):
                    flip = Flip(codes[i], int(changes[i]), float(distances[i]), float(neighbour))
                    self.flips[owner].append(flip)
                    self.kinds[owner].append(self.kind(owner, codes[i]))
                    self.signs[owner].append(signs[i])
            waiting = waiting[self._new(owner, signs[waiting])]

    def _signs(self, owner: int, codes: Array) -> Array:
        """The kind of each candidate (c, p) as numbers: -2 unchanged, -1 another number, a code."""
        numbers = [f.kind == "number" for f in self.neighbours.space.features]
        changed = codes != self.neighbours.rows[owner]
        return np.where(changed, np.where(numbers, -1, codes), _UNCHANGED)

    def _new(self, owner: int, signs: Array) -> Array:
        """Which candidates don't hold the changes of a taken one."""
        new = np.ones(len(signs), dtype=bool)
        for taken in self.signs[owner]:
            new &= ~((signs == taken) | (taken == _UNCHANGED)).all(axis=1)
        return new

    def _wants(self, owner: int, sign: Array) -> bool:
        """Whether there is room for another, and it doesn't hold the changes of a taken one."""
        return len(self.flips[owner]) < self.each[owner] and bool(self._new(owner, sign[None])[0])
