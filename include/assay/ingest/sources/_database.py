"""A database: one SELECT over the batch, read-only, streamed as Arrow record batches."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlglot
from sqlglot import exp

from assay.contract import Contract, SqlSource
from assay.errors import InputError
from assay.ingest._model import OriginalFile
from assay.ingest._original import keep

_BLOCK: Final = 20_000
_POSTGRES: Final = {"postgres", "postgresql"}
_PARAMETERS: Final = ("batch", "batch_start", "batch_end")
_WRITES: Final = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.Command,
    exp.Into, exp.Lock, exp.Set, exp.Copy,
)  # fmt: skip


def fetch_query(
    contract: Contract,
    source: SqlSource,
    batch: str,
    folder: Path,
    credentials: Mapping[str, str],
) -> tuple[tuple[OriginalFile, ...], tuple[str, ...]]:
    """Keep the rows of the query as JSON lines, and say which columns it gave.

    Only the contract's columns are taken, each as the database's own text of it, in the order of
    the primary key, so that the same rows give the same bytes.

    Parameters
    ----------
    credentials : mapping
        ``url``: the database's URL, as Ibis takes it (``postgresql://user@host/database`` …).

    Raises
    ------
    InputError
        If the query isn't one SELECT, names another parameter, or the database refuses it.
    """
    url = credentials.get("url")
    if not url:
        raise InputError(
            "no address of the database",
            where=f"connection {source.connection!r}",
            expected="credentials with the key 'url'",
        )
    postgres = urlsplit(url).scheme in _POSTGRES
    statement = _select(source.query, "postgres" if postgres else None)
    run = _postgres if postgres else _through_ibis
    with closing(run(url, statement, contract, batch)) as stream:
        names: tuple[str, ...] = next(stream)
        path = folder / "rows.jsonl"
        return (keep(_lines(stream), path, source.max_bytes),), names


def _select(query: str, dialect: str | None) -> exp.Expression:
    try:
        parsed = sqlglot.parse(query, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError):
        raise InputError("the query can't be parsed", where="source.query") from None
    statement = parsed[0] if len(parsed) == 1 else None
    if not isinstance(statement, exp.Query) or any(statement.find_all(*_WRITES)):
        raise InputError(
            "the query isn't one SELECT that only reads",
            where="source.query",
            do="Write one SELECT.",
        )
    for placeholder in statement.find_all(exp.Placeholder, exp.Parameter):
        if placeholder.name not in _PARAMETERS:
            raise InputError(
                "no such parameter of a query",
                where="source.query",
                got=placeholder.name or "?",
                expected=", ".join(f":{name}" for name in _PARAMETERS),
            )
    return statement


def _lines(batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    for batch in batches:
        names = batch.schema.names
        columns = [column.to_pylist() for column in batch.columns]
        rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        yield text.encode()


def _taken(contract: Contract, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The contract's columns that there are, and the order of the rows."""
    there = [name for name in contract.column_names if name in names]
    order = [name for name in contract.primary_key if name in there]
    return there, [*order, *(name for name in there if name not in order)]


def _postgres(
    url: str, statement: exp.Expression, contract: Contract, batch: str
) -> Generator[Any, None, None]:
    import psycopg

    values = _moments(contract, batch)
    inner = _bound(statement)
    try:
        with psycopg.connect(url, autocommit=False) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            # Naive columns are compared and dates are cut in the zone in which batches begin.
            zone = contract.partition.timezone
            connection.execute("SELECT set_config('TimeZone', %s, true)", (zone,))
            probe = connection.execute(f"SELECT * FROM ({inner}) AS q LIMIT 0", values)  # noqa: S608
            names = tuple(column.name for column in probe.description or ())
            yield names
            there, order = _taken(contract, names)
            if not there or len(set(names)) < len(names):
                return
            yield from _streamed(connection, inner, values, there, order)
    except psycopg.OperationalError as exc:
        # Not an AssayError: the database may answer the task's next try.
        raise ConnectionError(f"the database doesn't answer: {exc}") from None
    except psycopg.Error as exc:
        raise InputError(
            "the database refuses the query", where="source.query", got=f"SQLSTATE {exc.sqlstate}"
        ) from None


def _streamed(
    connection: Any, inner: str, values: dict[str, Any], there: list[str], order: list[str]
) -> Iterator[pa.RecordBatch]:
    quoted = {name: '"' + name.replace('"', '""').replace("%", "%%") + '"' for name in there}
    columns = ", ".join(f"CAST({quoted[n]} AS text) AS {quoted[n]}" for n in there)
    sort = ", ".join(f'CAST(q.{quoted[n]} AS text) COLLATE "C"' for n in order)
    schema = pa.schema([(name, pa.string()) for name in there])
    with connection.cursor(name=f"assay_{secrets.token_hex(8)}") as cursor:
        cursor.execute(f"SELECT {columns} FROM ({inner}) AS q ORDER BY {sort}", values)  # noqa: S608
        while rows := cursor.fetchmany(_BLOCK):
            arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _bound(statement: exp.Expression) -> str:
    """The statement with psycopg's named parameters, and its own % signs kept."""
    marks = {name: f"assay_{secrets.token_hex(16)}" for name in _PARAMETERS}

    def marked(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Placeholder):
            return exp.to_identifier(marks[node.name])
        return node

    text = str(statement.transform(marked).sql("postgres")).replace("%", "%%")
    for name, mark in marks.items():
        text = text.replace(mark, f"%({name})s")
    return text


def _through_ibis(
    url: str, statement: exp.Expression, contract: Contract, batch: str
) -> Generator[Any, None, None]:
    import ibis

    connection = ibis.connect(url, **_read_only(url))
    try:
        # Ibis binds no parameters. What stands in their place are literals of our own making,
        # digits and separators only, put into the parsed statement and never into its text.
        table = connection.sql(_literal(statement, contract, batch).sql(connection.dialect))
        names = tuple(table.columns)
        yield names
        there, order = _taken(contract, names)
        if not there:
            return
        rows = table.select(**{name: table[name].cast("string") for name in there})
        yield from rows.order_by(order).to_pyarrow_batches(chunk_size=_BLOCK)
    except OSError:
        raise  # The database may answer the task's next try.
    except Exception as exc:
        # Each backend has errors of its own, and they may quote values.
        raise InputError(
            "the database refuses the query", where="source.query", got=type(exc).__name__
        ) from None
    finally:
        connection.disconnect()


def _read_only(url: str) -> dict[str, Any]:
    return {"read_only": True} if urlsplit(url).scheme == "duckdb" else {}


def _literal(statement: exp.Expression, contract: Contract, batch: str) -> exp.Expression:
    zone = ZoneInfo(contract.partition.timezone)
    moments = _moments(contract, batch)

    def value(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Placeholder):
            return node
        moment = moments[node.name]
        if isinstance(moment, str):
            return exp.Literal.string(moment)
        text = moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        return exp.cast(exp.Literal.string(text), "timestamp")

    filled: exp.Expression = statement.transform(value)
    return filled


def _moments(contract: Contract, batch: str) -> dict[str, str | dt.datetime]:
    start, end = contract.partition.bounds(batch)
    return {"batch": batch, "batch_start": start, "batch_end": end}
