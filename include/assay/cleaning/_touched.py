"""The rows that cleaning touches, told before they go through the steps where that can be."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import Any

import ibis

from assay.cleaning._derive import apply_derive
from assay.cleaning._flow import DROPPED, DROPPED_AT, Flow
from assay.cleaning._outliers import inliers
from assay.cleaning._report import GROUP
from assay.cleaning._state import FittedState
from assay.engine import ROW
from assay.policy.cleaning import (
    CleaningPolicy,
    DeriveStep,
    Forest,
    ImputeStep,
    OutliersStep,
    ScaleStep,
)
from assay.statistics.values import is_present


def disturbed(flow: Flow, policy: CleaningPolicy, state: FittedState) -> Flow | None:
    """The rows that some step touches, told from the rows as they came; None where it can't be.

    A row that no step has touched yet has its own values still, so that the next one's condition
    may be asked of them. All conditions together cost much less than the steps.
    """
    table, conditions, bounded = flow.table, [], set()
    filled = {n for i, s in enumerate(policy.steps) if isinstance(s, ImputeStep)
              for n in s.columns if state.steps[i].columns[n].fault is None}  # fmt: skip
    for step, fitted in zip(policy.steps, state.steps, strict=True):
        if isinstance(step, DeriveStep):
            table = apply_derive(replace(flow, table=table), step).table
        elif isinstance(step, OutliersStep) and not isinstance(step.by, Forest):
            within = inliers(table, fitted.columns, filled)
            conditions += list(within.values())
            bounded |= set(within)
        elif isinstance(step, ImputeStep):
            names = [n for n in step.columns if n in filled and n not in bounded]
            conditions += [is_present(table[n]) for n in names]
        elif not isinstance(step, ScaleStep):
            return None
    # Null where a cell to be filled is, and so is the sum.
    held = functools.reduce(operator.add, (c.cast("int16") for c in conditions), ibis.literal(0))
    some = table.filter(ibis.coalesce(held, -1) != len(conditions))
    return replace(flow, table=some.select(*flow.table.columns))


def marks(flow: Flow, whole: bool) -> Any:
    """Numbers, marks and groups of the rows that a step changed, flagged or dropped.

    ``whole`` says that the flow has no others.
    """
    table = flow.table
    if not whole:
        touched = [table[DROPPED_AT].notnull(), *(table[m.hidden] for m in flow.marks)]
        # A sum is several times cheaper than a disjunction of as many terms.
        count = functools.reduce(operator.add, (t.cast("int16") for t in touched))
        table = table.filter(count > 0)
    hidden = [
        n for n in table.columns if n.startswith(("__m", GROUP)) or n in {DROPPED, DROPPED_AT}
    ]
    return table.select(ROW, *hidden)
