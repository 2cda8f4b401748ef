"""Replay: the change log applied again, which proves that it holds every change."""

from __future__ import annotations

from dataclasses import replace

import ibis
from ibis import Table

from assay.cleaning._apply import apply_steps
from assay.cleaning._clean import check_state
from assay.cleaning._fitted_state import FittedState
from assay.cleaning._marked_table import LOGGED, MarkedTable
from assay.engine import ROW, Session
from assay.policy.cleaning import CleaningPolicy


def replay(
    session: Session, before: Table, policy: CleaningPolicy, state: FittedState, log: Table
) -> Table:
    """Apply a change log to the rows before cleaning, which gives the cleaned table.

    No step decides anything here. A cell gets the new value of a rule, and a row is dropped, where
    the log has it and nowhere else. A log that lacks a change therefore gives another table. Types
    (parse), derived columns and the flags of outliers aren't in the log: they are made as the
    policy says.

    Parameters
    ----------
    policy, state
        The policy that cleaned the rows, and what was fitted for it.
    log : ibis.Table
        ``__row``, ``step`` and ``column`` of each change, as ``Cleaned.change_log`` has them.

    Returns
    -------
    ibis.Table
        The same rows and columns as ``Cleaned.table``.
    """
    check_state(policy, state, before)
    names = ibis.literal("").join([log["step"].cast("string"), ":", log["column"].fill_null("")])
    logged = log.select(__of=log[ROW], name=names)
    by_row = logged.group_by("__of").aggregate(**{LOGGED: logged["name"].collect()})
    begun = MarkedTable.begin(before)
    joined = begun.table.left_join(by_row, begun.table[ROW] == by_row["__of"])
    nothing = ibis.literal([], type="array<string>")
    table = joined.mutate(**{LOGGED: joined[LOGGED].fill_null(nothing)}).drop("__of")
    done = apply_steps(session, replace(begun, table=table, from_log=True), state)
    return done.kept.select(ROW, *done.columns)
