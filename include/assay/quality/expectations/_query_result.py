"""A number that one SELECT over the batch gives, between limits."""

from __future__ import annotations

import math
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final

from assay.contract.rule import Limits
from assay.engine import EngineError, quoted
from assay.quality._check import Check, Conclusion, scoped
from assay.quality._frame import Frame, Unjudged
from assay.quality._registry import OWN_TESTS, compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._sql import BATCH, readable

_NOUN: Final = "the query"
_TABLE: Final = ("object", "table", "model", "schema", "batch")
_COLUMN: Final = ("property", "column", "field")
_DIALECTS: Final = {
    "postgresql": "postgres", "cloudsql": "postgres", "sqlserver": "tsql", "synapse": "tsql",
    **{name: name for name in (
        "athena", "bigquery", "clickhouse", "databricks", "exasol", "mysql", "oracle", "postgres",
        "redshift", "snowflake", "trino")},
}  # fmt: skip
"""Type of a server → the dialect of its SQL; DuckDB's own for all others."""


@compiles(
    "expect_query_result_to_be_between", reads_all=True, scans="one of its own", oracle=OWN_TESTS,
    required=("query",), dimension="consistency",
)  # fmt: skip
def query_result(frame: Frame, e: Expectation) -> Check:
    """The query gives one number, and it lies between the limits.

    It is one SELECT that reads the batch only, under the rules of
    ``unexpected_rows_expectation``. It may name the table of its contract.
    """
    names = ("min_value", "max_value", "strict_min", "strict_max", "negated")
    limits = Limits(**{k: e.kwargs[k] for k in names if k in e.kwargs})
    query = readable(frame, _of_batch(e), noun=_NOUN)
    batch = frame.session.compile(scoped(frame, e).select(*frame.columns))
    sql = f"WITH {BATCH} AS ({batch}) SELECT * FROM ({query.sql}) AS found LIMIT 2"  # noqa: S608
    try:
        rows = frame.session.query(sql)
    except EngineError as exc:
        raise Unjudged(f"{_NOUN} fails: {exc.kind}") from exc
    if rows == [(None,)] and not frame.rows(frame.table.limit(1)):
        return Check({}, lambda _: Conclusion(True, {"element_count": 0}))  # of no row
    value = _number(rows)
    result = {"observed_value": value, "rows_of": "query"}
    return Check({}, lambda _: Conclusion(limits.hold(value), result))


def _number(rows: Any) -> int | float:
    if len(rows) != 1 or len(rows[0]) != 1:
        raise Unjudged(f"{_NOUN} must give one number, in one row and one column")
    value = rows[0][0]
    if isinstance(value, bool | int | Decimal):
        whole = isinstance(value, bool | int) or value == value.to_integral_value()
        return int(value) if whole else float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise Unjudged(f"{_NOUN} gives no number, but {type(value).__name__}")


def _of_batch(e: Expectation) -> str:
    """The query with the batch in the place of its table, in the engine's dialect."""
    text = str(e.kwargs["query"])
    places = dict.fromkeys(_TABLE, BATCH)
    if name := e.kwargs.get("property"):
        places |= dict.fromkeys(_COLUMN, quoted(str(name)))
    for place, words in places.items():
        for written in (f"${{{place}}}", f"{{{place}}}"):
            text = text.replace(written, words)
    return _translated(text, e.kwargs.get("dialect"), e.kwargs.get("tables") or ())


def _translated(text: str, server: Any, tables: Collection[str]) -> str:
    """The query in DuckDB's SQL, as it stands where it can't be read as the server's."""
    import sqlglot
    from sqlglot import exp

    try:
        parsed = sqlglot.parse(text, read=_DIALECTS.get(str(server), "duckdb"))
    except (sqlglot.errors.SqlglotError, RecursionError):
        return text
    if len(parsed) != 1 or parsed[0] is None:
        return text
    own = {name.lower() for name in tables}
    parts = {cte.alias.lower() for cte in parsed[0].find_all(exp.CTE)}
    for table in parsed[0].find_all(exp.Table):
        if table.name.lower() in own - parts:
            alias = table.alias or table.name
            table.replace(exp.alias_(exp.to_table(BATCH), alias, table=True))
    try:
        return str(parsed[0].sql(dialect="duckdb"))
    except (sqlglot.errors.SqlglotError, RecursionError):
        return text
