"""Every column of one table held against one reference."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from assay.contract import Contract
from assay.drift import _sorted
from assay.drift._category import compare_levels, count_levels
from assay.drift._columns import as_levels, count, fetch, kind, sliced, sortable, without_nan
from assay.drift._job import Array, Job
from assay.drift._model import ColumnDrift
from assay.drift._ordered import compare_ordered
from assay.policy.drift import CategoryTest, DriftPolicy

Pair = tuple[Any, Any]
_Values = Callable[[], tuple[list[int], Iterable[_sorted.Block]]]
"""Values that are there on both sides, and the blocks of a column."""


@dataclass(frozen=True)
class Comparison:
    """How two tables are compared, column by column; ``threads`` at once."""

    contract: Contract | None
    policy: DriftPolicy
    place: str
    level: float
    threads: int

    def run(self, reference: Any, current: Any) -> Iterator[ColumnDrift]:
        """Every column in all rows, then those of each slice."""
        yield from self._compared((reference, current), self.policy.columns, None)
        for part in self.policy.slices:
            pair = (sliced(reference, part), sliced(current, part))
            yield from self._compared(pair, part.columns, part.name)

    def _compared(
        self, tables: Pair, names: Iterable[str], part: str | None
    ) -> Iterator[ColumnDrift]:
        names = list(names)
        found: dict[str, ColumnDrift] = {}
        ordered: dict[str, Pair] = {}
        for name in names:
            if (fault := self._missing(tables, name, part)) is not None:
                found[name] = fault
                continue
            pair = (tables[0][name], tables[1][name])
            if isinstance(self.policy.columns[name], CategoryTest):
                levels = [count_levels(*one) for one in zip(tables, as_levels(*pair), strict=True)]
                found[name] = compare_levels(
                    levels[0], levels[1], self._job(name, part), self._common(name, part)
                )
            elif (sides := sortable(*pair)) is not None:
                ordered[name] = sides
            else:
                found[name] = self._unsortable(tables, name, part)
        found |= self._ordered(tables, ordered, part)
        yield from (found[name] for name in names)

    def _ordered(
        self, tables: Pair, columns: Mapping[str, Pair], part: str | None
    ) -> dict[str, ColumnDrift]:
        """Ordered columns, read in groups that fit into memory, each sorted in a thread."""
        if not columns:
            return {}
        rows = [count(table) for table in tables]
        found: dict[str, ColumnDrift] = {}
        with ThreadPoolExecutor(self.threads) as pool:
            for names in _sorted.in_groups(dict.fromkeys(columns, 8 * sum(rows))):
                if 8 * sum(rows) > 2 * _sorted.HELD:
                    blocks = {n: _streamed(tables, columns[n]) for n in names}
                else:
                    blocks = _held(tables, {n: columns[n] for n in names}, rows)
                work = {
                    name: pool.submit(self._one, tables, name, part, blocks.pop(name), rows)
                    for name in names
                }
                found |= {name: one.result() for name, one in work.items()}
        return found

    def _one(
        self, tables: Pair, name: str, part: str | None, values: _Values, rows: list[int]
    ) -> ColumnDrift:
        n, blocks = values()
        common = self._common(name, part) | _sizes(rows, n)
        time = kind(tables[1][name]) == "time"
        test = self.policy.columns[name].test
        return compare_ordered(blocks, self._job(name, part), test, time, common)

    def _job(self, name: str, part: str | None) -> Job:
        policy, closed = self.policy, None
        seed = [policy.seed, zlib.crc32(f"{self.place}/{part}/{name}".encode())]
        classified = policy.roles.get(name) in {"protected", "identifier"}
        if self.contract is not None and name in self.contract.column_names:
            classified = name in self.contract.classified
            classified = classified or self.contract.roles.get(name) == "protected"
            closed = self.contract.column(name).levels
        return Job(
            name=name,
            slice=part,
            level=self.level,
            seed=policy.seed,
            rng=np.random.default_rng(seed),
            classified=classified,
            closed=closed,
            least_number=policy.least_number,
        )

    def _common(self, name: str, part: str | None) -> dict[str, Any]:
        return {"column": name, "slice": part, "test": self.policy.columns[name].test}

    def _missing(self, tables: Pair, name: str, part: str | None) -> ColumnDrift | None:
        for side, table in (("current", tables[1]), ("reference", tables[0])):
            if name not in table.columns:
                fault = {"fault": "column_missing", "fault_in": side}
                return ColumnDrift(**fault, **self._common(name, part))
        return None

    def _unsortable(self, tables: Pair, name: str, part: str | None) -> ColumnDrift:
        """A column without a common order: a fault, unless one side has no value at all."""
        values = [
            fetch(
                table.aggregate(rows=table.count(), n=without_nan(table[name]).count())
            ).to_pylist()[0]
            for table in tables
        ]
        n, rows = [v["n"] for v in values], [v["rows"] for v in values]
        common = self._common(name, part) | _sizes(rows, n)
        if not all(n):
            return ColumnDrift(**common)
        column = tables[1][name]
        side = "current" if sortable(column, column) is None else "reference"
        return ColumnDrift(fault="column_type", fault_in=side, **common)


def _held(tables: Pair, columns: Mapping[str, Pair], rows: list[int]) -> dict[str, _Values]:
    """Columns read in one scan a table, to be sorted and merged when they are asked for."""
    read = [
        _sorted.read(tables[i], {n: sides[i] for n, sides in columns.items()}, rows[i])
        for i in (0, 1)
    ]
    return {n: partial(_sort, read[0].pop(n), read[1].pop(n)) for n in columns}


def _sort(reference: Array, current: Array) -> tuple[list[int], Iterator[_sorted.Block]]:
    reference.sort()
    current.sort()
    return [len(reference), len(current)], _sorted.merged(reference, current)


def _streamed(tables: Pair, columns: Pair) -> _Values:
    """A column that is too large to be held: the engine counts and sorts it."""
    n = [int(fetch(t.aggregate(n=c.count()))["n"][0].as_py())
         for t, c in zip(tables, columns, strict=True)]  # fmt: skip
    return lambda: (n, _sorted.streamed(*columns))


def _sizes(rows: list[int], n: list[int]) -> dict[str, int]:
    """Rows of both sides: all, those with a value, those without (null or NaN)."""
    sides = ("reference", "current")
    return {
        f"{what}_{side}": count
        for what, counts in (
            ("rows", rows),
            ("n", n),
            ("missing", [r - k for r, k in zip(rows, n, strict=True)]),
        )
        for side, count in zip(sides, counts, strict=True)
    }
