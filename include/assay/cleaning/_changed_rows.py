"""The rows that cleaning changes: found before the steps where possible, else after them."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import Any

import ibis
from ibis import Table

from assay.cleaning._fitted_state import FittedState
from assay.cleaning._marked_table import DROPPED, DROPPED_AT, MarkedTable
from assay.cleaning._report import GROUP
from assay.cleaning.steps import steps_of
from assay.cleaning.steps._step import UnchangedCells
from assay.engine import ROW


def rows_to_change(rows: MarkedTable, state: FittedState) -> MarkedTable | None:
    """Select the rows that some step will change, from the rows before cleaning.

    None where these don't show it. A row that no step has changed yet still has its own values, so
    the condition of the next step can be checked on them. All conditions together cost much less
    than the steps.
    """
    steps = [*zip(steps_of(state.policy), state.steps, strict=True)]
    filled = frozenset(name for step, fit in steps for name in step.filled_columns(fit))
    cells = UnchangedCells(rows.table, filled)
    for step, fit in steps:
        found = step.unchanged(cells, fit)
        if found is None:
            return None
        cells = found
    # Null where a cell to be filled is, and so is the sum.
    conditions = (condition.cast("int16") for condition in cells.conditions)
    held: Any = functools.reduce(operator.add, conditions, ibis.literal(0))
    some = cells.table.filter(ibis.coalesce(held, -1) != len(cells.conditions))
    return replace(rows, table=some.select(*rows.table.columns))


def marks_of(rows: MarkedTable, *, all_changed: bool) -> Table:
    """Select number, marks and groups of the rows that a step changed, flagged or dropped.

    ``all_changed`` says that the table has no other rows.
    """
    table = rows.table
    if not all_changed:
        marked = [table[DROPPED_AT].notnull(), *(table[m.hidden] for m in rows.marks)]
        # A sum is several times cheaper than a disjunction of as many terms.
        count = functools.reduce(operator.add, (m.cast("int16") for m in marked))
        table = table.filter(count > 0)
    ours = ("__m", GROUP, DROPPED)
    return table.select(ROW, *(name for name in table.columns if name.startswith(ours)))
