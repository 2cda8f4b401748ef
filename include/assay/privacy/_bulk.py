"""Pseudonyms of a whole column, one HMAC a distinct value."""

from __future__ import annotations

import secrets
from typing import Any

import pyarrow as pa

from assay.engine import Session
from assay.keys import PseudonymKey
from assay.privacy._pseudonym import pseudonymiser


def pseudonym_table(session: Session, values: Any, domain: str, key: PseudonymKey) -> Any:
    """Each distinct value of a column with its pseudonym.

    Parameters
    ----------
    session : Session
        The session that the column belongs to.
    values : ibis.expr.types.Column
        Canonical values of one identity domain.
    domain : str
        The identity domain.
    key : PseudonymKey
        The key in force.

    Returns
    -------
    ibis.Table
        ``value`` (string), ``pseudonym`` (string); nulls aren't in it. It is temporary: it lives
        in the session's memory and spill folder, which is restricted, and goes with the session.

    Notes
    -----
    DuckDB hands the distinct values to Python in Arrow blocks, so that memory stays bounded
    whatever their number.
    """
    function = f"pseudonym_{secrets.token_hex(8)}"
    table = f"pseudonyms_{secrets.token_hex(8)}"
    of = pseudonymiser(domain, key)

    def of_block(block: Any) -> Any:
        return pa.array([of(value) for value in block.to_pylist()], pa.string())

    distinct = values.cast("string").name("value").as_table().distinct()
    session.backend.create_table(
        f"{table}_clear", distinct.filter(distinct.value.notnull()), temp=True
    )
    session.backend.con.create_function(function, of_block, ["VARCHAR"], "VARCHAR", type="arrow")
    try:
        session.backend.raw_sql(
            f"CREATE TEMP TABLE {table} AS SELECT value, {function}(value) AS pseudonym "  # noqa: S608
            f"FROM {table}_clear"
        )
    finally:
        session.backend.con.remove_function(function)
        session.backend.raw_sql(f"DROP TABLE {table}_clear")
    return session.backend.table(table)
