"""The session: the engine that one piece of work reads, computes and writes with."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis import Table
from ibis.util import gen_name

from assay.engine import _reader, _writer
from assay.engine._errors import EngineError, translated, translating
from assay.engine._python_rows import python_rows
from assay.engine._types import ID, ROW, quoted
from assay.engine._writer import FileDigest
from assay.engine.text_form import TextForm
from assay.errors import InputError
from assay.lake import private_folder

MEMORY: Final = "2GB"
"""Memory that an engine uses before it spills: four tasks side by side fit a machine of 16 GB."""

_CELLS_A_BLOCK: Final = 5_000_000


class Session:
    """The tables of one piece of work, and the engine that reads, computes and writes them.

    Parameters
    ----------
    backend : ibis.backends.BaseBackend
        Where expressions run; only this package may use it.
    folder : Path
        The session's private folder (0700), removed when the session ends.

    Raises
    ------
    EngineError
        From each method that runs a query, if the engine refuses it or can't finish it.
    """

    def __init__(self, backend: Any, folder: Path) -> None:
        self.backend = backend
        self._folder = folder

    @property
    def threads(self) -> int:
        """Number of threads that the engine uses."""
        return int(self.query("SELECT current_setting('threads')")[0][0])

    def sql(self, text: str) -> Table:
        """The rows of a query in the engine's own SQL.

        It is for what reads files by SQL and for SQL that a suite holds; all else is an expression.
        """
        with translating():
            return self.backend.sql(text)

    def query(self, text: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """A small result of a query in the engine's own SQL, run exactly as it is written."""
        with translating():
            return list(self.backend.con.execute(text, list(parameters)).fetchall())

    def compile(self, table: Table) -> str:
        """The engine's SQL of an expression, to put into :meth:`sql`."""
        return str(self.backend.compile(table))

    def arrow(self, table: Table) -> pa.Table:
        """A result that fits in memory.

        Notes
        -----
        Ibis' ``to_pyarrow`` imports pandas, which takes long; so the query is run as it is, except
        where a table in memory has to be registered first.
        """
        with translating():
            if table.op().find(ops.InMemoryTable):
                return self.backend.to_pyarrow(table)
            # Blocks are allocated whole for each column, even for one row.
            block = max(2048, _CELLS_A_BLOCK // max(1, len(table.columns)))
            return self.backend.raw_sql(self.backend.compile(table)).to_arrow_table(block)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """A small result as dictionaries, one a row; a moment beyond Python's years is its text."""
        return python_rows(self.arrow(table.as_table()))

    def one(self, table: Table) -> dict[str, Any]:
        """The only row of a result, such as that of ``table.aggregate(...)``."""
        (row,) = self.rows(table)
        return row

    def value(self, expression: ir.Value | Table) -> Any:
        """The value of an expression that has one value, such as ``table.count()``."""
        (found,) = self.one(expression.as_table()).values()
        return found

    def blocks(self, table: Table, rows: int = 1_000_000) -> Iterator[pa.RecordBatch]:
        """A result of any size as a stream of Arrow record batches of so many rows at most."""
        with translating():
            yield from self.backend.to_pyarrow_batches(table, chunk_size=rows)

    def set_aside(self, rows: Any = None, schema: Any = None) -> Table:
        """Compute rows once and keep them until the session ends, in memory or spilled.

        Parameters
        ----------
        rows : ibis.Table, pandas.DataFrame, pyarrow.Table or mapping of str to list, optional
            What to keep.
        schema : ibis.Schema, optional
            Columns of an empty table, where there are no rows.
        """
        with translating():
            return self.backend.create_table(gen_name("aside"), rows, schema=schema, temp=True)

    def append(self, table: Table, rows: Table) -> int:
        """Add rows to a table that :meth:`set_aside` keeps, column by column; returns how many.

        Raises
        ------
        EngineError
            If the rows can't be computed.
        """
        with translating():
            query = f"INSERT INTO {quoted(table.op().name)} {self.compile(rows)}"
            return int(self.backend.raw_sql(query).fetchall()[0][0])

    def forget(self, table: Table) -> None:
        """Drop what :meth:`set_aside` keeps, before the session ends."""
        self.backend.drop_table(table.op().name, force=True)

    def view(self, table: Table) -> Table:
        """The same rows under a short name, so that long expressions aren't compiled again."""
        name = gen_name("view")
        self._define(name, table)
        return self.backend.table(name)

    def redefine(self, view: Table, table: Table) -> None:
        """Let a view, and whatever was made of it, read other rows with the same columns."""
        self._define(view.op().name, table)

    def _define(self, name: str, table: Table) -> None:
        with translating():
            query = f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {self.compile(table)}"
            self.backend.raw_sql(query)

    def mapped(self, column: ir.Column, function: Callable[[str], str]) -> Table:
        """Each distinct text of a column with what a Python function makes of it.

        Returns
        -------
        ibis.Table
            ``value`` and ``result``, both text; null isn't in it. It is kept as by
            :meth:`set_aside`.

        Notes
        -----
        The texts go through Python in Arrow blocks, so that memory stays bounded.
        """
        name, texts, made = gen_name("function"), gen_name("texts"), gen_name("mapped")
        con = self.backend

        def of_block(block: pa.Array) -> pa.Array:
            return pa.array([function(value) for value in block.to_pylist()], pa.string())

        distinct = column.cast("string").name("value").as_table().distinct()
        con.create_table(texts, distinct.filter(distinct.value.notnull()), temp=True)
        con.con.create_function(name, of_block, ["VARCHAR"], "VARCHAR", type="arrow")
        try:
            query = f"SELECT value, {name}(value) AS result FROM {texts}"  # noqa: S608
            con.raw_sql(f"CREATE TEMP TABLE {made} AS {query}")
        finally:
            con.con.remove_function(name)
            con.drop_table(texts)
        return con.table(made)

    def shuffled(self, rows: Table, keyed: Callable[[Any], Any]) -> Table:
        """Number the rows of a table again, in an order that follows from a secret alone.

        Parameters
        ----------
        rows : ibis.Table
            Rows with their numbers, ``__row``.
        keyed : callable
            Turns an array of row numbers (int64) into one of random numbers (uint64), such as
            :mod:`assay.keys.keyed_numbers`; it is called block by block.

        Returns
        -------
        ibis.Table
            ``__id``, from 0 in the order of the random numbers, and ``__row``: the same on any
            number of threads.
        """
        name, made = gen_name("keyed"), gen_name("shuffled")
        con = self.backend

        def of_block(block: pa.Array) -> pa.Array:
            return pa.array(keyed(block.to_numpy(zero_copy_only=False)), pa.uint64())

        con.con.create_function(name, of_block, ["BIGINT"], "UBIGINT", type="arrow")
        try:
            query = f"SELECT {ROW}, {name}({ROW}) AS keyed FROM ({self.compile(rows)})"  # noqa: S608
            with translating():
                con.raw_sql(f"CREATE TEMP TABLE {made} AS {query}")
        finally:
            con.con.remove_function(name)
        table = con.table(made)
        place = ibis.row_number().over(order_by=[table["keyed"], table[ROW]])
        return table.select(**{ID: place, ROW: table[ROW]})

    def aside(self) -> Path:
        """A new private folder for files of this session; it is removed with the session."""
        folder: Path = self._folder / gen_name("aside")
        folder.mkdir(mode=0o700, parents=True)
        return folder

    def read_parquet(self, path: Path | str) -> Table:
        """A Parquet file as a table that is scanned when it is used.

        Raises
        ------
        InputError
            If there is no such file, or it isn't whole Parquet.
        """
        return _reader.read_parquet(self.backend, path)

    def open_data(self, source: Path | str, form: TextForm | None = None) -> Table:
        """What a person names on the command line: a CSV or Parquet file, by path or URL.

        Parquet keeps its types; its NaN are null. A column of CSV takes the narrowest of integer,
        number, boolean, date, timestamp that parses every value of it, else it is text: so are a
        number with a plus or a needless 0, and one that no type holds exactly. An empty field is
        null, quoted or not. What ``form`` doesn't say is found. Rows get their number as ``__row``.
        """
        return _reader.open_data(self.backend, source, self.aside, form)

    def write_parquet(
        self, table: Table, path: Path, order_by: Sequence[str], nonce: str | None = None, *,
        presorted: bool = False, without: Sequence[str] = (),
    ) -> FileDigest:  # fmt: skip
        """Write a table as Parquet (zstd), sorted, and publish it by rename.

        The bytes depend on the rows, the order and the nonce alone, not on threads or on the
        order in which rows arrived.

        Parameters
        ----------
        path : Path
            The file to write; its folder must exist.
        order_by : sequence of str
            A total order: the key, then ``__row``.
        nonce : str, optional
            Hexadecimal; kept in the file's metadata, so that a hash of the file confirms no
            guess of its rows.
        presorted : bool
            Whether the rows should come in that order by themselves, as those of a file that was
            written so do: they are then written without a sort, and sorted only if what was
            written turns out to be in another order. The bytes are the same either way.
        without : sequence of str
            Columns that order the rows and aren't written.
        """
        how = _writer.How(tuple(order_by), nonce, presorted, tuple(without))
        with translating():
            return _writer.write_parquet(self.backend, table, path, how)

    def write_csv(self, table: Table, path: Path, order_by: Sequence[str]) -> FileDigest:
        """Write a table as CSV with a header, sorted, and publish it by rename."""
        with translating():
            return _writer.write_csv(self.backend, table, path, order_by)

    def export_parquet(self, table: Table, path: Path, order_by: Sequence[str]) -> None:
        """Write a table as :meth:`write_parquet` does where it is presorted, without a digest."""
        with translating():
            _writer.export_parquet(self.backend, table, path, order_by)


@contextmanager
def open_session(
    spill: Path | None = None, threads: int | None = None, memory: str | None = None
) -> Iterator[Session]:
    """Open a session on an in-memory DuckDB that spills to a private folder.

    Parameters
    ----------
    spill : Path, optional
        Folder below which the session makes its own (0700), removed at the end, or by the next
        session if its process was killed; the user's own in the machine's temporary folder by
        default. Clear values may be in it.
    threads : int, optional
        Threads to use; all cores by default. Results don't depend on it.
    memory : str, optional
        What DuckDB may hold before it spills, e.g. ``"4GB"``; by default what the environment
        variable ``ASSAY_MEMORY`` says, or 2 GB. The whole process takes some 0.5 GB more.

    Yields
    ------
    Session

    Raises
    ------
    InputError
        If ``ASSAY_MEMORY`` is no amount of memory.
    OSError
        From the block: the disk is full, or memory is short; it may work the next time.
    """
    settings: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": memory or _configured(),
    }
    if threads is not None:
        settings["threads"] = threads
    with private_folder(spill) as folder:
        backend = ibis.duckdb.connect(**settings, temp_directory=str(folder))
        try:
            yield Session(backend, folder)
        except (duckdb.Error, EngineError) as raised:
            error = raised if isinstance(raised, EngineError) else translated(raised)
            if not error.short:
                raise
            raise OSError(f"the engine: {str(error).splitlines()[0]}") from raised
        finally:
            backend.disconnect()


def engine_version() -> str:
    """Name and version of the engine, which can change a byte of what is written."""
    return f"duckdb {version('duckdb')}"


def _configured() -> str:
    """The limit that the environment sets, checked, or the default."""
    asked = os.environ.get("ASSAY_MEMORY", "").strip() or MEMORY
    if not re.fullmatch(r"[1-9]\d*(\.\d+)?\s*[KMGT]i?B", asked):
        raise InputError(
            "is no amount of memory", where="ASSAY_MEMORY", got=asked,
            expected="a number with its unit, such as 512MB, 4GB or 1.5GiB",
        )  # fmt: skip
    return asked
