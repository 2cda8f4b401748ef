"""One row per key, by a declared order."""

from __future__ import annotations

from typing import Any

import ibis

from assay.cleaning._flow import Flow, drop, match_rows
from assay.engine import ROW, Session
from assay.policy.cleaning import DeduplicateStep


def apply_deduplicate(session: Session, flow: Flow, index: int, step: DeduplicateStep) -> Flow:
    """Keep the first row of each key in the declared order, drop the others.

    Notes
    -----
    The landing row number breaks the ties that the declared order leaves, so that the choice never
    depends on how the rows arrived at this step. Rows with a null in the key are all kept, unless
    the policy lets nulls match. Doing it twice drops nothing more.
    """
    if flow.told:
        return drop(flow, index, [(ibis.literal(True), "clean.deduplicate")])
    hidden = f"__later{index}"
    flow = match_rows(session, flow, _later(flow, index, step), hidden)
    return drop(flow, index, [(flow.table[hidden].notnull(), "clean.deduplicate")])


def _later(flow: Flow, index: int, step: DeduplicateStep) -> Any:
    """Numbers of the rows whose key an earlier row has; nothing but keys and order is sorted."""
    names = [*step.keys, *(part.column for part in step.order_by)]
    for name in names:
        flow.column(name, index)
    rows = flow.table.filter(flow.alive).select(ROW, *dict.fromkeys(names))
    if step.null_keys == "keep":
        rows = rows.filter([rows[key].notnull() for key in step.keys])
    order = [
        (rows[o.column].asc if o.direction == "asc" else rows[o.column].desc)(
            nulls_first=o.nulls == "first"
        )
        for o in step.order_by
    ]
    window = ibis.window(group_by=[rows[key] for key in step.keys], order_by=[*order, rows[ROW]])
    ranked = rows.select(ROW, rank=ibis.row_number().over(window))
    return ranked.filter(ranked["rank"] > 0).select(ROW)
