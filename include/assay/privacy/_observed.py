"""From landed rows to the observed table, which more people may read."""

from __future__ import annotations

import ibis
from ibis import Table

from assay.contract import Contract
from assay.engine import ROW, Session
from assay.errors import InputError, PolicyError, problems_error
from assay.keys import PseudonymKey
from assay.policy.privacy import PrivacyPolicy
from assay.privacy._policy import problems
from assay.privacy._treatments import Landed, treatment_of


def protect(
    session: Session,
    landed: Table,
    marks: Table | None,
    contract: Contract,
    policy: PrivacyPolicy,
    key: PseudonymKey,
) -> Table:
    """Protect every row that parsed: the observed table.

    Quarantined rows are in it and marked, because drift is judged on what was observed. Rows with
    text that didn't parse have no value to observe and are left out, as are dropped duplicates.

    Parameters
    ----------
    landed : ibis.Table
        Landed rows: the contract's columns, ``__row``, ``__unparsed``, ``__landed``.
    marks : ibis.Table, optional
        ``__row`` and ``disposition`` (``quarantined`` or ``dropped``) of the rows that validation
        sets aside; None for no row.

    Returns
    -------
    ibis.Table
        ``__row``, ``__quarantined``, then the contract's columns in order without the dropped
        ones. ``__landed`` and ``__unparsed`` aren't in it.

    Raises
    ------
    PolicyError
        If the policy leaves a classified column untreated, keeps an identifier, or names a
        treatment that doesn't fit the column's type.
    InputError
        If a row that didn't parse isn't marked: it would be lost without a reason.

    Notes
    -----
    The HMACs are computed when this is called; all else when the table is read.
    """
    if faults := problems(policy, contract):
        raise problems_error(PolicyError, faults)
    rows = _observed(session, landed, marks)
    source, columns = Landed(session, landed, key), []
    for column in contract.columns:
        treatment = treatment_of(policy.columns.get(column.name))
        rows = treatment.apply(rows, column, source)
        columns += [column.name] if treatment.has_column else []
    return rows.select(ROW, "__quarantined", *columns)


def _observed(session: Session, landed: Table, marks: Table | None) -> Table:
    unparsed = landed["__unparsed"].notnull() & (landed["__unparsed"].length() > 0)
    if marks is None:
        marks = landed.select(ROW, disposition=ibis.literal("dropped")).limit(0)
    unmarked = session.value(landed.filter(unparsed).anti_join(marks, ROW).count())
    if unmarked:
        raise InputError(
            "rows with text that didn't parse are not marked as quarantined",
            got=f"{unmarked} rows",
            expected="each of them in the marks of raw validation",
        )
    marked = marks.filter(marks["disposition"] == "quarantined")
    quarantined = marked.select(__marked=marked[ROW]).distinct()
    dropped = marks.filter(marks["disposition"] == "dropped").select(ROW)
    rows = landed.filter(~unparsed).drop("__unparsed", "__landed").anti_join(dropped, ROW)
    rows = rows.left_join(quarantined, rows[ROW] == quarantined["__marked"])
    return rows.mutate(__quarantined=rows["__marked"].notnull()).drop("__marked")
