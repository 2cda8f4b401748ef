"""A database: one SELECT over the batch, read-only, streamed as Arrow record batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa

from assay.contract import Contract, SqlSource
from assay.errors import InputError
from assay.ingest._model import OriginalFile
from assay.ingest._original import keep
from assay.ingest.sources._postgres import postgres_rows
from assay.ingest.sources._sqlite import sqlite_rows
from assay.ingest.sources._statement import Statement

_BLOCK: Final = 20_000
_Rows = Callable[[str, Statement], Generator[Any, None, None]]


def fetch_query(
    contract: Contract,
    source: SqlSource,
    batch: str,
    folder: Path,
    credentials: Mapping[str, str],
) -> tuple[tuple[OriginalFile, ...], tuple[str, ...]]:
    """Keep the rows of the query as JSON lines, and say which columns it gave.

    Only the contract's columns are taken, each as text that gives its value back, in the order of
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
    with closing(open_query(contract, batch, credentials)) as stream:
        names: tuple[str, ...] = next(stream)
        path = folder / "rows.jsonl"
        return (keep(_lines(stream), path, source.max_bytes),), names


def open_query(
    contract: Contract, batch: str, credentials: Mapping[str, str]
) -> Generator[Any, None, None]:
    """The names of the query's columns, then its rows as record batches of text.

    Raises
    ------
    InputError
        As :func:`fetch_query` says; of the database itself, when it is read.
    """
    source, url = contract.source, credentials.get("url")
    if not isinstance(source, SqlSource) or not url:
        raise InputError(
            "no address of the database",
            where=f"connection {source.connection!r}",
            expected="credentials with the key 'url'",
        )
    dialect, rows = _ways().get(urlsplit(url).scheme, (None, _through_ibis))
    return rows(url, Statement.of(contract, batch, source.query, dialect))


def _ways() -> dict[str, tuple[str, _Rows]]:
    postgres: tuple[str, _Rows] = ("postgres", postgres_rows)
    return {"postgres": postgres, "postgresql": postgres, "sqlite": ("sqlite", sqlite_rows)}


def _lines(batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    for batch in batches:
        names = batch.schema.names
        columns = [column.to_pylist() for column in batch.columns]
        rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        yield text.encode()


def _through_ibis(url: str, statement: Statement) -> Generator[Any, None, None]:
    import ibis

    connection = ibis.connect(url, **_read_only(url))
    try:
        if connection.dialect.__name__ == "DuckDB":  # its text of a moment follows from the zone
            connection.raw_sql(f"SET TimeZone = '{statement.zone}'")
        # Ibis binds no parameters. What stands in their place are literals in the parsed statement.
        table = connection.sql(statement.with_literals().sql(connection.dialect))
        names = tuple(table.columns)
        yield names
        there, order = statement.taken(names)
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
