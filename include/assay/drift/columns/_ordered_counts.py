"""Everything that a test or an effect needs of an ordered column, in one pass over its blocks.

Cumulative counts are integers and sums run over blocks whose bounds depend on the values alone, so
that no number depends on threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
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

    ``d_numerator`` is max |F·n·m − G·n·m|, an integer, and ``point`` the least value where it is
    reached; ``gained_above`` says whether the rows above that are more than in the reference.
    ``deciles`` are the reference's by the inverse distribution function; ``grid`` holds pooled
    quantiles, for the law of Wasserstein. ``counts`` (2, k) is None where there are more distinct
    values than are kept.
    """

    n: int
    m: int
    distinct: int
    d_numerator: int
    point: float
    gained_above: bool
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

    def cells(self, marks: Marks) -> tuple[Array, Array]:
        """Count (2, b) the rows up to each mark, between them, and beyond; and the distinct marks.

        The last cell has no upper edge.
        """
        edges, first = np.unique(marks.values, return_index=True)
        upper = np.vstack([marks.reference[first], marks.current[first]])
        ends = np.hstack([upper, [[self.n], [self.m]]])
        return np.diff(ends, axis=1, prepend=0), edges


@dataclass
class _Marker:
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


def _ranks(parts: int, rows: int) -> Array:
    """Ranks of the quantiles that cut so many rows into parts."""
    return np.array([-(-k * rows // parts) for k in range(1, parts)])


def grid_ranks(rows: int) -> Array:
    """Ranks of the pooled quantiles at which the law of Wasserstein's distance is drawn."""
    shares = sorted({*_TAILS, *(k / _GRID for k in range(1, _GRID)), *(1 - t for t in _TAILS)})
    inner = {min(max(math.ceil(share * rows), 1), rows) for share in shares}
    return np.array(sorted(inner | {1, rows}))


def count_ordered(
    blocks: Iterable[Block],
    n: int,
    m: int,
    anderson: bool = False,
    grid: Callable[[int], Array] = grid_ranks,
) -> OrderedCounts:
    """One pass over an ordered column.

    The blocks have distinct values in order, and rows of reference and current at each; ``n`` and
    ``m`` are the rows of each in all blocks, both at least 1. The Anderson-Darling statistic is
    summed up with ``anderson``, and is 0 otherwise. ``grid`` gives the ranks of the pooled
    quantiles to mark, by the pooled rows.
    """
    markers = [_Marker(_ranks(10, n), 0), _Marker(_ranks(4, n), 0), _Marker(grid(n + m), None)]
    before = np.zeros((2, 1), dtype=np.int64)
    last: Any = None
    largest, distinct = -1, 0
    point, gained_above = 0.0, False
    a2: list[float] = []
    area: list[float] = []
    kept: list[Array] | None = []
    for values, counts in blocks:
        ends = counts.cumsum(axis=1)
        ends += before
        # Integers, so that equal distances are equal.
        signed = ends[0] * m - ends[1] * n
        gaps = np.abs(signed)
        at = int(gaps.argmax())
        if gaps[at] > largest:
            largest, point = int(gaps[at]), values[at].item()
            gained_above = bool(signed[at] > 0)
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
    deciles, quartiles, pooled = (marker.marks() for marker in markers)
    return OrderedCounts(
        n=n,
        m=m,
        distinct=distinct,
        d_numerator=largest,
        point=point,
        gained_above=gained_above,
        a2=math.fsum(a2),
        wasserstein=math.fsum(area) / max(n * m, 1),
        deciles=deciles,
        quartiles=quartiles,
        grid=pooled,
        counts=np.hstack(kept) if kept else None,
    )
