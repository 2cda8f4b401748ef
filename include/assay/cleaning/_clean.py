"""Cleaning a batch with what was fitted, and counting what that changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import ibis
from ibis import Table

from assay.cleaning import _report as reports
from assay.cleaning._apply import apply_steps
from assay.cleaning._changed_rows import marks_of, rows_to_change
from assay.cleaning._fit import MANY
from assay.cleaning._fitted_state import FittedState
from assay.cleaning._marked_table import DROPPED, DROPPED_AT, MarkedTable
from assay.cleaning._problems import check_policy
from assay.cleaning._report import CleaningReport
from assay.cleaning._scaler import render_scaler
from assay.engine import ROW, Session, data_columns
from assay.engine.functions import count_whole_numbers
from assay.errors import InputError
from assay.policy.cleaning import CleaningPolicy

_WIDEST: Final = 1 << 29
"""The widest range of row numbers that are counted with a bit each."""


@dataclass(frozen=True)
class Cleaned:
    """A cleaned batch; all tables belong to the session that cleaned it.

    ``table`` has ``__row`` and the data's columns, with those that the steps added; it is
    evaluated when it is read or written, and keeps the order of the rows. ``dropped`` has
    ``__row``, ``disposition`` (``dropped``) and ``reasons``. ``change_log`` has one row a changed
    cell or dropped row. ``scaler`` scales the table into a derived file, where a scale step has
    one; ``scaler_text`` is the whole scaler as JSON, for ``load_transformer``.
    """

    table: Table
    dropped: Table
    change_log: Table
    report: CleaningReport
    scaler: dict[str, Any] | None = None
    scaler_text: str | None = None


def clean(
    session: Session,
    table: Table,
    policy: CleaningPolicy,
    state: FittedState,
    roles: Mapping[str, str] | None = None,
) -> Cleaned:
    """Clean a batch with what was fitted.

    All steps are one expression. It is evaluated here for the rows that it changes, and once more
    where the table is written; no table is held whole. (A deduplication also sorts its keys, and an
    isolation forest also reads its columns.) Rows leave only as ``dropped``, each with its reasons,
    so that rows in are rows out plus rows dropped.

    Raises
    ------
    PolicyError
        As ``fit``.
    InputError
        If the state was fitted under another policy, or ``__row`` isn't unique.
    """
    check_state(policy, state, table, roles)
    count = _count_rows(session, table)
    begun = MarkedTable.begin(table, values=policy.change_log == "values")
    if groups := reports.group_columns(begun.table, policy.groups):
        begun = replace(begun, table=begun.table.mutate(**groups))
    levels = reports.measure_levels(session, begun.table, policy.groups)
    done = apply_steps(session, begun, state)
    out = done.kept.select(ROW, *done.columns)
    some = rows_to_change(begun, state) if count >= MANY else None
    rows = done if some is None else apply_steps(session, some, state)
    marks = session.set_aside(marks_of(rows, all_changed=some is not None))
    columns = data_columns(table)
    report = reports.measure_cleaning(session, marks, rows, state, columns, count, levels)
    gone = marks.filter(marks[DROPPED_AT].notnull())
    return Cleaned(
        table=out,
        dropped=gone.select(ROW, disposition=ibis.literal("dropped"), reasons=gone[DROPPED]),
        change_log=reports.change_log(marks, rows, policy),
        report=report,
        scaler=state.scaler("derived"),
        scaler_text=render_scaler(state),
    )


def check_state(
    policy: CleaningPolicy, state: FittedState, table: Table, roles: Mapping[str, str] | None = None
) -> None:
    """Check that a state was fitted under a policy, and that this can be applied to a table.

    Raises
    ------
    InputError
        If the state was fitted under another policy.
    PolicyError
        As ``check_policy``.
    """
    if state.policy_hash != policy.hash:
        raise InputError("the state was fitted under another policy", got=state.policy_hash[:12],
                         expected=policy.hash[:12], do="Fit again.")  # fmt: skip
    check_policy(policy, roles, table)


def _count_rows(session: Session, table: Table) -> int:
    """Count the rows.

    Raises
    ------
    InputError
        If two of them have the same number.
    """
    if ROW not in table.columns:
        raise InputError("the table has no row numbers", expected=f"a column {ROW}")
    number = table[ROW]
    edges = session.one(table.aggregate(n=table.count(), least=number.min(), most=number.max()))
    count, least, most = int(edges["n"]), edges["least"], edges["most"]
    narrow = count and most - least < _WIDEST
    distinct = count_whole_numbers(number, least, most) if narrow else number.nunique()
    found = session.value(distinct) if count else 0
    if found != count:
        raise InputError("landing row numbers aren't unique", where=ROW, got=count,
                         expected=f"{found} rows")  # fmt: skip
    return count
