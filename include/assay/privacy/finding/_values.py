"""The distinct values of a table's columns, of all columns in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import ibis
from ibis import Table

from assay.engine import Session, data_columns
from assay.engine.groups import groups

MOST: Final = 20_000
"""Distinct values that are read of a column, about; a share of one half is then known to 0.4 %."""
_TOGETHER: Final = 20
"""Columns that one query reads."""
_LONGEST: Final = 4_000
"""Characters of a value that are read: patterns look at words, and a document has many."""
_NOTHING: Final = (
    "",
    "-",
    "--",
    ".",
    "?",
    "n/a",
    "na",
    "none",
    "null",
    "nan",
    "empty",
    "unknown",
    "x",
)


def read_values(session: Session, table: Table, skip: Sequence[str] = ()) -> tuple[int, Table]:
    """Number of rows, and the distinct values of each column that can hold personal data.

    Parameters
    ----------
    skip : sequence of str
        Columns that aren't read.

    Returns
    -------
    int and ibis.Table
        ``column`` (its place in the table), ``whole``, ``value`` (trimmed, in lower case),
        ``digits`` (how many are in it), one row a distinct value; kept by the session. Of a column
        with many more than :data:`MOST`, those whose hash falls into a part of all hashes, the same
        each time.
    """
    names = [n for n in data_columns(table) if n not in skip and _can_hold(table[n].type())]
    rows, values = int(session.value(table.count())), session.set_aside(schema=_SCHEMA)
    places = {n: i for i, n in enumerate(table.columns)}
    for some in groups(names, _TOGETHER):
        many = {}
        if rows > MOST:
            counts = {str(places[n]): _text(table[n]).approx_nunique() for n in some}
            many = session.one(table.aggregate(**counts))
        parts = [_distinct(table, n, places[n], _parts_of(many.get(str(places[n])))) for n in some]
        session.append(values, ibis.union(*parts) if len(parts) > 1 else parts[0])
    return rows, values


_SCHEMA: Final = ibis.schema(
    {"column": "int64", "whole": "boolean", "value": "string", "digits": "int64"}
)


def _can_hold(kind: Any) -> bool:
    return bool(kind.is_string() or kind.is_numeric() or kind.is_date() or kind.is_timestamp())


def _text(column: Any) -> Any:
    """A column's values as text; a number without a needless point, as it was typed."""
    kind = column.type()
    if kind.is_floating():
        return column.isnan().ifelse(ibis.null(), column.try_cast("int64")).cast("string")
    return column.cast("string")


def _parts_of(distinct: int | None) -> int:
    """Of how many parts of the hashes one is read: a power of 2, 1 where there are few values."""
    return 1 << ((distinct or 0) // MOST).bit_length()


def _distinct(table: Table, name: str, place: int, parts: int) -> Table:
    rows = table.select(value=_text(table[name]))
    rows = rows.filter(rows.value.notnull())
    if parts > 1:
        rows = rows.filter((rows.value.hash() & (parts - 1)) == 0)
    rows = rows.select(value=rows.value.substr(0, _LONGEST).strip().lower()).distinct()
    rows = rows.filter(rows.value.notin(_NOTHING))
    digits = rows.value.re_replace("[^0-9]", "").length()
    return rows.select(
        column=ibis.literal(place, "int64"), whole=ibis.literal(parts == 1), value=rows.value,
        digits=digits,
    )  # fmt: skip
