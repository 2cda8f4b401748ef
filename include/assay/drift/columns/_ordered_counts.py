"""Everything that a test or an effect needs of an ordered column, in one pass over its blocks.

Cumulative counts are integers and sums run over blocks whose bounds depend on the values alone, so
that no number depends on threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from assay.drift.tests import _anderson_darling
from assay.statistics.sorted_blocks import Array, Block

_KEPT: Final = 20_000
"""Most distinct values whose counts are kept, for permutations."""
_GRID: Final = 64
_TAILS: Final = (1 / 65536, 1 / 16384, 1 / 4096, 1 / 1024)
GRID_POINTS: Final = _GRID + 2 * len(_TAILS) + 3
"""No grid has more points."""


@dataclass(frozen=True)
class Marks:
    """Values at which a cumulative count reaches given ranks, and both counts up to them."""

    values: Array
    reference: Array
    current: Array


@dataclass(frozen=True)
class OrderedCounts:
    """What one pass over an ordered column gives.

    ``d_numerator`` is max |F·n·m − G·n·m|, an integer. ``deciles`` are the reference's by the
    inverse distribution function; ``grid`` holds pooled quantiles, for the law of Wasserstein.
    ``counts`` (2, k) is None where there are more distinct values than are kept.
    """

    n: int
    m: int
    distinct: int
    d_numerator: int
    a2: float
    wasserstein: float
    deciles: Marks
    quartiles: Marks
    grid: Marks
    counts: Array | None

    @property
    def statistic(self) -> float:
        """Kolmogorov-Smirnov's D."""
        return self.d_numerator / (self.n * self.m)

    @property
    def iqr(self) -> float:
        """Interquartile range of the reference."""
        low, high = self.quartiles.values[0], self.quartiles.values[-1]
        return float(high - low)

    @property
    def cells(self) -> tuple[Array, Array]:
        """Counts (2, b) over the reference's deciles, equal ones merged, and their upper edges.

        The last cell has no upper edge.
        """
        edges, first = np.unique(self.deciles.values, return_index=True)
        upper = np.vstack([self.deciles.reference[first], self.deciles.current[first]])
        ends = np.hstack([upper, [[self.n], [self.m]]])
        cells = np.diff(ends, axis=1, prepend=0)
        return cells, edges


@dataclass
class Marker:
    """Collects marks while blocks pass by: at ranks of one side's rows, or of both together."""

    ranks: Array
    of: int | None
    found: list[tuple[Any, int, int]] = field(default_factory=list)

    def feed(self, values: Array, ends: Array) -> None:
        """Take a block's distinct values, and both cumulative counts (2, k) at each."""
        cumulative = ends.sum(axis=0) if self.of is None else ends[self.of]
        until = int(np.searchsorted(self.ranks, cumulative[-1], side="right"))
        at = np.searchsorted(cumulative, self.ranks[len(self.found) : until], side="left")
        self.found += [(values[i], int(ends[0, i]), int(ends[1, i])) for i in at]

    def marks(self) -> Marks:
        """What was found, in order."""
        values, reference, current = zip(*self.found, strict=True) if self.found else ((), (), ())
        return Marks(np.array(values), np.array(reference), np.array(current))


def ranks(parts: int, rows: int) -> Array:
    """Ranks of the quantiles that cut so many rows into parts."""
    return np.array([-(-k * rows // parts) for k in range(1, parts)])


def _grid_ranks(rows: int) -> Array:
    shares = sorted({*_TAILS, *(k / _GRID for k in range(1, _GRID)), *(1 - t for t in _TAILS)})
    inner = {min(max(math.ceil(share * rows), 1), rows) for share in shares}
    return np.array(sorted(inner | {1, rows}))


def count_ordered(blocks: Iterable[Block], n: int, m: int, anderson: bool = False) -> OrderedCounts:
    """One pass over an ordered column.

    Parameters
    ----------
    blocks : iterable of (values, counts)
        Distinct values in order, and rows of reference and current at each.
    n, m : int
        Rows of each in all blocks, both at least 1.
    anderson : bool
        Whether to sum up the Anderson-Darling statistic as well; it is 0 otherwise.
    """
    markers = [
        Marker(ranks(10, n), 0),
        Marker(ranks(4, n), 0),
        Marker(_grid_ranks(n + m), None),
    ]
    before = np.zeros((2, 1), dtype=np.int64)
    last: Any = None
    largest, distinct = 0, 0
    a2: list[float] = []
    area: list[float] = []
    kept: list[Array] | None = []
    for values, counts in blocks:
        ends = counts.cumsum(axis=1)
        ends += before
        gaps = np.abs(ends[0] * m - ends[1] * n)
        largest = max(largest, int(gaps.max()))
        if anderson:
            a2.append(float(_anderson_darling.terms(counts, ends - counts, n, m).sum()))
        if last is not None:
            gap = abs(int(before[0, 0]) * m - int(before[1, 0]) * n)
            area.append(float(values[0] - last) * gap)
        area.append(float((np.diff(values) * gaps[:-1].astype(float)).sum()))
        for marker in markers:
            marker.feed(values, ends)
        before, last = ends[:, -1:], values[-1]
        distinct += len(values)
        kept = [*kept, counts] if kept is not None and distinct <= _KEPT else None
    deciles, quartiles, grid = (marker.marks() for marker in markers)
    return OrderedCounts(
        n=n,
        m=m,
        distinct=distinct,
        d_numerator=largest,
        a2=math.fsum(a2),
        wasserstein=math.fsum(area) / (n * m),
        deciles=deciles,
        quartiles=quartiles,
        grid=grid,
        counts=np.hstack(kept) if kept else None,
    )
