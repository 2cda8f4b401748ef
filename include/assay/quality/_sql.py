"""Unexpected rows by a query: one parsed SELECT that can only read the batch."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from assay.quality._check import Check, Conclusion, compiles, scope, scoped
from assay.quality._frame import Frame, Unjudged
from assay.quality._suite import Expectation

_BATCH = "assay_batch"
_REFUSED_FUNCTIONS = (
    "read_",
    "glob",
    "sniff_",
    "query",
    "getenv",
    "parquet_",
    "sql_auto",
    "pragma",
)


def readable(query: str) -> exp.Expression:
    """The query as a tree, if it is one SELECT that reads the batch and nothing else.

    Raises
    ------
    Unjudged
        If it is no SELECT, more than one statement, or reads a file, another table or a setting.
    """
    try:
        statements = sqlglot.parse(query.replace("{batch}", _BATCH), read="duckdb")
    except SqlglotError as exc:
        raise Unjudged("unexpected_rows_query can't be parsed as SQL") from exc
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise Unjudged("unexpected_rows_query must be one SELECT")
    tree = statements[0]
    own = {_BATCH} | {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.args.get("db") or table.args.get("catalog") or table.name not in own:
            raise Unjudged("unexpected_rows_query may read {batch} only")
    for call in tree.find_all(exp.Func):
        name = (call.name if isinstance(call, exp.Anonymous) else call.key).lower()
        if name.startswith(_REFUSED_FUNCTIONS):
            raise Unjudged(f"unexpected_rows_query may not call {name}")
    writes = (exp.Into, exp.Command, exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop)
    if list(tree.find_all(*writes)):
        raise Unjudged("unexpected_rows_query must only read")
    return tree


@compiles(
    "unexpected_rows_expectation",
    scans="one of its own",
    oracle="GX on SQLite",
    differences="One SELECT in DuckDB's SQL that reads `{batch}` only; the rows aren't shown.",
    required=("unexpected_rows_query",),
)
def unexpected_rows(frame: Frame, e: Expectation) -> Check:
    """The query finds no row."""
    tree = readable(str(e.kwargs["unexpected_rows_query"]))
    table = frame.table if scope(frame, e) is None else scoped(frame, e)
    batch = frame.con.compile(table.select(*frame.columns))
    sql = f"WITH {_BATCH} AS ({batch}) SELECT count(*) AS n FROM ({tree.sql('duckdb')}) AS found"  # noqa: S608
    n = int(_fetched(frame, sql))
    return Check({}, lambda _: Conclusion(n == 0, {"observed_value": n}))


def _fetched(frame: Frame, sql: str) -> Any:
    try:
        return frame.con.raw_sql(sql).fetchone()[0]
    except Exception as exc:
        raise Unjudged(f"unexpected_rows_query fails: {type(exc).__name__}") from exc
