"""One row per key, by a declared order."""

from __future__ import annotations

import functools
import operator
from typing import Any

import ibis

from assay.cleaning._flow import Flow, drop
from assay.engine import ROW
from assay.policy.cleaning import DeduplicateStep


def apply_deduplicate(flow: Flow, index: int, step: DeduplicateStep) -> Flow:
    """Keep the first row of each key in the declared order, drop the others.

    Notes
    -----
    The landing row number breaks the ties that the declared order leaves, so that the choice never
    depends on how the rows arrived at this step. Rows with a null in the key are all kept, unless
    the policy lets nulls match. Doing it twice drops nothing more.
    """
    keys = [flow.column(name, index) for name in step.keys]
    order: list[Any] = []
    for part in step.order_by:
        value = flow.column(part.column, index)
        first = part.nulls == "first"
        order.append(
            value.asc(nulls_first=first)
            if part.direction == "asc"
            else value.desc(nulls_first=first)
        )
    window = ibis.window(group_by=[*keys, flow.alive], order_by=[*order, flow.table[ROW]])
    later = ibis.row_number().over(window) > 0
    if step.null_keys == "keep":
        later &= functools.reduce(operator.and_, (key.notnull() for key in keys))
    return drop(flow, index, [(later, "clean.deduplicate")])
