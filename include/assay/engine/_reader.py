"""Tables from files: Parquet as it is, text as text."""

from __future__ import annotations

import contextlib
import csv
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import duckdb
import fsspec
import pyarrow as pa
from ibis import Table

from assay.delimiters import TEXT, delimiter_of, text_ending
from assay.document import is_file
from assay.engine._types import BATCH, ROW, quoted
from assay.engine.functions import without_nan
from assay.engine.groups import groups
from assay.engine.line_ends import unify_line_ends
from assay.engine.text_form import TextForm, find_form
from assay.errors import InputError

_NUMBER = "(row_number() OVER ()) - 1"
_MOST_COLUMNS: Final = 50
"""Columns of which one query asks the types: the engine's own cost grows with their square."""


def read_parquet(con: Any, path: Path | str) -> Table:
    """A Parquet file, as :meth:`Session.read_parquet` gives it."""
    path = Path(path)
    if not is_file(path):
        raise InputError("no such file", where=str(path))
    try:
        return con.read_parquet(str(path))
    except Exception as exc:
        raise InputError("isn't a whole Parquet file", where=str(path)) from exc


def _own_parquet(con: Any, path: Path) -> Table:
    """A Parquet file that a person names; the engine gives the second of a name another one."""
    import pyarrow.parquet as pq

    table = read_parquet(con, path)
    with contextlib.suppress(pa.ArrowException, OSError):  # the engine knows types of its own
        _check_names(list(pq.read_schema(path).names), path)
    return table


def is_parquet(source: Path | str) -> bool:
    """Whether the name of a file or a URL says that it is Parquet."""
    return ".parquet" in _endings(source)


def text_form(con: Any, source: Path | str, given: TextForm, aside: Callable[[], Path]) -> TextForm:
    """The form of a text file, as ``files.read_form`` gives it."""
    path = Path(source)
    if not is_file(path):
        raise InputError("no such file", where=str(source))
    if is_parquet(path):
        return given
    stated = replace(given, delimiter=given.delimiter or delimiter_of(str(path)))
    return find_form(con, path, stated, aside())


def open_data(
    con: Any, source: Path | str, aside: Callable[[], Path], given: TextForm | None = None
) -> Table:
    """A CSV or Parquet file, by path or URL, its columns of the narrowest type; numbered rows."""
    path = local(source, aside)
    if is_parquet(path):
        table = _own_parquet(con, path)
        return without_nan(table if ROW in table.columns else _numbered(con, table, path))
    if text_ending(str(path)) is None:
        raise InputError("is neither CSV nor Parquet", where=str(source),
                         expected=", ".join((*TEXT, ".parquet")))  # fmt: skip
    form = text_form(con, path, given or TextForm(), aside)

    def read(paths: Sequence[Path], forms: Sequence[TextForm]) -> Table:
        return _narrowed(con, _read_text(con, paths[0], forms[0], aside), path, forms[0], aside)

    return _whatever_its_line_ends(read, [path], [form], aside)


def open_batches(
    con: Any, sources: Sequence[Path | str], aside: Callable[[], Path], given: TextForm
) -> Table:
    """Several files of one kind as one table, as ``files.open_batches`` gives it."""
    paths = [local(source, aside) for source in sources]
    if len({is_parquet(path) for path in paths}) > 1:
        raise InputError("are of two formats", got=", ".join(map(str, sources)),
                         expected="all CSV, or all Parquet")  # fmt: skip
    if is_parquet(paths[0]):
        tables = [without_nan(_own_parquet(con, path)) for path in paths]
        return _written(con, _united(con, tables), aside() / "rows.parquet")
    forms = [text_form(con, path, given, aside) for path in paths]
    decimal = "," if any(form.decimal == "," for form in forms) else "."

    def read(texts: Sequence[Path], forms: Sequence[TextForm]) -> Table:
        tables = [_read_text(con, p, f, aside) for p, f in zip(texts, forms, strict=True)]
        form = replace(forms[0], decimal=decimal)
        return _narrowed(con, con.sql(_united(con, tables)), paths[0], form, aside)

    return _whatever_its_line_ends(read, paths, forms, aside)


def _whatever_its_line_ends(
    read: Callable[[Sequence[Path], Sequence[TextForm]], Table],
    paths: Sequence[Path],
    forms: Sequence[TextForm],
    aside: Callable[[], Path],
) -> Table:
    """What is read of text files; again, where that fails and their lines end in several ways."""
    try:
        return read(paths, forms)
    except InputError:
        found = []
        for path, form in zip(paths, forms, strict=True):
            plain, target = _as_utf8(path, form, aside, always=True), aside() / "lines.csv"
            found.append((target, unify_line_ends(plain, target, str(form.delimiter))))
        if not any(mixed for _, mixed in found):
            raise
        return read([target for target, _ in found], [replace(f, encoding="utf-8") for f in forms])


def _united(con: Any, tables: Sequence[Table]) -> str:
    """SQL for the rows of tables one after another, columns by name, with the table's number."""
    parts = [
        f"SELECT {i} AS {BATCH}, * EXCLUDE (__row) FROM ({con.compile(table)})"  # noqa: S608
        if ROW in table.columns
        else f"SELECT {i} AS {BATCH}, * FROM ({con.compile(table)})"  # noqa: S608
        for i, table in enumerate(tables)
    ]
    together = " UNION ALL BY NAME ".join(parts)
    return f"SELECT {_NUMBER} AS {ROW}, * FROM ({together})"  # noqa: S608


def local(source: Path | str, aside: Callable[[], Path]) -> Path:
    """A local file of the same name; a URL is fetched whole into the session's own folder."""
    text = str(source)
    if "://" not in text:
        return Path(text)
    name = text.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
    target = aside() / name
    try:
        with fsspec.open(text, "rb") as remote, target.open("wb") as file:
            while block := remote.read(1 << 20):
                file.write(block)
    except (OSError, ValueError, ImportError) as exc:
        raise InputError("can't be fetched", where=text, got=type(exc).__name__) from exc
    return target


def _endings(source: Path | str) -> str:
    return "".join(Path(str(source).partition("?")[0]).suffixes).lower()


def _read_text(con: Any, path: Path, form: TextForm, aside: Callable[[], Path]) -> Table:
    """A CSV file as a table of strings, no type guessed and no error ignored."""
    names = _header(path, form)
    name = f"text_{abs(hash((str(path), path.stat().st_mtime_ns, form))):x}"
    target = str(_as_utf8(path, form, aside)).replace("'", "''")
    delimiter = str(form.delimiter).replace("'", "''")
    columns = ", ".join("'" + n.replace("'", "''") + "': 'VARCHAR'" for n in names)
    try:
        con.raw_sql(
            f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM read_csv('{target}', "  # noqa: S608
            f"header=true, all_varchar=true, auto_detect=false, delim='{delimiter}', quote='\"', "
            f"escape='\"', nullstr='', compression='auto', columns={{{columns}}}, strict_mode=true)"
        )
        return con.table(name)
    except duckdb.Error as exc:
        raise _unfit(exc, path, form) from None


def _opened(path: Path, form: TextForm) -> Any:
    """The text of a file, decompressed, without the mark that some programs begin it with."""
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    return fsspec.open(str(path), "rt", compression="infer", encoding=encoding, newline="")


def _as_utf8(
    path: Path, form: TextForm, aside: Callable[[], Path], *, always: bool = False
) -> Path:
    """The file itself where it is UTF-8, else its text as UTF-8 in the session's own folder."""
    if form.encoding == "utf-8" and not always:
        return path
    target = aside() / "text.csv"
    try:
        with _opened(path, form) as file, target.open("w", encoding="utf-8", newline="") as plain:
            while block := file.read(1 << 20):
                plain.write(block)
    except UnicodeError:
        raise InputError(f"isn't {form.encoding}", where=str(path)) from None
    return target


def _header(path: Path, form: TextForm) -> list[str]:
    """The names of the columns."""
    try:
        with _opened(path, form) as file:
            names = next(csv.reader(file, delimiter=str(form.delimiter)), [])
    except UnicodeError:
        raise InputError(f"isn't {str(form.encoding).upper()}", where=str(path)) from None
    except csv.Error:
        raise InputError("has a header that can't be read", where=f"{path}:1") from None
    if not names:
        raise InputError("has no header", where=str(path))
    _check_names(names, path)
    return names


def _check_names(names: Sequence[str], path: Path) -> None:
    """Refuse names that the engine doesn't tell apart: those that differ by case are one to it."""
    known = Counter(name.encode().lower() for name in names)
    twice = sorted({name for name in names if known[name.encode().lower()] > 1})
    if twice:
        what = "has columns of the same name" + " but for its case" * (len(twice) > 1)
        raise InputError(what, where=str(path), got=twice)


def _values(form: TextForm) -> dict[str, tuple[str, str, str]]:
    """Type → the shape of its texts, and SQL for its value of ``{}``, the narrowest type first.

    DuckDB rounds '1.5' to an integer, and takes 'f' for false. A number that begins with a needless
    0 or with a plus is a code; a whole number that no type holds exactly is one, too.
    """
    whole, decimals, number = r"(0|[1-9][0-9]*)", r"(\.[0-9]*)?", "{}"
    if form.decimal == ",":
        whole, decimals = r"(0|[1-9][0-9]*|[1-9][0-9]{0,2}(\.[0-9]{3})+)", "(,[0-9]*)?"
        number = "replace(replace({}, '.', ''), ',', '.')"
    special = "|(?i)nan|[+-]?(?i)inf(inity)?"
    few = f"regexp_matches(split_part({number}, '.', 1), '^-?[0-9]{{{{0,15}}}}$|[eE]|(?i)[nf]')"
    return {
        "BIGINT": (f"-?{whole}", number, "true"),
        "DOUBLE": (f"-?{whole}?{decimals}([eE][+-]?[0-9]+)?{special}", number, few),
        "BOOLEAN": (r"(?i)true|false", "{}", "true"),
        "DATE": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "{}", "true"),
        "TIMESTAMP": (
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)?", "{}", "true"
        ),
    }  # fmt: skip


def _narrowed(
    con: Any, table: Table, path: Path, form: TextForm, aside: Callable[[], Path]
) -> Table:
    """Columns of the narrowest type, as Parquet that the session owns: text is read only twice."""
    own = [name for name in (ROW, BATCH) if name in table.columns]
    names = [name for name in table.columns if name not in own]
    values = _values(form)
    try:
        if len(names) > _MOST_COLUMNS:
            # Each query reads its own columns only, so that the cost grows with the cells.
            table = _written(con, con.compile(table), aside() / "text.parquet")
        fits: dict[str, str] = {}
        for some in groups(names, _MOST_COLUMNS):
            fits |= _types(con, table, some, values)
        casts = own if ROW in own else [f"{_NUMBER} AS {ROW}"]
        for name in names:
            value = quoted(name)
            if name in fits:
                value = f"CAST({values[fits[name]][1].format(value)} AS {fits[name]})"
            casts.append(f"{value} AS {quoted(name)}")
        query = f"SELECT {', '.join(casts)} FROM ({con.compile(table)})"  # noqa: S608
        return _written(con, query, aside() / "rows.parquet")
    except duckdb.Error as exc:
        raise _unfit(exc, path, form) from None


def _types(
    con: Any, table: Table, names: list[str], values: Mapping[str, tuple[str, str, str]]
) -> dict[str, str]:
    """The narrowest type that all values of each column have; columns of text aren't in it."""
    tests = [f"count({quoted(n)}) > 0 AS {quoted(f'{i}')}" for i, n in enumerate(names)]
    for i, name in enumerate(names):
        text = quoted(name)
        for kind, (shape, number, exact) in values.items():
            fits = (
                f"regexp_full_match({text}, '{shape}') AND {exact.format(text)} "
                f"AND TRY_CAST({number.format(text)} AS {kind}) IS NOT NULL"
            )
            unfit = f"count_if({text} IS NOT NULL AND NOT ({fits}))"
            tests.append(f"{unfit} = 0 AS {quoted(f'{i}:{kind}')}")
    columns = ", ".join(map(quoted, names))
    sql = f"SELECT {', '.join(tests)} FROM (SELECT {columns} FROM ({con.compile(table)}))"  # noqa: S608
    found = con.raw_sql(sql).to_arrow_table().to_pylist()[0]
    kinds = {
        name: next((kind for kind in values if found[f"{i}:{kind}"]), None)
        for i, name in enumerate(names)
        if found[f"{i}"]
    }
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _written(con: Any, query: str, target: Path) -> Table:
    """The rows of a query as Parquet in the session's own folder."""
    con.raw_sql(
        f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )
    return read_parquet(con, target)


def _unfit(error: duckdb.Error, path: Path, form: TextForm) -> InputError:
    """What DuckDB says of a text file, without the line that it quotes."""
    line = re.search(r"on Line: (\d+)", str(error))
    where = f"{path}:{line[1]}" if line else str(path)
    if "Maximum line size" in str(error):
        return InputError("has a line of more than 2 MB", where=where)
    return InputError(
        f"isn't a whole CSV file in UTF-8 with {form.delimiter!r} between the fields", where=where,
        expected="as many fields as the header has",
    )  # fmt: skip


def _numbered(con: Any, table: Table, path: Path) -> Table:
    """Row numbers in the order of the file, without reading it."""
    if "file_row_number" in table.columns:
        return con.sql(f"SELECT {_NUMBER} AS __row, * FROM ({con.compile(table)})")  # noqa: S608
    target = str(path).replace("'", "''")
    rows = f"read_parquet('{target}', file_row_number = true)"
    return con.sql(f"SELECT file_row_number AS __row, * EXCLUDE (file_row_number) FROM {rows}")  # noqa: S608
