"""Blocks of an ordered column of both sides: held and merged, or sorted by the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from assay.drift.columns._column_types import fetch, in_order
from assay.drift.columns._counted_table import Array, CountedTable, ordered_column
from assay.policy.drift import Slice
from assay.statistics import sorted_blocks

Sides = tuple[CountedTable, CountedTable]
"""Reference and batch."""
Values = Callable[[], tuple[list[int], Iterable[sorted_blocks.Block]]]
"""Values that are there on both sides, and the blocks of a column."""


def too_large(rows: list[int]) -> bool:
    """Whether a column of so many rows is left to the engine."""
    return 8 * sum(rows) > 2 * sorted_blocks.HELD


def blocks_of(
    sides: Sides, name: str, form: str, part: Slice | None
) -> tuple[list[int], Iterable[sorted_blocks.Block]]:
    """One column by itself."""
    if too_large([side.rows(part) for side in sides]):
        return streamed(sides, name, form, part)()
    return held(sides, {name: form}, part)[name]()


def held(sides: Sides, columns: Mapping[str, str], part: Slice | None) -> dict[str, Values]:
    """Columns read in one scan a table, to be sorted and merged when they are asked for."""
    wanted = {name: ordered_column(name, form) for name, form in columns.items()}
    before, now = (side.values(wanted, part) for side in sides)
    return {n: partial(_sort, before.pop(n), now.pop(n)) for n in columns}


def _sort(
    reference: Callable[[], Array], current: Callable[[], Array]
) -> tuple[list[int], Iterator[sorted_blocks.Block]]:
    before, now = reference(), current()
    return [len(before), len(now)], sorted_blocks.merged(before, now)


def streamed(sides: Sides, name: str, form: str, part: Slice | None) -> Values:
    """A column that is too large to be held: the engine counts and sorts it."""
    tables = [side.sliced(part) for side in sides]
    columns = [in_order(table[name], form) for table in tables]
    n = [int(fetch(t.aggregate(n=c.count()))["n"][0].as_py())
         for t, c in zip(tables, columns, strict=True)]  # fmt: skip
    return lambda: (n, sorted_blocks.streamed(columns[0], columns[1]))
