"""A table of a comparison, and the counts of its columns, each counted once.

A reference consists of released batches, which don't change: the counts of one are kept next to it
(:mod:`assay.statistics.sketches`), and the counts of several are added.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import Table

from assay.drift.columns._column_types import count, fetch, in_levels, in_order, sliced
from assay.policy.drift import Slice
from assay.statistics import sorted_blocks
from assay.statistics.sketches import SketchFolder

Array = np.ndarray[Any, Any]
Levels = dict[str | None, int]
"""Rows of each level, missing being None."""


@dataclass(frozen=True)
class Released:
    """The released batches of a reference.

    Parameters
    ----------
    batches : sequence of (ibis.Table, Path or None)
        Each batch's rows, and the folder in which what is counted of them is kept. The folder must
        belong to these very rows, by their version's id: counts that are found in it, under a hash
        with the key, are trusted.
    key : bytes
        The key of that hash.
    """

    batches: tuple[tuple[Table, Path | None], ...]
    key: bytes = field(default=b"", repr=False)

    @property
    def table(self) -> Table:
        """All rows as one table."""
        tables = [table for table, _ in self.batches]
        return ibis.union(*tables) if tables[1:] else tables[0]


@dataclass(frozen=True)
class CountedColumn:
    """A column to be counted: an expression, and a key that identifies it in files."""

    key: str
    of: Callable[[Table], ir.Column]


class CountedTable:
    """A table with its counts."""

    def __init__(self, source: Table | Released) -> None:
        batches = source.batches if isinstance(source, Released) else ((source, None),)
        key = source.key if isinstance(source, Released) else b""
        self.table = source.table if isinstance(source, Released) else source
        self._parts = [(table, SketchFolder(folder, key)) for table, folder in batches]
        self._known: dict[str, Any] = {}

    @staticmethod
    def of(source: Table | Released | CountedTable) -> CountedTable:
        """Wrap a source, unless it is wrapped already."""
        return source if isinstance(source, CountedTable) else CountedTable(source)

    def sliced(self, part: Slice | None) -> Table:
        """The rows of a slice, or all."""
        return self.table if part is None else sliced(self.table, part)

    def rows(self, part: Slice | None = None) -> int:
        """How many rows there are."""
        return int(self._counted(_key("rows", part), part, count, sum))

    def totals(
        self, what: str, of: Callable[[Table], Mapping[str, ir.Value]], part: Slice | None = None
    ) -> dict[str, int]:
        """Several sums over the rows; ``what`` names them in words that fix them."""

        def measure(table: Table) -> dict[str, int]:
            found: dict[str, int] = fetch(table.aggregate(**of(table))).to_pylist()[0]
            return found

        return dict(self._counted(_key(what, part), part, measure, _summed))

    def levels(
        self, forms: Mapping[str, str], part: Slice | None = None, most: int | None = None
    ) -> dict[str, Levels]:
        """Rows at each level of columns, in one scan.

        ``forms`` says what each column becomes before it becomes text (see ``level_form``). A
        column of more than ``most`` levels is left out, its rows not counted to the end.
        """
        keys = {name: _key(f"levels {form} {name}", part) for name, form in forms.items()}
        left = [name for name, key in keys.items() if key not in self._known]
        found: dict[str, list[Levels]] = {name: [] for name in left}
        for table, shelf in self._parts if left else ():
            kept = {name: shelf.counts(keys[name]) for name in left}
            unseen = {n: forms[n] for n, c in kept.items() if c is None}
            rows = table if part is None else sliced(table, part)
            counted = _count_levels(rows, unseen, most)
            for name, levels in counted.items():
                shelf.keep_counts(keys[name], sorted(levels.items(), key=str))
            left = [n for n in left if n in counted or kept[n] is not None]
            for name in left:
                found[name].append(counted[name] if name in counted else dict(kept[name]))
        self._known |= {keys[name]: _summed(found[name]) for name in left}
        return {n: self._known[k] for n, k in keys.items() if k in self._known}

    def values(
        self, columns: Mapping[str, CountedColumn], part: Slice | None = None
    ) -> dict[str, Callable[[], Array]]:
        """Values of columns without the missing ones, read in one scan, sorted when asked for.

        They aren't kept in memory: a second request reads or sorts them again.
        """
        waiting: dict[str, list[Callable[[], Array]]] = {name: [] for name in columns}
        for table, shelf in self._parts:
            keys = {n: _key(f"values {c.key}", part) for n, c in columns.items()}
            kept = {n: shelf.values(key) for n, key in keys.items()}
            unseen = [n for n, values in kept.items() if values is None]
            read = _read(table, {n: columns[n] for n in unseen}, part) if unseen else {}
            for name, values in kept.items():
                if values is None:
                    part_of = partial(_sorted_and_kept, read.pop(name), shelf, keys[name])
                else:
                    part_of = partial(np.asarray, values)
                waiting[name].append(part_of)
        return {name: partial(_merged, parts) for name, parts in waiting.items()}

    def _counted(
        self, key: str, part: Slice | None, measure: Callable[[Table], Any], add: Callable[..., Any]
    ) -> Any:
        if key not in self._known:
            found = []
            for table, shelf in self._parts:
                one = shelf.counts(key)
                if one is None:
                    one = measure(table if part is None else sliced(table, part))
                    shelf.keep_counts(key, one)
                found.append(one)
            self._known[key] = add(found)
        return self._known[key]


def ordered_column(name: str, form: str) -> CountedColumn:
    """The values of a column in an order that ``order_of`` names."""
    return CountedColumn(f"{form} {name}", lambda table: in_order(table[name], form))


def _key(what: str, part: Slice | None) -> str:
    """What was counted, with its slice: the same words for the same thing alone."""
    where = None if part is None else ["level", part.column, *part.texts]
    return json.dumps([what, where])


def _read(
    table: Table, columns: Mapping[str, CountedColumn], part: Slice | None
) -> dict[str, Array]:
    rows = table if part is None else sliced(table, part)
    return sorted_blocks.read(rows, {n: c.of(rows) for n, c in columns.items()}, count(rows))


def _count_levels(table: Table, forms: Mapping[str, str], most: int | None) -> dict[str, Levels]:
    found: dict[str, Levels] = {name: {} for name in forms}
    if not forms:
        return found
    limit = math.inf if most is None else most
    levels = {f"v{i}": in_levels(table[n], form) for i, (n, form) in enumerate(forms.items())}
    chosen = table.select(**levels)
    for batch in chosen.to_pyarrow_batches(chunk_size=1_000_000):
        for counts, column in zip(found.values(), batch.columns, strict=True):
            if len(counts) > limit:
                continue
            counted = column.value_counts()
            names, rows = (counted.field(i).to_pylist() for i in (0, 1))
            for level, more in zip(names, rows, strict=True):
                counts[level] = counts.get(level, 0) + more
    return {name: counts for name, counts in found.items() if len(counts) <= limit}


def _summed(parts: list[Any]) -> dict[Any, int]:
    whole: dict[Any, int] = {}
    for counts in parts:
        for key, rows in counts.items():
            whole[key] = whole.get(key, 0) + rows
    return whole


def _sorted_and_kept(values: Array, shelf: SketchFolder, key: str) -> Array:
    values.sort()
    shelf.keep_values(key, values)
    return values


def _merged(parts: list[Callable[[], Array]]) -> Array:
    arrays = [part() for part in parts]
    if not arrays[1:]:
        return arrays[0]
    values = np.concatenate(arrays)
    values.sort()
    return values
