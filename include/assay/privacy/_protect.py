"""From landed rows to the observed table, which more people may read."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import Table

from assay.contract import Contract
from assay.engine import ROW, Session
from assay.errors import InputError, PolicyError, problems_error
from assay.keys import PseudonymKey
from assay.policy.privacy import Drop, Generalise, Keep, Mask, PrivacyPolicy, Pseudonymise
from assay.privacy._bulk import pseudonym_table
from assay.privacy._check import problems
from assay.privacy._treat import generalised, masked


def protect(
    session: Session,
    landed: Any,
    marks: Any | None,
    contract: Contract,
    policy: PrivacyPolicy,
    key: PseudonymKey,
) -> Any:
    """The observed table: every row that parsed, protected.

    Quarantined rows are in it and marked, because what is judged for drift is what was observed;
    rows with text that didn't parse have no value to observe and are left out, as are dropped
    duplicates.

    Parameters
    ----------
    session : Session
        The session that the tables belong to.
    landed : ibis.Table
        Landing rows: the contract's columns, ``__row``, ``__unparsed``, ``__landed``.
    marks : ibis.Table, optional
        ``__row`` and ``disposition`` (``quarantined`` or ``dropped``) of the rows that validation
        set apart; None for none.
    contract : Contract
        Classification and identity domains.
    policy : PrivacyPolicy
        Treatment of each column.
    key : PseudonymKey
        The key in force.

    Returns
    -------
    ibis.Table
        ``__row``, ``__quarantined``, then the contract's columns in order without the dropped
        ones. ``__landed`` and ``__unparsed`` aren't in it.

    Raises
    ------
    PolicyError
        If the policy leaves a classified column untreated, keeps an identifier, or names a
        treatment that the column's type doesn't bear.
    InputError
        If a row that didn't parse was not marked: it would vanish without a reason.

    Notes
    -----
    The HMACs are computed when this is called; all else when the table is read.
    """
    faults = problems(policy, contract)
    if faults:
        raise problems_error(PolicyError, faults)
    rows = _observed(session, landed, marks)
    columns: dict[str, Any] = {}
    for column in contract.columns:
        treatment = policy.columns.get(column.name)
        if isinstance(treatment, Pseudonymise):
            domain = str(column.identity_domain)
            pairs = pseudonym_table(session, landed[column.name], domain, key)
            rows = _joined(rows, column.name, pairs)
        if not isinstance(treatment, Drop):
            columns[column.name] = _treated(rows[column.name], treatment)
    return rows.select(rows[ROW], rows["__quarantined"], **columns)


def _observed(session: Session, landed: Any, marks: Any | None) -> Any:
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
    quarantined = marks.filter(marks["disposition"] == "quarantined").select(ROW).distinct()
    dropped = marks.filter(marks["disposition"] == "dropped").select(ROW)
    rows = landed.filter(~unparsed).drop("__unparsed", "__landed").anti_join(dropped, ROW)
    quarantined = quarantined.select(__marked=quarantined[ROW])
    rows = rows.left_join(quarantined, rows[ROW] == quarantined["__marked"])
    return rows.mutate(__quarantined=rows["__marked"].notnull()).drop("__marked")


def _joined(rows: Table, name: str, pairs: Any) -> Any:
    pairs = pairs.rename(__value="value", __pseudonym="pseudonym")
    joined = rows.left_join(pairs, rows[name].cast("string") == pairs["__value"])
    return joined.mutate(**{name: joined["__pseudonym"]}).drop("__value", "__pseudonym")


def _treated(column: Any, treatment: Any) -> Any:
    if isinstance(treatment, Mask):
        return masked(column, treatment)
    if isinstance(treatment, Generalise):
        return generalised(treatment.to, column)
    if treatment is None or isinstance(treatment, Keep | Pseudonymise):
        return column
    raise TypeError(f"no such treatment: {type(treatment).__name__}")
