"""Ordered columns of two tables as blocks of distinct values with both counts.

Each column is read once, sorted in memory where both sides fit, and merged in blocks that stay in
the processor's cache. Beyond that the engine sorts, out of core, and only blocks pass through
Python. Counts are integers, so that no number depends on threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import ibis
import numpy as np
from ibis import Table

Array = np.ndarray[Any, Any]
Block = tuple[Array, Array]
"""Distinct values (k,) in order, and rows of reference and current at each, (2, k)."""

HELD: Final = 1 << 30
"""Bytes of values that are held at once."""
_ROWS: Final = 32_768
_ENGINE_ROWS: Final = 131_072


def in_groups(sizes: Mapping[str, int], held: int = HELD) -> Iterator[list[str]]:
    """Names in order, in groups whose bytes fit; one that doesn't fit is a group of its own."""
    group: list[str] = []
    used = 0
    for name, size in sizes.items():
        if group and used + size > held:
            yield group
            group, used = [], 0
        group.append(name)
        used += size
    if group:
        yield group


def read(table: Table, columns: Mapping[str, Any], rows: int) -> dict[str, Array]:
    """Values of several columns of a table in one scan, without the missing ones.

    Parameters
    ----------
    columns : mapping
        Name → expression over the table, int64 or float64.
    rows : int
        Rows of the table.
    """
    found = {
        name: np.empty(rows, dtype=np.int64 if column.type().is_integer() else np.float64)
        for name, column in columns.items()
    }
    ends = dict.fromkeys(columns, 0)
    chosen = table.select(**{f"v{i}": column for i, column in enumerate(columns.values())})
    for batch in chosen.to_pyarrow_batches(chunk_size=1_000_000):
        for name, column in zip(columns, batch.columns, strict=True):
            values = _view(column.drop_null() if column.null_count else column, found[name].dtype)
            end = ends[name] + len(values)
            # Adding nothing makes -0.0 the 0.0 that it equals, so that order changes no byte.
            np.add(values, 0, out=found[name][ends[name] : end])
            ends[name] = end
    return {name: values[: ends[name]] for name, values in found.items()}


def _view(column: Any, dtype: Any) -> Array:
    """Values of an Arrow array without nulls; ``to_numpy`` would import pandas."""
    whole = np.frombuffer(column.buffers()[1], dtype=dtype)
    return whole[column.offset : column.offset + len(column)]


def merged(reference: Array, current: Array) -> Iterator[Block]:
    """Blocks of two sorted arrays; equal values are never in two blocks."""
    sides: Sequence[Array] = (reference, current)
    at = [0, 0]
    while at[0] < len(reference) or at[1] < len(current):
        nexts = [side[i + _ROWS - 1] for side, i in zip(sides, at, strict=True)
                 if i + _ROWS <= len(side)]  # fmt: skip
        ends = [len(side) for side in sides]
        if nexts:
            rest = [side[i:] for side, i in zip(sides, at, strict=True)]
            places = [int(np.searchsorted(side, min(nexts), side="right")) for side in rest]
            ends = [i + place for i, place in zip(at, places, strict=True)]
        parts = [_distinct(side[i:e]) for side, i, e in zip(sides, at, ends, strict=True)]
        yield _together(*parts)
        at = ends


def _distinct(values: Array) -> tuple[Array, Array]:
    """Distinct values of a sorted array, and how often each occurs."""
    if not len(values):
        return values, np.zeros(0, dtype=np.int64)
    new = np.empty(len(values), dtype=bool)
    new[0] = True
    np.not_equal(values[1:], values[:-1], out=new[1:])
    first = np.flatnonzero(new)
    if len(first) == len(values):
        return values, np.ones(len(values), dtype=np.int64)
    return values[first], np.diff(first, append=len(values))


def _together(reference: tuple[Array, Array], current: tuple[Array, Array]) -> Block:
    """The union of two sets of distinct values in order, with both counts."""
    (left, of_left), (right, of_right) = reference, current
    place = np.searchsorted(right, left, side="left")
    both = np.zeros(len(left), dtype=bool)
    inner = place < len(right)
    both[inner] = right[place[inner]] == left[inner]
    shared = np.cumsum(both)
    size = len(left) + len(right) - (int(shared[-1]) if len(left) else 0)
    at_left = np.arange(len(left)) + place - shared + both
    alone = np.ones(size, dtype=bool)
    alone[at_left] = False
    only_right = np.ones(len(right), dtype=bool)
    only_right[place[both]] = False
    values = np.empty(size, dtype=left.dtype)
    counts = np.zeros((2, size), dtype=np.int64)
    values[at_left], counts[0, at_left] = left, of_left
    values[alone], counts[1, alone] = right[only_right], of_right[only_right]
    counts[1, at_left[both]] = of_right[place[both]]
    return values, counts


def streamed(reference: Any, current: Any) -> Iterator[Block]:
    """The same blocks of two columns of one session, sorted by the engine out of core.

    A block's last value waits for the next block, since more rows of it may follow.
    """
    last, waiting = np.empty(0), np.zeros((2, 0), dtype=np.int64)
    for values, now in _batches(reference, current):
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


def _batches(reference: Any, current: Any) -> Iterator[tuple[Array, Array]]:
    """Values and marks in order, in blocks of one size whatever the engine's batches are."""
    sides = [
        column.name("v").as_table().mutate(now=ibis.literal(now, "int8"))
        for column, now in ((reference, 0), (current, 1))
    ]
    rows = ibis.union(*sides)
    kept = rows.filter(rows.v.notnull())
    parts: list[tuple[Array, Array]] = []
    held = 0
    for batch in kept.order_by(kept.v).to_pyarrow_batches(chunk_size=_ENGINE_ROWS):
        values, marks = (batch[name].to_numpy(zero_copy_only=False) for name in ("v", "now"))
        parts.append((values, marks))
        held += batch.num_rows
        while held >= _ENGINE_ROWS:
            values, marks = (np.concatenate(side) for side in zip(*parts, strict=True))
            yield values[:_ENGINE_ROWS], marks[:_ENGINE_ROWS]
            parts, held = [(values[_ENGINE_ROWS:], marks[_ENGINE_ROWS:])], held - _ENGINE_ROWS
    if held:
        values, marks = (np.concatenate(side) for side in zip(*parts, strict=True))
        yield values, marks
