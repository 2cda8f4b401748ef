"""Every column of one table held against one reference."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.contract import Contract
from assay.drift._measurements import ColumnDrift
from assay.drift.columns._column_task import ColumnTask
from assay.drift.columns._column_types import count, kind, level_form, order_of, without_nan
from assay.drift.columns._column_values import Sides, Values, held, streamed, too_large
from assay.drift.columns._counted_table import CountedTable, Levels
from assay.drift.columns._level_column import compare_levels
from assay.drift.columns._ordered_column import compare_ordered
from assay.policy.drift import CategoryTest, DriftPolicy, Slice
from assay.reasons import ReasonCode
from assay.statistics import sorted_blocks


@dataclass(frozen=True)
class Comparison:
    """How two tables are compared, column by column; ``threads`` at once."""

    contract: Contract | None
    policy: DriftPolicy
    place: str
    level: float
    threads: int

    def run(self, reference: CountedTable, current: CountedTable) -> Iterator[ColumnDrift]:
        """Every column in all rows, then those of each slice."""
        yield from self._compared((reference, current), self.policy.columns, None)
        for part in self.policy.slices:
            yield from self._compared((reference, current), part.columns, part)

    def _compared(
        self, sides: Sides, names: Iterable[str], part: Slice | None
    ) -> Iterator[ColumnDrift]:
        names = list(names)
        found: dict[str, ColumnDrift] = {}
        ordered: dict[str, str] = {}
        levels: dict[str, str] = {}
        for name in names:
            if (fault := self._missing(sides, name, part)) is not None:
                found[name] = fault
                continue
            pair = (sides[0].table[name], sides[1].table[name])
            if isinstance(self.policy.columns[name], CategoryTest):
                levels[name] = level_form(*pair)
            elif (form := order_of(*pair)) is not None:
                ordered[name] = form
            else:
                found[name] = self._unsortable(sides, name, part)
        most = self.policy.most_levels
        before, now = (side.levels(levels, part, most) for side in sides)
        for name in levels:
            if (fault := self._too_many(before.get(name), now.get(name), name, part)) is not None:
                found[name] = fault
                continue
            about = (self._job(name, part), self._common(name, part))
            found[name] = compare_levels(before[name], now[name], *about)
        found |= self._ordered(sides, ordered, part)
        yield from (found[name] for name in names)

    def _ordered(
        self, sides: Sides, columns: Mapping[str, str], part: Slice | None
    ) -> dict[str, ColumnDrift]:
        """OrderedCounts columns, read in groups that fit into memory, each sorted in a thread."""
        if not columns:
            return {}
        rows = [side.rows(part) for side in sides]
        found: dict[str, ColumnDrift] = {}
        with ThreadPoolExecutor(self.threads) as pool:
            for names in sorted_blocks.in_groups(dict.fromkeys(columns, 8 * sum(rows))):
                if too_large(rows):
                    blocks = {n: streamed(sides, n, columns[n], part) for n in names}
                else:
                    blocks = held(sides, {n: columns[n] for n in names}, part)
                work = {
                    name: pool.submit(self._one, sides, name, part, blocks.pop(name), rows)
                    for name in names
                }
                found |= {name: one.result() for name, one in work.items()}
        return found

    def _one(
        self, sides: Sides, name: str, part: Slice | None, values: Values, rows: list[int]
    ) -> ColumnDrift:
        n, blocks = values()
        common = self._common(name, part) | _sizes(rows, n)
        time = kind(sides[1].table[name]) == "time"
        return compare_ordered(blocks, self._job(name, part), common["test"], time, common)

    def _job(self, name: str, part: Slice | None) -> ColumnTask:
        policy, closed = self.policy, None
        where = None if part is None else part.name
        seed = [policy.seed, zlib.crc32(f"{self.place}/{where}/{name}".encode())]
        classified = policy.roles.get(name) in {"protected", "identifier"}
        if self.contract is not None and name in self.contract.column_names:
            classified = name in self.contract.classified
            classified = classified or self.contract.roles.get(name) == "protected"
            closed = self.contract.column(name).levels
        rng = np.random.default_rng(seed)
        return ColumnTask(
            name, where, self.level, policy.seed, rng, classified, closed, policy.least_number
        )

    def _common(self, name: str, part: Slice | None) -> dict[str, Any]:
        where = None if part is None else part.name
        return {"column": name, "slice": where, "test": self.policy.columns[name].test}

    def _missing(self, sides: Sides, name: str, part: Slice | None) -> ColumnDrift | None:
        for where, side in (("current", sides[1]), ("reference", sides[0])):
            if name not in side.table.columns:
                fault = {"fault": ReasonCode.COLUMN_MISSING, "fault_in": where}
                return ColumnDrift(**fault, **self._common(name, part))
        return None

    def _too_many(
        self, before: Levels | None, now: Levels | None, name: str, part: Slice | None
    ) -> ColumnDrift | None:
        """The fault of a column with more levels than the policy lets be compared."""
        most = self.policy.most_levels
        for where, levels in (("current", now), ("reference", before)):
            if levels is None or (most is not None and len(levels) > most):
                fault = {"fault": ReasonCode.TOO_MANY_LEVELS, "fault_in": where}
                return ColumnDrift(**fault, **self._common(name, part))
        return None

    def _unsortable(self, sides: Sides, name: str, part: Slice | None) -> ColumnDrift:
        """A column without a common order: a fault, unless one side has no value at all."""
        tables = [side.sliced(part) for side in sides]
        n = [count(without_nan(table[name]).name("v").as_table().drop_null()) for table in tables]
        rows = [side.rows(part) for side in sides]
        common = self._common(name, part) | _sizes(rows, n)
        if not all(n):
            return ColumnDrift(**common)
        column = tables[1][name]
        where = "current" if order_of(column, column) is None else "reference"
        return ColumnDrift(fault=ReasonCode.COLUMN_TYPE, fault_in=where, **common)


def _sizes(rows: list[int], n: list[int]) -> dict[str, int]:
    """Rows of both sides: all, those with a value, those without (null or NaN)."""
    sizes: dict[str, int] = {}
    for side, r, k in zip(("reference", "current"), rows, n, strict=True):
        sizes |= {f"rows_{side}": r, f"n_{side}": k, f"missing_{side}": r - k}
    return sizes
