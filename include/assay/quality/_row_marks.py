"""Which rows were found beforehand by which check: one bit of a column each.

A check such as uniqueness finds its rows in scans of its own. As a condition of the one scan, "the
row is among them" would be a join for each such check, and some hundred joins of one query need
more memory than a session has. So all that were found are joined at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import ibis
from ibis import Table

from assay.engine import Session

_BITS: Final = 63
_PREFIX: Final = "__found_"


@dataclass(frozen=True)
class Marks:
    """The rows of a table that checks have found.

    Parameters
    ----------
    base : ibis.Table
        The rows that are judged.
    view : ibis.Table
        The same rows with a column for every 63 checks; what is built on it reads the marks that
        are settled when it is computed.
    found : ibis.Table
        A row number and the place of a check, for each row that a check has found.
    """

    base: Table
    view: Table
    found: Table
    places: Iterator[int] = field(default_factory=count)

    @classmethod
    def of(cls, session: Session, table: Table, row: str, checks: int) -> Marks:
        """Room for the marks of so many checks."""
        names = [f"{_PREFIX}{i}" for i in range(-(-checks // _BITS))]
        view = session.view(table.mutate(**dict.fromkeys(names, ibis.null("int64"))))
        found = session.set_aside(schema=ibis.schema({row: "int64", "place": "int64"}))
        return cls(table, view, found)

    def add(self, session: Session, rows: Table) -> Any:
        """Mark the rows whose numbers are given; an expression of the view, true for them."""
        (row,), place = rows.columns, next(self.places)
        if not session.append(self.found, rows.select(rows[row].cast("int64"), place=place)):
            return ibis.literal(False)
        bits = self.view[f"{_PREFIX}{place // _BITS}"]
        return (bits.fill_null(0) & (1 << place % _BITS)) != 0

    def settle(self, session: Session, row: str) -> Table | None:
        """Join the marks to the rows, all at once; what was computed for it, if anything."""
        names = [name for name in self.view.columns if name.startswith(_PREFIX)]
        if not session.rows(self.found.limit(1)):
            return None
        bit = ibis.literal(1, "int64") << (self.found.place % _BITS)
        marks = {
            name: bit.bit_or(where=self.found.place // _BITS == i) for i, name in enumerate(names)
        }
        kept = session.set_aside(self.found.group_by(__marked=self.found[row]).aggregate(**marks))
        joined = self.base.left_join(kept, self.base[row] == kept["__marked"])
        own = [self.base[c] for c in self.base.columns]
        session.redefine(self.view, joined.select(*own, *[kept[name] for name in names]))
        return kept
