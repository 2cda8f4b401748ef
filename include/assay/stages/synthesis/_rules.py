"""The rules that every synthetic row keeps: those of the contract, and those of the policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.contract import Contract
from assay.engine import ROW, Session
from assay.expression import columns_of, compile_expression
from assay.quality import Validation, contract_suite, validate

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis import Table

    from assay.quality._suite import Suite

_NOT_OF_ROWS = frozenset({"columns", "row_count", "sql", "stale", "unparsed"})
_TOLERANCE = ("mostly", "tolerated")


def row_rules(
    session: Session, contract: Contract, rules: Iterable[str] = (), *,
    columns: Collection[str], references: dict[str, Any] | None = None,
) -> Callable[[pa.Table], Any]:  # fmt: skip
    """Make the check of generated rows: which of them break a rule.

    Parameters
    ----------
    contract : Contract
        Each of its rules of rows counts in every row, whatever share of rows it tolerates.
    rules : iterable of str
        Expressions of the policy that are true of a good row.
    columns : collection of str
        Columns of the generated rows; rules of others don't count.
    references : dict, optional
        Released rows of other data sets, by name.

    Returns
    -------
    callable
        Takes rows and gives a mask (n,) of those that break a rule.
    """
    suite = _strict(contract_suite(contract, references), columns, row_level=True)
    wanted = [rule for rule in rules if set(columns_of(rule)) <= set(columns)]

    def refused(rows: pa.Table) -> Any:
        numbered = rows.append_column(ROW, [np.arange(len(rows))])
        table = session.set_aside(numbered)
        bad = np.zeros(len(rows), dtype=bool)
        for marked in _refused(session, table, suite, wanted):
            bad[session.arrow(marked).column(ROW).to_numpy()] = True
        session.forget(table)
        return bad

    return refused


def check_rows(
    session: Session, table: Table, contract: Contract, *, columns: Collection[str],
    references: dict[str, Any] | None = None,
) -> Validation:  # fmt: skip
    """Judge all rows by the contract's rules of columns that are there, none tolerated."""
    suite = _strict(contract_suite(contract, references), columns, row_level=False)
    return validate(session, table, suite)


def _refused(session: Session, table: Table, suite: Suite, rules: Sequence[str]) -> Iterable[Table]:
    yield validate(session, table, suite, details=False).marks.select(ROW)
    for rule in rules:
        good = compile_expression(rule, table).cast("boolean").fill_null(False)
        yield table.filter(~good).select(ROW)


def _strict(suite: Suite, columns: Collection[str], *, row_level: bool) -> Suite:
    """The suite of what must hold in every row of some columns, all of it critical."""
    kept = [
        replace(e, severity="critical", kwargs=_without(e.kwargs))
        for e in suite.expectations
        if set(e.columns_read) <= set(columns) and e.columns
        and str(e.meta.get("reason", "")).split(":")[0] not in _NOT_OF_ROWS
        and not (row_level and _is_unique(e.type))
        and not ("reference" in e.type and e.kwargs.get("released") is None)
    ]  # fmt: skip
    return replace(suite, expectations=tuple(kept), drop_exact_duplicates=False, not_judged=())


def _is_unique(kind: str) -> bool:
    return kind.endswith("_be_unique")


def _without(kwargs: Any) -> dict[str, Any]:
    return {k: v for k, v in kwargs.items() if k not in _TOLERANCE}
