"""How columns depend on each other: order, determination, and keys of several columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import Table

from assay.engine import Session
from assay.engine.functions import count_if, row_hash
from assay.onboarding.evidence._column_names import names_key
from assay.onboarding.evidence._columns import ColumnEvidence, TableEvidence
from assay.onboarding.evidence._data_view import Level, is_unique

SAMPLE: Final = 20_000
_MOST_KEYS: Final = 8
_LEAST_CHANCE: Final = 0.05


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
    """Each level of ``by`` has one level of ``column``; ``pairs`` are all, each with its rows."""

    by: str
    column: str
    pairs: Mapping[tuple[Level, Level], int]


def sample_rows(session: Session, evidence: TableEvidence) -> pd.DataFrame:
    """Some rows of the columns that are compared, to rule out what isn't worth a scan."""
    names = [c.name for c in evidence.columns.values() if not c.hidden or c.nulls == 0]
    if not names:
        return pd.DataFrame()
    rows = evidence.table.select(*names)
    step = max(1, evidence.rows // SAMPLE)
    if step > 1:
        # The rows' own hash chooses them, so that any number of threads gives the same sample.
        rows = rows.filter(row_hash(rows) % step == 0)
    return session.arrow(rows.limit(SAMPLE)).to_pandas()


def find_orders(session: Session, evidence: TableEvidence, sample: pd.DataFrame) -> list[Order]:
    """Pairs of columns of one kind of which one is never above the other.

    The order of two columns whose ranges lie apart follows from the ranges. So only pairs count
    that would be out of order in some rows if the columns were unrelated. What follows from two
    others (a ≤ b ≤ c) is left out.
    """
    kinds: dict[str, list[str]] = {}
    for c in evidence.columns.values():
        if not c.hidden and (c.numeric or c.type in {"date", "timestamp"}) and c.distinct > 2:
            kinds.setdefault("number" if c.numeric else c.type, []).append(c.name)
    pairs = [p for names in kinds.values() for p in permutations(names, 2)]
    likely = {p: chance for p in pairs if (chance := _chance(sample, *p)) >= _LEAST_CHANCE}
    if not likely:
        return []
    parts: dict[str, ir.Scalar] = {}
    for i, (a, b) in enumerate(likely):
        x, y = evidence.table[a], evidence.table[b]
        parts |= {f"greater{i}": count_if(x > y), f"equal{i}": count_if(x == y)}
        parts |= {f"both{i}": count_if(x.notnull() & y.notnull())}
    counts = session.one(evidence.table.aggregate(**parts))
    found = {key: int(n or 0) for key, n in counts.items()}
    orders = [
        Order(a, b, found[f"both{i}"], found[f"equal{i}"], chance)
        for i, ((a, b), chance) in enumerate(likely.items())
        if not found[f"greater{i}"] and found[f"equal{i}"] < found[f"both{i}"]
    ]
    known = {(o.low, o.high) for o in orders}
    return [
        o for o in orders
        if not any((o.low, m) in known and (m, o.high) in known for m in evidence.columns)
    ]  # fmt: skip


def _chance(sample: pd.DataFrame, a: str, b: str) -> float:
    """Share of rows out of order were the columns unrelated; 0 where the sample has such a row."""
    both = sample[[a, b]].dropna()
    if len(both) < 20:
        return 0.0
    x, y = both[a].to_numpy(), both[b].to_numpy()
    if (x > y).any():
        return 0.0
    below = np.searchsorted(np.sort(y), x, side="left")  # values of b under each of a
    return round(float(below.mean() / len(y)), 2)


def find_determined(
    session: Session, evidence: TableEvidence, sample: pd.DataFrame
) -> list[Determined]:
    """Columns whose level follows from another's, each with the one of fewest levels."""
    listed = [
        c for c in evidence.columns.values()
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
        determined = _determined(session, evidence.table, by.name, column.name)
        if determined is not None:
            found[column.name] = determined
    return list(found.values())


def _determined(session: Session, table: Table, by: str, column: str) -> Determined | None:
    """The levels of a column by those of another, None where one has several."""
    both = table.filter(table[by].notnull() & table[column].notnull())
    groups = both.group_by(a=both[by], b=both[column]).aggregate(n=both.count())
    pairs = session.rows(groups.order_by("a", "b"))
    if not pairs or len({r["a"] for r in pairs}) < len(pairs):
        return None
    return Determined(by, column, {(r["a"], r["b"]): int(r["n"]) for r in pairs})


def _may_determine(by: ColumnEvidence, column: ColumnEvidence, sample: pd.DataFrame) -> bool:
    if by.distinct < column.distinct or by.distinct < 3:
        return False
    both = sample[[by.name, column.name]].dropna().drop_duplicates()
    return len(both) > 0 and both[by.name].is_unique


def find_key(
    session: Session, evidence: TableEvidence, sample: pd.DataFrame
) -> tuple[str, ...] | None:
    """The key of fewest columns, two or three, where no column is one by itself.

    Columns whose names suggest a key come first.
    """
    named = set(filter(names_key, evidence.columns))
    usable = [
        c for c in evidence.columns.values()
        if c.nulls == 0 and c.type not in {"number", "boolean"} and c.distinct > 1
    ]  # fmt: skip
    usable.sort(key=lambda c: (c.name not in named, -c.distinct))
    names = [c.name for c in usable[:_MOST_KEYS]]
    sizes: Mapping[str, int] = {c.name: c.distinct for c in usable}
    for width in (2, 3):
        for key in combinations(names, width):
            if np.prod([float(sizes[n]) for n in key]) < evidence.rows:
                continue
            if not any(n in named or evidence.columns[n].type != "integer" for n in key):
                continue  # two measured numbers that happen to differ in all rows
            if not sample.duplicated(list(key)).any() and is_unique(session, evidence.table, key):
                return tuple(n for n in evidence.columns if n in key)
    return None
