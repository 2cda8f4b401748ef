"""Pseudonyms of a whole column, one HMAC a distinct value."""

from __future__ import annotations

import ibis.expr.types as ir
from ibis import Table

from assay.engine import Session
from assay.keys import PseudonymKey
from assay.privacy._pseudonym import pseudonymiser


def pseudonym_table(session: Session, values: ir.Column, domain: str, key: PseudonymKey) -> Table:
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
        ``value`` (string), ``pseudonym`` (string); null isn't in it. It is kept in the session's
        memory and its private folder, and is removed with the session.

    Notes
    -----
    The values go through Python in Arrow blocks, so that memory stays bounded.
    """
    return session.mapped(values, pseudonymiser(domain, key)).rename(pseudonym="result")
