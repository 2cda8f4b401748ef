"""Columns that split the rows into segments, and rows of each segment and cell."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from assay.contract import Contract
from assay.drift.attribution._score import MISSING, Score, key_of, keyed, level_of
from assay.drift.columns._column_types import TEXT, in_levels, kind
from assay.drift.columns._column_values import Sides
from assay.drift.columns._counted_table import Levels
from assay.policy.drift import CategoryTest, DriftPolicy, Slice

Array = np.ndarray[Any, Any]
_MOST: Final = 50
"""Most segments of a column; the rarer levels of a named column are one segment."""
_TRIED: Final = 12
_MANY: Final = 10_000
_LEAST: Final = 5
"""Segments with fewer rows than this on both sides are pooled, whatever the policy says."""
_NOT: Final = frozenset({"identifier", "label", "prediction", "probability", "weight"})
OTHER: Final = "(other)"


@dataclass(frozen=True)
class Segmenting:
    """A column that splits the rows: the keys of its segments, and which may be named."""

    column: str
    classified: bool
    keys: tuple[str, ...]
    named: frozenset[str]
    least: int

    def expression(self, table: Table) -> ir.Value:
        """Each row's segment: a key, or ``other``."""
        key = keyed(self.level(table))
        return ibis.ifelse(key.isin(self.keys), key, ibis.literal(OTHER))

    def level(self, table: Table) -> ir.Column:
        """Each row's level of the column, as text."""
        return in_levels(table[self.column], TEXT)

    @property
    def labels(self) -> list[str]:
        """What each segment is called, `(other)` last; a number where it may not be named."""
        shown = []
        for i, key in enumerate(self.keys, 1):
            name = "(missing)" if key == MISSING else f"{level_of(key)}"
            shown.append(name if key in self.named else f"segment {i}")
        return [*shown, OTHER]

    def shown(self, rows: int) -> int | str:
        """A count, or `<n` where it is a classified column's and below the least number."""
        few = self.classified and 0 < rows < self.least
        return f"<{self.least}" if few else rows


def segmenting_columns(
    sides: Sides, part: Slice | None, policy: DriftPolicy, contract: Contract | None, judged: str
) -> list[Segmenting]:
    """The policy's columns, else the contract's columns of few levels; never the judged one.

    A classified column is tried only where its levels may be shown: its list is closed, and the
    policy has a least number.
    """
    reference, current = (side.table for side in sides)
    both = [name for name in current.columns if name in reference.columns]
    wanted = [name for name in policy.segmenting if name in both]
    names = wanted or [n for n in both if _few(n, current, policy, contract)]
    names = [n for n in names if n != judged and not n.startswith("__")]
    forms = dict.fromkeys(names[: len(wanted) or _TRIED], TEXT)
    # Named columns are counted to the end; others of very many levels are left out.
    before, now = (side.levels(forms, part, None if wanted else _MANY) for side in sides)
    found = [
        _segmenting(name, (before[name], now[name]), policy, contract, strict=not wanted)
        for name in forms
        if name in before and name in now
    ]
    return [one for one in found if one is not None and len(one.keys) > 1]


def is_classified(name: str, policy: DriftPolicy, contract: Contract | None) -> bool:
    """Whether values of a column may not be shown."""
    if policy.roles.get(name) in {"protected", "identifier"}:
        return True
    if contract is None or name not in contract.column_names:
        return False
    return name in contract.classified or contract.roles.get(name) in {"protected", "identifier"}


def _closed(name: str, contract: Contract | None) -> tuple[str, ...] | None:
    known = contract is not None and name in contract.column_names
    return contract.column(name).levels if contract is not None and known else None


def _few(name: str, table: Table, policy: DriftPolicy, contract: Contract | None) -> bool:
    roles = {**policy.roles, **(contract.roles if contract else {})}
    if name.startswith("__") or roles.get(name) in _NOT:
        return False
    closed = _closed(name, contract)
    if is_classified(name, policy, contract) and (closed is None or policy.least_number is None):
        return False
    levels = isinstance(policy.columns.get(name), CategoryTest)
    return levels or closed is not None or kind(table[name]) == "text"


def _segmenting(
    name: str,
    levels: tuple[Levels, Levels],
    policy: DriftPolicy,
    contract: Contract | None,
    *,
    strict: bool,
) -> Segmenting | None:
    keys, counts = _frequent(levels, _MOST + 1)
    if strict and len(keys) > _MOST:
        return None
    least = max(policy.least_number or 0, _LEAST)
    kept = [k for k, n in zip(keys, counts, strict=True) if n.max() >= least][:_MOST]
    classified = is_classified(name, policy, contract)
    may = set(kept)
    if classified:
        closed = {f"={level}" for level in _closed(name, contract) or ()} | {MISSING}
        may = may & closed if policy.least_number is not None else set()
    return Segmenting(name, classified, tuple(sorted(kept)), frozenset(may), least)


def _frequent(levels: tuple[Levels, Levels], most: int) -> tuple[list[str], Array]:
    """The most frequent levels on both sides together, and their rows, (levels, 2)."""
    whole = {key_of(level): (levels[0].get(level, 0), levels[1].get(level, 0))
             for level in {**levels[0], **levels[1]}}  # fmt: skip
    keys = heapq.nsmallest(most, whole, key=lambda key: (-sum(whole[key]), key))
    return keys, np.array([whole[key] for key in keys], dtype=np.int64).reshape(-1, 2)


def segment_counts(score: Score, by: Sequence[Segmenting]) -> list[Array]:
    """Rows (2, S, K) by segment (`other` last) and cell, for each segmenting column.

    One scan a side. Segments are in the order of ``by.labels``, cells in that of
    :attr:`Score.cells`.
    """
    shapes = [(len(one.keys) + 1, len(score.values) + 1) for one in by]
    found = [np.zeros((2, *shape), dtype=np.int64) for shape in shapes]
    for side, table in enumerate((score.reference, score.current)):
        columns = {f"s{i}": one.level(table) for i, one in enumerate(by)}
        for batch in table.select("cell", **columns).to_pyarrow_batches(chunk_size=1_000_000):
            cells = _places(batch.columns[0], list(score.values))
            columns_of = zip(found, shapes, by, batch.columns[1:], strict=True)
            for counts, shape, one, column in columns_of:
                segments = _places(column, [level_of(key) for key in one.keys])
                at = segments.astype(np.int64) * shape[1] + cells
                counts[side] += np.bincount(at, minlength=counts[side].size).reshape(shape)
    return found


def _places(column: Any, known: list[Any]) -> Array:
    """Find the place of each value in a list; the place of an unlisted one is its length."""
    found = pc.index_in(column, value_set=pa.array(known, column.type)).fill_null(len(known))
    # Without `to_numpy`, which would import pandas.
    return np.frombuffer(found.buffers()[1], np.int32)[found.offset : found.offset + len(found)]
