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

    Keys with a missing value, or of a type without an order, aren't among them.
    """
    known = sorted(key for key in set(keys) if set(key) <= set(table.columns))
    for rows in (table.limit(_BEGINNING), table):
        try:
            known = _rising(session, rows, known)
        except EngineError:
            return frozenset()
    return frozenset(known)


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
