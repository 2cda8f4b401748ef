"""Rows per distinct value of two tables, in the order of the values.

One pass over the sorted union of both tables gives everything that a test or an effect needs. The
sort is the engine's, out of core; only blocks of it pass through Python. Cumulative counts are
integers and sums run over blocks of one fixed size, so that no number depends on threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import ibis
import numpy as np

from assay.drift import _anderson

_BLOCK: Final = 131_072
_KEPT: Final = 20_000
"""Most distinct values whose counts are kept: enough for the exact law's 10 000 rows a side."""
_GRID: Final = 64
_TAILS: Final = (1 / 65536, 1 / 16384, 1 / 4096, 1 / 1024)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Marks:
    """Values at which a cumulative count reaches given ranks, and both counts up to them."""

    values: Array
    reference: Array
    current: Array


@dataclass(frozen=True)
class Ordered:
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
class _Marker:
    """Collects marks while blocks pass by."""

    ranks: Array
    of: int | None
    found: list[tuple[Any, int, int]] = field(default_factory=list)

    def feed(self, values: Array, ends: Array) -> None:
        cumulative = ends.sum(axis=0) if self.of is None else ends[self.of]
        until = int(np.searchsorted(self.ranks, cumulative[-1], side="right"))
        at = np.searchsorted(cumulative, self.ranks[len(self.found) : until], side="left")
        self.found += [(values[i], int(ends[0, i]), int(ends[1, i])) for i in at]

    def marks(self) -> Marks:
        values, reference, current = zip(*self.found, strict=True) if self.found else ((), (), ())
        return Marks(np.array(values), np.array(reference), np.array(current))


def _ranks(parts: int, rows: int) -> Array:
    return np.array([-(-k * rows // parts) for k in range(1, parts)])


def _grid_ranks(rows: int) -> Array:
    shares = sorted({*_TAILS, *(k / _GRID for k in range(1, _GRID)), *(1 - t for t in _TAILS)})
    inner = {min(max(math.ceil(share * rows), 1), rows) for share in shares}
    return np.array(sorted(inner | {1, rows}))


def ordered(reference: Any, current: Any, n: int, m: int, anderson: bool = False) -> Ordered:
    """One pass over an ordered column.

    Parameters
    ----------
    reference, current : ibis column
        Of one ordered type (see :func:`sortable`), from tables of one session.
    n, m : int
        Rows of each that aren't missing, both at least 1.
    anderson : bool
        Whether to sum up the Anderson-Darling statistic as well; it is 0 otherwise.
    """
    markers = [
        _Marker(_ranks(10, n), 0),
        _Marker(_ranks(4, n), 0),
        _Marker(_grid_ranks(n + m), None),
    ]
    before = np.zeros((2, 1), dtype=np.int64)
    last: Any = None
    largest, distinct = 0, 0
    a2: list[float] = []
    area: list[float] = []
    kept: list[Array] | None = []
    for values, counts in _blocks(reference, current):
        ends = before + counts.cumsum(axis=1)
        gaps = np.abs(ends[0] * m - ends[1] * n)
        largest = max(largest, int(gaps.max()))
        if anderson:
            a2.append(float(_anderson.terms(counts, ends - counts, n, m).sum()))
        if last is not None:
            gap = abs(int(before[0, 0]) * m - int(before[1, 0]) * n)
            area.append(float(values[0] - last) * gap)
        area.append(float((np.diff(values).astype(float) * gaps[:-1]).sum()))
        for marker in markers:
            marker.feed(values, ends)
        before, last = ends[:, -1:], values[-1]
        distinct += len(values)
        kept = [*kept, counts] if kept is not None and distinct <= _KEPT else None
    deciles, quartiles, grid = (marker.marks() for marker in markers)
    return Ordered(
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


def levels(reference: Any, current: Any) -> tuple[list[str | None], Array]:
    """Levels of a column as text, missing (None) first, and their counts (2, k)."""
    table = _grouped(reference, current).to_pyarrow()
    counts = np.vstack([table["r"].to_numpy(), table["c"].to_numpy()]).astype(np.int64)
    return table["v"].to_pylist(), counts


def _rows(reference: Any, current: Any) -> Any:
    """Rows of both tables with the value as ``v`` and whether they are the current table's."""
    sides = [
        column.name("v").as_table().mutate(now=ibis.literal(now, "int8"))
        for column, now in ((reference, 0), (current, 1))
    ]
    return ibis.union(*sides)


def _grouped(reference: Any, current: Any) -> Any:
    rows = _rows(reference, current)
    # Counts, because the engine's sum of integers is wider than an integer of Arrow.
    counts = rows.group_by("v").agg(
        r=rows.count(where=rows.now == 0), c=rows.count(where=rows.now == 1)
    )
    return counts.order_by(counts.v.asc(nulls_first=True))


def _blocks(reference: Any, current: Any) -> Iterator[tuple[Array, Array]]:
    """Distinct values and their counts (2, k), in order, missing values left out.

    The engine only sorts, which costs it less than grouping does where most values are distinct;
    equal neighbours are counted here. A block's last value waits for the next block, since more
    rows of it may follow.
    """
    last, waiting = np.empty(0), np.zeros((2, 0), dtype=np.int64)
    for values, now in _sorted(_rows(reference, current)):
        first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
        rows = np.diff(np.append(first, len(values)))
        of_current = np.add.reduceat(now, first, dtype=np.int64)
        distinct, counts = values[first], np.vstack([rows - of_current, of_current])
        if len(last) and last[0] == distinct[0]:
            counts[:, 0] += waiting[:, 0]
        elif len(last):
            distinct, counts = np.append(last, distinct), np.hstack([waiting, counts])
        last, waiting = distinct[-1:], counts[:, -1:]
        if len(distinct) > 1:
            yield distinct[:-1], counts[:, :-1]
    if len(last):
        yield last, waiting


def _sorted(rows: Any) -> Iterator[tuple[Array, Array]]:
    """Values and marks in order, in blocks of one size whatever the engine's batches are."""
    kept = rows.filter(rows.v.notnull())
    parts: list[tuple[Array, Array]] = []
    held = 0
    for batch in kept.order_by(kept.v).to_pyarrow_batches(chunk_size=_BLOCK):
        parts.append(
            (batch["v"].to_numpy(zero_copy_only=False), batch["now"].to_numpy(zero_copy_only=False))
        )
        held += batch.num_rows
        while held >= _BLOCK:
            values, marks = (np.concatenate(side) for side in zip(*parts, strict=True))
            yield values[:_BLOCK], marks[:_BLOCK]
            parts, held = [(values[_BLOCK:], marks[_BLOCK:])], held - _BLOCK
    if held:
        values, marks = (np.concatenate(side) for side in zip(*parts, strict=True))
        yield values, marks
