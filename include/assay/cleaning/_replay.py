"""The change log applied again: proof that it holds everything that cleaning did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis

from assay.cleaning._flow import TOLD, begin
from assay.cleaning._run import apply_steps, checked
from assay.cleaning._state import FittedState
from assay.engine import ROW, Session
from assay.policy.cleaning import CleaningPolicy


def replay(
    session: Session, before: Any, policy: CleaningPolicy, state: FittedState, log: Any
) -> Any:
    """Apply a change log to the table that was cleaned: what comes out is the cleaned table.

    No step looks for anything here. A cell is given the new value of a rule, and a row is dropped,
    where the log says so and nowhere else, so that a log that lacks a change gives another table.
    Types (parse), derived columns and the flags of outliers are no changes: they are made as the
    policy says.

    Parameters
    ----------
    session : Session
        The session that the tables belong to.
    before : ibis.Table
        The rows before cleaning.
    policy, state
        The policy that cleaned them, and what was fitted for it.
    log : ibis.Table
        ``__row``, ``step`` and ``column`` of each change, as ``Cleaned.change_log`` has them.

    Returns
    -------
    ibis.Table
        The same rows and columns as ``Cleaned.table``.
    """
    checked(policy, state, before)
    told = ibis.literal("").join([log["step"].cast("string"), ":", log["column"].fill_null("")])
    rows = log.select("__of", told=told) if "__of" in log.columns else log.mutate(told=told)
    changes = rows.group_by(__of=rows[ROW]).aggregate(**{TOLD: rows["told"].collect()})
    flow = begin(before, values=False)
    joined = flow.table.left_join(changes, flow.table[ROW] == changes["__of"])
    nothing = ibis.literal([], type="array<string>")
    table = joined.mutate(**{TOLD: joined[TOLD].fill_null(nothing)}).drop("__of")
    flow = apply_steps(session, replace(flow, table=table, told=True), policy, state)
    return flow.table.filter(flow.alive).select(ROW, *flow.columns)
