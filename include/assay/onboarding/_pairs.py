"""What columns say of each other: order, determination, and keys of several columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any, Final

import numpy as np

from assay.engine import quoted
from assay.onboarding._survey import ColumnSurvey, Survey

SAMPLE: Final = 20_000
_MOST_KEYS: Final = 8
_LEAST_CHANCE: Final = 0.05

Rows = Callable[[str], list[dict[str, Any]]]


@dataclass(frozen=True)
class Order:
    """``low`` is never above ``high``; ``by_chance`` of the rows would be, were they unrelated."""

    low: str
    high: str
    n: int
    equal: int
    by_chance: float


@dataclass(frozen=True)
class Determined:
    """Each level of ``by`` has one level of ``column``; ``pairs`` are all that there are."""

    by: str
    column: str
    pairs: tuple[tuple[Any, Any], ...]
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        """Rows that have both."""
        return sum(self.counts)


def sample_of(rows: Rows, survey: Survey) -> Any:
    """Some rows of the columns that are compared: they only tell what isn't worth a scan."""
    import pandas as pd

    names = [c.name for c in survey.columns.values() if not c.hidden or c.nulls == 0]
    if not names:
        return pd.DataFrame()
    listed = ", ".join(map(quoted, names))
    step = max(1, survey.rows // SAMPLE)
    # The rows' own hash chooses them, so that any number of threads gives the same sample.
    where = f"WHERE hash({listed}) % {step} = 0" if step > 1 else ""
    found = rows(f"SELECT {listed} FROM {survey.source} {where} LIMIT {SAMPLE}")  # noqa: S608
    return pd.DataFrame(found, columns=names)


def find_orders(rows: Rows, survey: Survey, sample: Any) -> list[Order]:
    """Pairs of columns of one kind of which one is never above the other.

    Of pairs whose ranges lie apart the order says nothing that the ranges don't: only those count
    that would be out of order in some rows if the columns were unrelated. What follows from two
    others (a ≤ b ≤ c) is left out.
    """
    kinds: dict[str, list[str]] = {}
    for c in survey.columns.values():
        if not c.hidden and (c.numeric or c.type in {"date", "timestamp"}) and c.distinct > 2:
            kinds.setdefault("number" if c.numeric else c.type, []).append(c.name)
    pairs = [p for names in kinds.values() for p in permutations(names, 2)]
    likely = {p: chance for p in pairs if (chance := _chance(sample, *p)) >= _LEAST_CHANCE}
    if not likely:
        return []
    parts = []
    for i, (a, b) in enumerate(likely):
        x, y = quoted(a), quoted(b)
        parts += [f"count_if({x} > {y}) AS g{i}", f"count_if({x} = {y}) AS e{i}"]
        parts += [f"count_if({x} IS NOT NULL AND {y} IS NOT NULL) AS n{i}"]
    found = rows(f"SELECT {', '.join(parts)} FROM {survey.source}")[0]  # noqa: S608
    orders = [
        Order(a, b, int(found[f"n{i}"]), int(found[f"e{i}"]), chance)
        for i, ((a, b), chance) in enumerate(likely.items())
        if not found[f"g{i}"] and found[f"n{i}"] and found[f"e{i}"] < found[f"n{i}"]
    ]
    known = {(o.low, o.high) for o in orders}
    return [
        o for o in orders
        if not any((o.low, m) in known and (m, o.high) in known for m in survey.columns)
    ]  # fmt: skip


def _chance(sample: Any, a: str, b: str) -> float:
    """Share of rows out of order were the columns unrelated; 0 where the sample has such a row."""
    both = sample[[a, b]].dropna()
    if len(both) < 20:
        return 0.0
    x, y = both[a].to_numpy(), both[b].to_numpy()
    if (x > y).any():
        return 0.0
    below = np.searchsorted(np.sort(y), x, side="left")  # values of b under each of a
    return round(float(below.mean() / len(y)), 2)


def find_determined(rows: Rows, survey: Survey, sample: Any) -> list[Determined]:
    """Columns whose level follows from another's, each with the one of fewest levels."""
    listed = [
        c for c in survey.columns.values()
        if c.levels is not None and len(c.levels) > 1 and not c.padded
    ]  # fmt: skip
    found: dict[str, Determined] = {}
    for by, column in sorted(
        permutations(listed, 2), key=lambda p: (p[0].distinct, p[0].name, p[1].name)
    ):
        if column.name in found or not _may_determine(by, column, sample):
            continue
        if any(d.by == column.name and d.column == by.name for d in found.values()):
            continue
        a, b = quoted(by.name), quoted(column.name)
        pairs = rows(
            f"SELECT {a} AS a, {b} AS b, count(*) AS n FROM {survey.source} "  # noqa: S608
            f"WHERE {a} IS NOT NULL AND {b} IS NOT NULL GROUP BY ALL ORDER BY ALL"
        )
        if pairs and len({r["a"] for r in pairs}) == len(pairs):
            known = tuple((r["a"], r["b"]) for r in pairs)
            counts = tuple(int(r["n"]) for r in pairs)
            found[column.name] = Determined(by.name, column.name, known, counts)
    return list(found.values())


def _may_determine(by: ColumnSurvey, column: ColumnSurvey, sample: Any) -> bool:
    if by.distinct < column.distinct or by.distinct < 3:
        return False
    both = sample[[by.name, column.name]].dropna().drop_duplicates()
    return len(both) > 0 and both[by.name].is_unique


def find_key(rows: Rows, survey: Survey, sample: Any, wanted: set[str]) -> tuple[str, ...] | None:
    """The key of fewest columns, two or three, where no column is one by itself.

    ``wanted`` are columns whose names speak of keys; they come first.
    """
    usable = [
        c for c in survey.columns.values()
        if c.nulls == 0 and c.type not in {"number", "boolean"} and c.distinct > 1
    ]  # fmt: skip
    usable.sort(key=lambda c: (c.name not in wanted, -c.distinct))
    names = [c.name for c in usable[:_MOST_KEYS]]
    sizes: Mapping[str, int] = {c.name: c.distinct for c in usable}
    for width in (2, 3):
        for key in combinations(names, width):
            if np.prod([float(sizes[n]) for n in key]) < survey.rows:
                continue
            if not any(n in wanted or survey.columns[n].type != "integer" for n in key):
                continue  # two measured numbers that happen to tell all rows apart
            if not sample.duplicated(list(key)).any() and _unique(rows, survey, key):
                return tuple(n for n in survey.columns if n in key)
    return None


def _unique(rows: Rows, survey: Survey, key: Sequence[str]) -> bool:
    listed = ", ".join(map(quoted, key))
    twice = f"SELECT 1 FROM {survey.source} GROUP BY {listed} HAVING count(*) > 1 LIMIT 1"  # noqa: S608
    return not rows(twice)
