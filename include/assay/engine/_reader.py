"""Tables from files: Parquet as it is, text as text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import fsspec
from ibis import Table

from assay.document import is_file
from assay.engine._types import quoted
from assay.engine.functions import without_nan
from assay.errors import InputError

_SHAPES = {
    # DuckDB rounds '1.5' to an integer and takes 'f' for false; '007' is a code, no number.
    "BIGINT": r"[+-]?(0|[1-9][0-9]*)",
    "DOUBLE": r"[+-]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][+-]?[0-9]+)?|(?i)nan|[+-]?(?i)inf(inity)?",
    "BOOLEAN": r"(?i)true|false",
    "DATE": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "TIMESTAMP": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)?",
}

_NUMBER = "(row_number() OVER ()) - 1"


def read_parquet(con: Any, path: Path | str) -> Table:
    """A Parquet file, as :meth:`Session.read_parquet` gives it."""
    path = Path(path)
    if not is_file(path):
        raise InputError("no such file", where=str(path))
    try:
        return con.read_parquet(str(path))
    except Exception as exc:
        raise InputError("isn't a whole Parquet file", where=str(path)) from exc


def _read_text(con: Any, path: Path) -> Table:
    """A CSV file as a table of strings, nothing guessed and no error ignored."""
    if not is_file(path):
        raise InputError("no such file", where=str(path))
    name = f"text_{abs(hash((str(path), path.stat().st_mtime_ns))):x}"
    target = str(path).replace("'", "''")
    try:
        con.raw_sql(
            f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM read_csv('{target}', "  # noqa: S608
            f"header=true, all_varchar=true, auto_detect=false, delim=',', quote='\"', "
            f"escape='\"', nullstr='', compression='auto', columns={_header(path)}, "
            "strict_mode=true)"
        )
        return con.table(name)
    except duckdb.Error as exc:
        raise _unfit(exc, path) from None


def _header(path: Path) -> str:
    """The columns clause of ``read_csv``: the header's names, all text."""
    import csv

    try:
        # utf-8-sig: spreadsheets begin a file with a mark that is no part of the first name.
        with fsspec.open(
            str(path), "rt", compression="infer", encoding="utf-8-sig", newline=""
        ) as file:
            names = next(csv.reader(file), [])
    except UnicodeDecodeError:
        raise InputError("isn't UTF-8", where=str(path)) from None
    except csv.Error:
        raise InputError("has a header that can't be read", where=f"{path}:1") from None
    except (OSError, EOFError, zlib.error) as exc:
        raise InputError("can't be unpacked", where=str(path), got=type(exc).__name__) from None
    if not names:
        raise InputError("has no header", where=str(path))
    if len(set(names)) != len(names):
        twice = sorted({n for n in names if names.count(n) > 1})
        raise InputError("has columns of the same name", where=str(path), got=twice)
    pairs = ", ".join("'" + n.replace("'", "''") + "': 'VARCHAR'" for n in names)
    return "{" + pairs + "}"


def open_data(con: Any, source: Path | str, aside: Callable[[], Path]) -> Table:
    """A CSV or Parquet file, by path or URL, its columns of the narrowest type; numbered rows."""
    path = _local(source, aside)
    kind = "".join(path.suffixes).lower()
    if ".parquet" in kind:
        table = read_parquet(con, path)
        return without_nan(table if "__row" in table.columns else _numbered(con, table, path))
    if ".csv" in kind:
        return _narrowed(con, _read_text(con, path), path, aside)
    raise InputError("is neither CSV nor Parquet", where=str(source), expected=".csv, .parquet")


def _local(source: Path | str, aside: Callable[[], Path]) -> Path:
    """A local file of the same name; a URL is fetched whole into the session's own folder."""
    text = str(source)
    if "://" not in text:
        return Path(text)
    name = text.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
    target = aside() / name
    try:
        with fsspec.open(text, "rb") as remote, target.open("wb") as local:
            while block := remote.read(1 << 20):
                local.write(block)
    except (OSError, ValueError, ImportError) as exc:
        raise InputError("can't be fetched", where=text, got=type(exc).__name__) from exc
    return target


def _narrowed(con: Any, table: Table, path: Path, aside: Callable[[], Path]) -> Table:
    """Columns of the narrowest type, as Parquet that the session owns: text is read only twice."""
    names = list(table.columns)
    tests = [
        f"count({quoted(n)}) > 0 AND count_if({quoted(n)} IS NOT NULL AND NOT "
        f"(regexp_full_match({quoted(n)}, '{shape}') AND TRY_CAST({quoted(n)} AS {t}) IS NOT NULL))"
        f" = 0 AS {quoted(f'{i}:{t}')}"
        for i, n in enumerate(names)
        for t, shape in _SHAPES.items()
    ]
    sql = f"SELECT {', '.join(tests)} FROM ({con.compile(table)})"  # noqa: S608
    try:
        fits = con.sql(sql).to_pyarrow().to_pylist()[0]
    except duckdb.Error as exc:
        raise _unfit(exc, path) from None
    casts = [] if "__row" in names else [f"{_NUMBER} AS __row"]
    for i, name in enumerate(names):
        kind = next((t for t in _SHAPES if fits[f"{i}:{t}"]), "VARCHAR")
        casts.append(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}")
    target = aside() / "rows.parquet"
    con.raw_sql(
        f"COPY (SELECT {', '.join(casts)} FROM ({con.compile(table)})) TO '{target}' "  # noqa: S608
        "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )
    return read_parquet(con, target)


def _unfit(error: duckdb.Error, path: Path) -> InputError:
    """What DuckDB says of a text file, without the line that it quotes."""
    line = re.search(r"on Line: (\d+)", str(error))
    where = f"{path}:{line[1]}" if line else str(path)
    if "Maximum line size" in str(error):
        return InputError("has a line of more than 2 MB", where=where)
    expected = "as many fields as the header has"
    return InputError("isn't a whole CSV file in UTF-8", where=where, expected=expected)


def _numbered(con: Any, table: Table, path: Path) -> Table:
    """Row numbers in the order of the file, without reading it."""
    if "file_row_number" in table.columns:
        return con.sql(f"SELECT {_NUMBER} AS __row, * FROM ({con.compile(table)})")  # noqa: S608
    target = str(path).replace("'", "''")
    rows = f"read_parquet('{target}', file_row_number = true)"
    return con.sql(f"SELECT file_row_number AS __row, * EXCLUDE (file_row_number) FROM {rows}")  # noqa: S608
