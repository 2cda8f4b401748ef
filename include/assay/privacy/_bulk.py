"""Pseudonyms of a whole column, one HMAC a distinct value."""

from __future__ import annotations

from typing import Any

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
    return session.mapped(values, pseudonymiser(domain, key)).rename(pseudonym="result")
