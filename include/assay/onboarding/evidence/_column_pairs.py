"""How columns depend on each other: order, determination, and keys of several columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any, Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import Table

from assay.engine import ROW, Session
from assay.engine.functions import count_if, row_hash, seeded_hash
from assay.engine.groups import groups
from assay.onboarding.evidence._column_names import names_key
from assay.onboarding.evidence._columns import TableEvidence
from assay.onboarding.evidence._data_view import Level, is_unique
from assay.onboarding.evidence._many_columns import MOST_AGGREGATES

Array = np.ndarray[Any, Any]
SAMPLE: Final = 20_000
"""Most rows that columns are compared by, about."""
_MOST_KEYS: Final = 8
_LEAST_CHANCE: Final = 0.05
_LEAST_ROWS: Final = 20
_MOST_ORDERS: Final = 2000
_MOST_LISTED: Final = 150
_ROWS_A_LEVEL: Final = 3
_MOST_UNUSUAL: Final = 0.05
_LEAST_OTHERS: Final = 0.1
_FEW_ROWS: Final = 200
_COMPARISONS: Final = 1_000_000_000
"""Comparisons of two values by which pairs of columns are ruled out."""


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
    """Each level of ``by`` has one usual level of ``column``; ``pairs`` has each with its rows.

    ``n`` rows have a level of both; ``unusual`` of them have another pair.
    """

    by: str
    column: str
    pairs: Mapping[tuple[Level, Level], int]
    n: int

    @property
    def unusual(self) -> int:
        """Rows of another pair."""
        return self.n - sum(self.pairs.values())


def sample_rows(session: Session, evidence: TableEvidence) -> pd.DataFrame:
    """Some rows of the columns that are compared, to rule out what isn't worth a scan.

    They are chosen by a hash of their number, so from all parts of a file, and on any number of
    threads the same; rows without a number by a hash of their values.
    """
    names = [c.name for c in evidence.columns.values() if not c.hidden or c.nulls == 0]
    if not names:
        return pd.DataFrame()
    table, rows = evidence.table, evidence.table.select(*names)
    step = -(-evidence.rows // SAMPLE)
    if step > 1:
        numbered = ROW in table.columns
        chosen = seeded_hash(table[ROW], "sample") if numbered else row_hash(rows)
        rows = table.filter(chosen % step == 0).select(*names)
    return session.arrow(rows.limit(2 * SAMPLE)).to_pandas()


def sample_quantiles(sample: pd.DataFrame, name: str, quantiles: Sequence[float]) -> list[float]:
    """Values of a sample at some quantiles, by rank; empty where it has no value.

    Examples
    --------
    >>> sample_quantiles(pd.DataFrame({"x": [3.0, None, 1.0, 2.0]}), "x", [0.05, 0.5, 0.95])
    [1.0, 2.0, 3.0]
    """
    values = sample[name].to_numpy(dtype=float, na_value=np.nan)
    there = values[~np.isnan(values)]
    return np.quantile(there, quantiles, method="inverted_cdf").tolist() if len(there) else []


def find_orders(
    session: Session, evidence: TableEvidence, sample: pd.DataFrame
) -> tuple[list[Order], int]:
    """Pairs of columns of one kind of which one is never above the other; how many were left out.

    The order of two columns whose ranges lie apart follows from the ranges. So only pairs count
    that would be out of order in some rows if the columns were unrelated. What follows from two
    others (a ≤ b ≤ c) is left out. Of very many pairs that may be in order, those are compared that
    chance would break most often.
    """
    kinds: dict[str, list[str]] = {}
    for c in evidence.columns.values():
        if not c.hidden and (c.numeric or c.type in {"date", "timestamp"}) and c.distinct > 2:
            kinds.setdefault("number" if c.numeric else c.type, []).append(c.name)
    likely: dict[tuple[str, str], float] = {}
    for names in kinds.values():
        likely |= _likely_orders(sample[names])
    ranked = sorted(likely, key=lambda pair: -likely[pair])
    pairs = {pair: likely[pair] for pair in likely if pair in {*ranked[:_MOST_ORDERS]}}
    orders = _in_order(session, evidence.table, pairs)
    above: dict[str, set[str]] = {}
    for o in orders:
        above.setdefault(o.low, set()).add(o.high)
    kept = [o for o in orders if not any(o.high in above.get(m, ()) for m in above[o.low])]
    return kept, len(likely) - len(pairs)


def _likely_orders(sample: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Pairs that are in order in a sample, with the share that would be out of order by chance."""
    names = list(sample.columns)
    values = np.column_stack([_numbers(sample[n]) for n in names]) if names else np.empty((0, 0))
    low, high = (f(values, axis=0) if len(values) else values for f in (_least, _greatest))
    found = {}
    rows = max(1, _COMPARISONS // max(len(names), 1) ** 2)
    for i, a in enumerate(names):
        # Where the ranges lie apart, no row is out of order by chance either.
        overlap = (low < high[i]) & (np.arange(len(names)) != i)
        few = values[:rows]
        with np.errstate(invalid="ignore"):
            overlap[overlap] = ~(few[:, [i]] > few[:, overlap]).any(axis=0)
        for j in np.flatnonzero(overlap):
            if (chance := _chance(values[:, i], values[:, j])) >= _LEAST_CHANCE:
                found[a, names[j]] = chance
    return found


def _numbers(column: pd.Series) -> Array:
    """A column's values as floating-point numbers, decimals and moments as well; missing is NaN."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "decimal" or pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    moments = pd.to_datetime(column)
    return np.where(moments.isna(), np.nan, moments.to_numpy().astype("int64"))


def _least(values: Array, axis: int) -> Array:
    return np.asarray(np.where(np.isnan(values), np.inf, values).min(axis=axis))


def _greatest(values: Array, axis: int) -> Array:
    return np.asarray(np.where(np.isnan(values), -np.inf, values).max(axis=axis))


def _chance(x: Array, y: Array) -> float:
    """Share of rows out of order were the columns unrelated; 0 where the sample has such a row."""
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) < _LEAST_ROWS or (x > y).any():
        return 0.0
    below = np.searchsorted(np.sort(y), x, side="left")  # values of b under each of a
    return round(float(below.mean() / len(y)), 2)


def _in_order(
    session: Session, table: Table, likely: Mapping[tuple[str, str], float]
) -> list[Order]:
    """Those of the pairs that are in order in every row, and not equal in all."""
    orders = []
    for some in groups(likely, MOST_AGGREGATES // 3):
        parts: dict[str, ir.Scalar] = {}
        for i, (a, b) in enumerate(some):
            x, y = table[a], table[b]
            parts |= {f"greater{i}": count_if(x > y), f"equal{i}": count_if(x == y)}
            parts |= {f"both{i}": count_if(x.notnull() & y.notnull())}
        found = {key: int(n or 0) for key, n in session.one(table.aggregate(**parts)).items()}
        orders += [
            Order(*pair, found[f"both{i}"], found[f"equal{i}"], likely[pair])
            for i, pair in enumerate(some)
            if not found[f"greater{i}"] and found[f"equal{i}"] < found[f"both{i}"]
        ]
    return orders


def find_determined(
    session: Session, evidence: TableEvidence, sample: pd.DataFrame
) -> list[Determined]:
    """Columns whose level follows from another's, each with the one of fewest levels.

    A few rows may differ, as dirty data do; what most rows would keep by chance doesn't count.
    """
    listed = [
        c for c in evidence.columns.values()
        if c.type in {"string", "integer"} and c.name in sample and not c.padded and not c.unique
        and 1 < c.distinct <= evidence.present(c.name) / _ROWS_A_LEVEL
    ]  # fmt: skip
    listed = sorted(listed, key=lambda c: (c.distinct, c.name))[:_MOST_LISTED]
    codes = {c.name: pd.factorize(sample[c.name])[0] for c in listed}
    found: dict[str, Determined] = {}
    for by, column in permutations(listed, 2):
        if column.name in found or by.distinct < max(column.distinct, 3):
            continue
        if by.name in found and found[by.name].by == column.name:
            continue
        if not _may_determine(codes[by.name], codes[column.name]):
            continue
        determined = _determined(session, evidence.table, by.name, column.name)
        if determined is not None:
            found[column.name] = determined
    return list(found.values())


def _may_determine(by: Array, column: Array) -> bool:
    """Whether nearly all rows of a sample have the usual level of their level of ``by``."""
    few = slice(0, _FEW_ROWS)
    return _unusual(by[few], column[few]) <= 2 * _MOST_UNUSUAL and (
        _unusual(by, column) <= _MOST_UNUSUAL
    )


def _unusual(by: Array, column: Array) -> float:
    """Share of the rows that don't have the most frequent level of their level of ``by``."""
    both = (by >= 0) & (column >= 0)
    pairs, rows = np.unique(by[both] * (column.max() + 1) + column[both], return_counts=True)
    if not len(pairs):
        return 1.0
    groups_ = pairs // (column.max() + 1)
    starts = np.flatnonzero(np.diff(groups_, prepend=groups_[0] - 1))
    return 1.0 - float(np.maximum.reduceat(rows, starts).sum()) / float(rows.sum())


def _determined(session: Session, table: Table, by: str, column: str) -> Determined | None:
    """The usual level of a column for each of another; None where too many rows have another."""
    both = table.filter(table[by].notnull() & table[column].notnull())
    counted = both.group_by(a=both[by], b=both[column]).aggregate(n=both.count())
    pairs = session.rows(counted.order_by("a", counted["n"].desc(), "b"))
    usual: dict[Level, tuple[Level, int]] = {}
    levels: Counter[Level] = Counter()
    for row in pairs:
        usual.setdefault(row["a"], (row["b"], int(row["n"])))
        levels[row["b"]] += int(row["n"])
    n, kept = levels.total(), sum(rows for _, rows in usual.values())
    by_chance = max(levels.values(), default=0)
    if not n or n - kept > _MOST_UNUSUAL * n or n - by_chance < max(_LEAST_OTHERS * n, n - kept):
        return None
    if n < _ROWS_A_LEVEL * len(usual):
        return None
    return Determined(by, column, {(a, b): rows for a, (b, rows) in usual.items()}, n)


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
