"""What a query counts of each of many columns: their values as rows of a number and a value.

A query a column costs thousands of queries for a table of thousands of columns. So columns are
counted together, as many as make a bounded number of cells. To count a column of a long table alone
takes less time than to write its values as such rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis import Table

from assay.engine import BATCH, Session
from assay.engine.groups import groups

_CELLS: Final = 5_000_000
_MOST_COLUMNS: Final = 100
LONG: Final = 200_000
"""Rows of a table of which each column is counted alone."""
MOST_AGGREGATES: Final = 300
"""Aggregates of one query."""
Level = str | int


def measure_aggregates(
    session: Session, table: Table, wanted: Mapping[str, Mapping[str, ir.Scalar]]
) -> tuple[int, dict[str, dict[str, Any]]]:
    """The rows of a table, and some aggregates of each column by their names.

    They are measured in one scan, of a table of very many columns in several.
    """
    each = max((len(aggregates) for aggregates in wanted.values()), default=1)
    rows = 0
    found: dict[str, dict[str, Any]] = {}
    for names in groups(wanted, max(1, MOST_AGGREGATES // max(each, 1))) if wanted else [[]]:
        parts = {
            f"{key}{i}": value for i, n in enumerate(names) for key, value in wanted[n].items()
        }
        counts = session.one(table.aggregate(rows=table.count(), **parts))
        rows = int(counts["rows"])
        found |= {n: {k: counts[f"{k}{i}"] for k in wanted[n]} for i, n in enumerate(names)}
    return rows, found


def unique_columns(session: Session, table: Table, names: Sequence[str], rows: int) -> set[str]:
    """Columns of which no value occurs twice; where rows have batches, within one batch."""
    found = set(names)
    # Columns of several types are counted together as texts.
    values = {n: table[n] if rows > LONG else table[n].cast("string") for n in names}
    for some, long in _long(table, values, rows):
        keys = ["at", "value", *([BATCH] if BATCH in long.columns else [])]
        counts = long.group_by(keys).aggregate(n=long.count())
        twice = session.rows(counts.filter(counts["n"] > 1).select("at").distinct())
        found -= {some[row["at"]] for row in twice}
    return found


def measure_values(
    session: Session, values: Mapping[str, ir.Value], table: Table, rows: int, most: int
) -> dict[str, dict[Any, int]]:
    """The rows of each value of some columns of one type, the most frequent first.

    Of a column of more than ``most`` values only that many are there.
    """
    found: dict[str, dict[Any, int]] = {name: {} for name in values}
    for some, long in _long(table, values, rows):
        counts = long.group_by("at", "value").aggregate(n=long.count())
        order = [counts["n"].desc(), counts["value"]]
        ranked = counts.mutate(place=ibis.row_number().over(group_by=counts["at"], order_by=order))
        kept = ranked.filter(ranked["place"] < most).order_by("at", "place")
        for row in session.rows(kept.select("at", "value", "n")):
            found[some[row["at"]]][row["value"]] = int(row["n"])
    return found


def measure_levels(
    session: Session, table: Table, trimmed: Mapping[str, bool], rows: int, most: int
) -> dict[str, dict[Level, int]]:
    """The rows of each level of columns of text or whole numbers, texts ``trimmed`` where so."""
    by_type: dict[str, dict[str, ir.Value]] = {}
    for name, trim in trimmed.items():
        value = table[name].strip() if trim else table[name]
        by_type.setdefault(str(value.type().copy(nullable=True)), {})[name] = value
    found: dict[str, dict[Level, int]] = {}
    for values in by_type.values():
        found |= measure_values(session, values, table, rows, most)
    return {name: found[name] for name in trimmed}


def _long(
    table: Table, values: Mapping[str, ir.Value], rows: int
) -> Iterator[tuple[list[str], Table]]:
    """Groups of columns, and for each a table of the column's place in it, and its values."""
    batch = [BATCH] if BATCH in table.columns else []
    most = 1 if rows > LONG else min(_MOST_COLUMNS, _CELLS // max(rows, 1))
    for some in groups(values, most):
        if most == 1:
            long = table.select(*batch, at=ibis.literal(0), value=values[some[0]])
        else:
            cells = [ibis.struct({"at": i, "value": values[name]}) for i, name in enumerate(some)]
            long = table.select(*batch, cell=ibis.array(cells).unnest())
            long = long.select(*batch, at=long["cell"]["at"], value=long["cell"]["value"])
        yield some, long.filter(long["value"].notnull())
