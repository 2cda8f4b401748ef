"""Classes of rows that look alike, and the people in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
from ibis import Table

PEOPLE = "__people"
"""Column of the number of people."""


def count_people(rows: Table, by: Sequence[str], subject: Sequence[str]) -> Table:
    """Count the people of each combination of some columns; a missing value is a level.

    Parameters
    ----------
    subject : sequence of str
        Columns that say who it is; empty where each row is a person. Rows that don't say it may
        all be of one person, who may be counted already: they count as one where nobody else is.

    Notes
    -----
    Distinct rows are counted, not distinct values of each group: the engine spills the former.
    """
    if not subject:
        return rows.group_by(list(by)).aggregate(**{PEOPLE: rows.count()})
    once = rows.select(*dict.fromkeys([*by, *subject])).distinct()
    known = ibis.and_(*(once[name].notnull() for name in subject))
    number: Any = ibis.greatest(known.cast("int64").sum(), 1)
    return once.group_by(list(by)).aggregate(**{PEOPLE: number.cast("int64")})


def same_class(left: Table, right: Table, by: Sequence[str]) -> list[Any]:
    """The predicates by which two tables' classes are joined: missing equals missing."""
    return [left[name].identical_to(right[name]) for name in by]
