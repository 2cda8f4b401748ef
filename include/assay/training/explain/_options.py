"""What a row may become: the values of each actionable feature, under contract and directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from assay.training.explain._features import Feature
from assay.training.explain._space import Array, Space

VALUES: Final = 64
"""Values of a number that are tried first; the ones between them are tried near a flip."""


@dataclass(frozen=True)
class Options:
    """Codes that features may get.

    Parameters
    ----------
    allowed : dict of int to array (k,) of bool
        By actionable feature: which of its values the contract allows and released rows have.
    tried : dict of int to array of int
        By actionable feature: the codes that are tried first, in rising order.
    ranks : dict of int to array (k,) of int
        By feature with a direction: the place of each code in its order.
    """

    space: Space
    allowed: dict[int, Array]
    tried: dict[int, Array]
    ranks: dict[int, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, space: Space) -> Options:
        """Find the options of all actionable features."""
        allowed, tried, ranks = {}, {}, {}
        for j, feature in enumerate(space.features):
            if feature.actionable:
                allowed[j] = _allowed(feature, space, j)
                tried[j] = _tried(feature, space, j, allowed[j])
            if feature.direction:
                ranks[j] = _ranks(feature, space, j)
        return cls(space, allowed, tried, ranks)

    @cached_property
    def thinned(self) -> frozenset[int]:
        """Features some of whose allowed values are not tried first."""
        return frozenset(j for j, ok in self.allowed.items() if len(self.tried[j]) < int(ok.sum()))

    @cached_property
    def spacing(self) -> int:
        """The most values of a number that lie between two neighbours among those tried first."""
        return max((int(np.diff(self.tried[j]).max(initial=1)) for j in self.thinned), default=1)

    def may(self, j: int, now: Array, then: Array) -> Array:
        """Whether feature j may change from one code to another; the arrays broadcast."""
        ok: Array = self.allowed[j][then] & (then != now)
        direction = self.space.features[j].direction
        if direction:
            place = self.ranks[j]
            ok &= place[then] > place[now] if direction == "rises" else place[then] < place[now]
            if (missing := self.space.missing[j]) is not None:
                ok &= now != missing
        return ok

    def of_row(self, row: Array) -> dict[int, Array]:
        """Codes that are tried first of a row, by feature."""
        found = {}
        for j, codes in self.tried.items():
            mine = codes[self.may(j, row[j], codes)]
            if len(mine):
                found[j] = mine
        return found

    def nearer(self, j: int, now: int, then: int, window: int | None, most: int) -> Array:
        """Allowed codes between a number's code and the row's own, the ones next to the first.

        Parameters
        ----------
        window : int or None
            How many allowed codes away they may be; by default as far as the next tried code.
        most : int
            How many are given at most, evenly.
        """
        low, high = sorted((now, then))
        inside = low + 1 + np.flatnonzero(self.allowed[j][low + 1 : high])
        if window is None:
            tried = self.tried[j]
            beside = tried[(tried > low) & (tried < high)]
            if len(beside):
                inside = inside[inside > beside[-1]] if then > now else inside[inside < beside[0]]
        else:
            inside = inside[-window:] if then > now else inside[:window]
        return inside[_evenly(len(inside), most)]


def _ranks(feature: Feature, space: Space, j: int) -> Array:
    """The order of a feature's values: of numbers their own, of levels that of the closed list."""
    if feature.kind == "number" or feature.levels is None:
        return np.arange(len(space.values[j]))
    order = {level: place for place, level in enumerate(feature.levels)}
    return np.array([order.get(str(value), -1) for value in space.values[j]])


def _allowed(feature: Feature, space: Space, j: int) -> Array:
    ok = np.zeros(len(space.values[j]), dtype=bool)
    ok[np.unique(space.released[:, j])] = True
    if (missing := space.missing[j]) is not None:
        ok[missing] = False
    for code in np.flatnonzero(ok):
        ok[code] = feature.allows(_plain(space.values[j][int(code)]))
    return ok


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _tried(feature: Feature, space: Space, j: int, allowed: Array) -> Array:
    """All allowed values; of a number with many those at even ranks of the released rows."""
    codes = np.flatnonzero(allowed)
    if feature.kind == "level" or len(codes) <= VALUES:
        return codes
    ranked = np.sort(space.released[:, j])
    ranked = ranked[allowed[ranked]]
    by_rows = ranked[_evenly(len(ranked), VALUES // 2)]
    # Rare values lie in long tails, which ranks of rows leave out.
    by_values = codes[_evenly(len(codes), VALUES // 2)]
    return np.unique(np.concatenate([by_rows, by_values]))


def _evenly(count: int, most: int) -> Array:
    """At most so many positions out of a count, both ends among them."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(int))
