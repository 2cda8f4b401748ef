"""SQLite: one read-only transaction, each value as the file has it, row after row."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from sqlglot.dialects.sqlite import SQLite

from assay.errors import InputError
from assay.ingest.sources._statement import Statement

if TYPE_CHECKING:
    import sqlite3

_BLOCK: Final = 20_000
_LATER: Final = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR"}


class SQLiteText(SQLite):
    """SQLite as it is written: a common table expression names its columns, ``WITH g (i) AS``."""

    class Generator(SQLite.Generator):
        """Keep the names, which sqlglot leaves out for the sake of other aliases."""

        SUPPORTS_TABLE_ALIAS_COLUMNS = True


def sqlite_rows(url: str, statement: Statement) -> Generator[Any, None, None]:
    """The names of the query's columns, then its rows as record batches of text."""
    import sqlite3

    try:
        with closing(sqlite3.connect(_address(url), uri=True, isolation_level=None)) as opened:
            opened.execute("PRAGMA query_only = ON")
            opened.execute("BEGIN")  # what is read from now on is one state of the file
            yield from _rows(opened, statement)
    except sqlite3.Error as exc:
        name = str(getattr(exc, "sqlite_errorname", type(exc).__name__))
        if any(name.startswith(later) for later in _LATER):
            raise ConnectionError(f"the database doesn't answer: {name}") from None
        # The text of the error may quote a value.
        raise InputError("the database refuses the query", where="source.query", got=name) from None


def _address(url: str) -> str:
    """The file of a URL, to be read only; Airflow writes its path as the host."""
    parts = urlsplit(url)
    path = Path(unquote(parts.netloc + parts.path))
    return f"{path.absolute().as_uri()}?mode=ro"


def _rows(opened: sqlite3.Connection, statement: Statement) -> Iterator[Any]:
    values = statement.wall_clock()
    query = statement.parsed
    probe = opened.execute(query.limit(0).sql(SQLiteText), values)
    names = tuple(column[0] for column in probe.description)
    yield names
    there, order = statement.taken(names)
    if not there or len(set(names)) < len(names):
        return
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in there}
    columns = ", ".join(quoted.values())
    # Values of several types compare as text first, and as what they are where that is equal.
    sort = ", ".join(f"CAST({quoted[n]} AS TEXT) COLLATE BINARY, {quoted[n]}" for n in order)
    text = f"SELECT {columns} FROM ({query.sql(SQLiteText)}) ORDER BY {sort}"  # noqa: S608
    found = opened.execute(text, values)
    while rows := found.fetchmany(_BLOCK):
        arrays = [pa.array(map(_text, column), pa.string()) for column in zip(*rows, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, names=there)


def _text(value: Any) -> str | None:
    """A value as text that gives it back: SQLite's own cast of a float keeps 15 digits."""
    if value is None or isinstance(value, str):
        return value
    return "\\x" + value.hex() if isinstance(value, bytes) else repr(value)
