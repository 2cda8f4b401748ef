"""Keys that rise from row to row as they are read, so that none can occur twice.

Whatever the order of reading is, a chain through all rows that rises at each step holds no value
twice. It needs one pass for all keys and no memory, where grouping needs a pass and memory for
each. It is enough for files that are sorted by their key, as sources often are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import Table

from assay.engine import EngineError, Session, functions

Key = tuple[str, ...]
_BEGINNING: Final = 10_000
"""Rows at the beginning, in which most keys that don't rise are found out."""


def rising_keys(session: Session, table: Table, keys: Collection[Key]) -> frozenset[Key]:
    """The keys, of one column or several, whose values rise in all rows of a table.

    A key that contains one that rises holds no value twice either, so it is among them unread.
    Other keys with a missing value, or of a type without an order, aren't.
    """
    left = {key for key in keys if set(key) <= set(table.columns)}
    known, rising = set(left), set[Key]()
    while left:
        shortest = {key for key in left if not any(set(other) < set(key) for other in left)}
        rising |= _rising_everywhere(session, table, sorted(shortest))
        left = {key for key in left - shortest if not _contains_any(key, rising)}
    return frozenset(key for key in known if _contains_any(key, rising))


def _contains_any(key: Key, others: Collection[Key]) -> bool:
    """Whether a key has all columns of one of the others."""
    return any(set(other) <= set(key) for other in others)


def _rising_everywhere(session: Session, table: Table, keys: list[Key]) -> set[Key]:
    """Those of some keys that rise in all rows; none where the engine can't compare."""
    for rows in (table.limit(_BEGINNING), table):
        try:
            keys = _rising(session, rows, keys)
        except EngineError:
            return set()
    return set(keys)


def _rising(session: Session, table: Table, keys: list[Key]) -> list[Key]:
    if not keys:
        return []
    names = sorted({name for key in keys for name in key})
    before = {f"before_{n}": table[n].lag().over(ibis.window()) for n in names}
    pairs = table.select(*names, **before)
    steps = {f"k{i}": functions.count_if(_step(pairs, key)) for i, key in enumerate(keys)}
    got = session.one(pairs.aggregate(rows=pairs.count(), **steps))
    return [key for i, key in enumerate(keys) if (got[f"k{i}"] or 0) >= got["rows"] - 1]


def _step(pairs: Table, key: Key) -> ir.BooleanValue:
    """Whether a row's key is above that of the row before."""
    step: ir.BooleanValue = ibis.literal(False)
    for name in reversed(key):
        now, last = pairs[name], pairs[f"before_{name}"]
        step = (now > last) | ((now == last) & step)
    return step
