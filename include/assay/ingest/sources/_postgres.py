"""PostgreSQL: one read-only snapshot, streamed through a server-side cursor."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from typing import Any, Final

import pyarrow as pa

from assay.engine.postgres import libpq_address
from assay.errors import InputError
from assay.ingest.sources._statement import Statement

_BLOCK: Final = 20_000
_AS_TEXT: Final = {
    "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "extra_float_digits": "3",
    "bytea_output": "hex",
}  # fmt: skip
"""What a role or a database may have set otherwise, and the text of a value follows from."""


def postgres_rows(url: str, statement: Statement) -> Generator[Any, None, None]:
    """The names of the query's columns, then its rows as record batches of text."""
    import psycopg

    values, inner = statement.moments(), statement.with_marks("postgres")
    try:
        with psycopg.connect(
            libpq_address(url), autocommit=False, client_encoding="utf8"
        ) as connection:  # fmt: skip
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            for name, value in {**_AS_TEXT, "TimeZone": statement.zone}.items():
                connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            probe = connection.execute(f"SELECT * FROM ({inner}) AS q LIMIT 0", values)  # noqa: S608
            names = tuple(column.name for column in probe.description or ())
            yield names
            there, order = statement.taken(names)
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
