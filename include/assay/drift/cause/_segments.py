"""Which columns may tell segments, and rows of each segment and cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import numpy as np

from assay.contract import Contract
from assay.drift._columns import TEXT, kind, without_nan
from assay.drift.cause._score import MISSING, Score, keyed, level_of
from assay.policy.drift import CategoryTest, DriftPolicy

Array = np.ndarray[Any, Any]
_MOST: Final = 50
"""Levels of a column that tells segments; a named column's rarer ones are one segment."""
_TRIED: Final = 12
_LEAST: Final = 5
"""Segments with fewer rows than this on both sides are pooled, whatever the policy says."""
_NOT: Final = frozenset({"identifier", "label", "prediction", "probability", "weight"})
OTHER: Final = "(other)"


@dataclass(frozen=True)
class Segmenting:
    """A column that tells segments: the keys of those told apart, and which may be named."""

    column: str
    classified: bool
    keys: tuple[str, ...]
    named: frozenset[str]
    least: int

    def expression(self, table: Any) -> Any:
        """Each row's segment: a key, or ``other``."""
        key = keyed(without_nan(table[self.column]).cast(TEXT))
        return ibis.ifelse(key.isin(self.keys), key, ibis.literal(OTHER))

    @property
    def labels(self) -> list[str]:
        """What each segment is called, `(other)` last; a number where it may not be named."""
        shown = []
        for i, key in enumerate(self.keys):
            level = level_of(key)
            name = "(missing)" if level is None else level
            shown.append(name if key in self.named else f"segment {i + 1}")
        return [*shown, OTHER]

    def shown(self, rows: int) -> int | str:
        """A count, or `<n` where it is a classified column's and below the least number."""
        few = self.classified and 0 < rows < self.least
        return f"<{self.least}" if few else rows


def segmenting_columns(
    reference: Any, current: Any, policy: DriftPolicy, contract: Contract | None, judged: str
) -> list[Segmenting]:
    """The policy's columns, else the contract's columns of few levels; never the judged one.

    A classified column is tried only where its levels may be shown: its list is closed, and the
    policy has a least number.
    """
    both = [name for name in current.columns if name in reference.columns]
    wanted = [name for name in policy.segmenting if name in both]
    names = wanted or [n for n in both if _few(n, current, policy, contract)]
    names = [n for n in names if n != judged and not n.startswith("__")]
    found = [
        _segmenting(reference, current, name, policy, contract, strict=not wanted)
        for name in names[: len(wanted) or _TRIED]
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


def _few(name: str, table: Any, policy: DriftPolicy, contract: Contract | None) -> bool:
    roles = {**policy.roles, **(contract.roles if contract else {})}
    if name.startswith("__") or roles.get(name) in _NOT:
        return False
    closed = _closed(name, contract)
    if is_classified(name, policy, contract) and (closed is None or policy.least_number is None):
        return False
    levels = isinstance(policy.columns.get(name), CategoryTest)
    return levels or closed is not None or kind(table[name]) == "text"


def _segmenting(
    reference: Any,
    current: Any,
    name: str,
    policy: DriftPolicy,
    contract: Contract | None,
    *,
    strict: bool,
) -> Segmenting | None:
    keys, counts = _levels(reference, current, name, _MOST + 1)
    if strict and len(keys) > _MOST:
        return None
    least = max(policy.least_number or 0, _LEAST)
    told = [k for k, n in zip(keys, counts, strict=True) if n.max() >= least][:_MOST]
    classified = is_classified(name, policy, contract)
    may = set(told)
    if classified:
        closed = {f"={level}" for level in _closed(name, contract) or ()} | {MISSING}
        may = may & closed if policy.least_number is not None else set()
    return Segmenting(name, classified, tuple(sorted(told)), frozenset(may), least)


def _levels(reference: Any, current: Any, name: str, most: int) -> tuple[list[str], Array]:
    """The most frequent levels of a column in both tables, and their rows, (levels, 2)."""
    rows = ibis.union(*(
        t.select(key=keyed(without_nan(t[name]).cast(TEXT)), now=ibis.literal(i, "int8"))
        for i, t in enumerate((reference, current))
    ))  # fmt: skip
    found = (
        rows.group_by("key")
        .agg(n=rows.count(), r=rows.count(where=rows.now == 0), c=rows.count(where=rows.now == 1))
        .order_by(ibis.desc("n"), "key")
        .limit(most)
        .to_pyarrow()
    )
    counts = np.vstack([found["r"].to_numpy(), found["c"].to_numpy()]).T
    return found["key"].to_pylist(), counts


def segment_counts(score: Score, by: Segmenting) -> tuple[Array, Array]:
    """Rows (2, S, K) by segment (`other` last) and cell, and the score of each cell.

    One scan. Segments are in the order of ``by.labels``.
    """
    rows = ibis.union(*(
        t.select("cell", segment=by.expression(t), now=ibis.literal(i, "int8"))
        for i, t in enumerate((score.reference, score.current))
    ))  # fmt: skip
    found = rows.group_by("now", "segment", "cell").agg(n=rows.count()).to_pyarrow().to_pylist()
    places = {key: i for i, key in enumerate([*by.keys, OTHER])}
    cells = _cells(score, [row["cell"] for row in found])
    counts = np.zeros((2, len(places), len(set(cells.values()))), dtype=np.int64)
    values = np.zeros(counts.shape[2])
    for row in found:
        at = cells[row["cell"]]
        counts[row["now"], places[row["segment"]], at] += row["n"]
        values[at] = score.values.get(row["cell"], score.rest)
    return counts, values


def _cells(score: Score, seen: Sequence[Any]) -> dict[Any, int]:
    """Cell → place; those without a score of their own share one."""
    places = {key: i for i, key in enumerate(score.values)}
    return {cell: places.get(cell, len(places)) for cell in set(seen)} | places
