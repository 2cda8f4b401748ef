"""PostgreSQL as a place to publish to: queries in its own SQL, and addresses that it takes."""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import ibis
import ibis.expr.types as ir

_TYPES: Final = {
    "bigint": "int64", "double precision": "float64", "text": "string", "boolean": "boolean",
    "date": "date", "timestamp with time zone": "timestamp('UTC')",
    "timestamp without time zone": "timestamp", "time without time zone": "time",
}  # fmt: skip


def table_of(schema: str, name: str, columns: dict[str, str]) -> ir.Table:
    """A table of a schema, as Ibis describes it.

    Parameters
    ----------
    columns : dict of str to str
        Column → its type in PostgreSQL.
    """
    types = {column: _TYPES.get(kind, "decimal") for column, kind in columns.items()}
    return ibis.table(types, name=name, database=schema)


def postgres_query(rows: ir.Table) -> str:
    """The query of an expression in PostgreSQL's SQL; a date is a date, whatever made it.

    Examples
    --------
    >>> visits = table_of("visits", "latest", {"n": "bigint", "site": "text"})
    >>> print(postgres_query(visits.select("n")))
    SELECT
      "t0"."n"
    FROM "visits"."latest" AS "t0"
    """
    dates = {n: rows[n].cast("timestamp").cast("date") for n, t in rows.schema().items()
             if t.is_date()}  # fmt: skip
    # A cast that can fail gives null in DuckDB; sqlglot warns that PostgreSQL has none.
    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return str(ibis.to_sql(rows.mutate(**dates), dialect="postgres"))
    finally:
        logger.setLevel(level)


def libpq_address(url: str) -> str:
    """An address without the options that PostgreSQL's client doesn't know.

    A connection of Airflow may carry more than it.

    Examples
    --------
    >>> libpq_address("postgres://reader@db/shop?sslmode=require&__extra__=x")
    'postgres://reader@db/shop?sslmode=require'
    """
    import psycopg

    options: Any = psycopg.pq.Conninfo.get_defaults()
    known = {option.keyword.decode() for option in options}
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name in known]
    return urlunsplit(parts._replace(query=urlencode(query)))
