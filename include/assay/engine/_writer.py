"""Parquet with deterministic bytes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis import Table

from assay.engine._types import quoted
from assay.engine.width import ROW_GROUP, is_wide
from assay.lake import digest, publish

_CELLS_A_BLOCK = 5_000_000
_VECTOR = 2048
"""Rows that the engine hands on at once."""
_DICTIONARY = 4096
"""Values of a column and row group that are looked up while it is written. A column of numbers has
more as a rule, and finding that out with the default of 24,576 takes a fifth of the writing."""


@dataclass(frozen=True)
class FileDigest:
    """A written file: its path, rows, bytes and SHA-256."""

    path: Path
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class How:
    """How rows are written: sorted by which columns, with which nonce, without which columns."""

    order_by: tuple[str, ...]
    nonce: str | None = None
    presorted: bool = False
    without: tuple[str, ...] = ()


def write_parquet(con: Any, table: Table, path: Path, how: How) -> FileDigest:
    """Write a table as Parquet, as :meth:`Session.write_parquet` says.

    Notes
    -----
    DuckDB's parallel writer gives row groups of one size only behind a sort, or where no row is
    left out of a file with such groups; others are written again.
    """
    with _aside(path) as aside:
        _sorted(con, table, aside, how)
        sha256, size = digest(aside), aside.stat().st_size
        rows = pq.read_metadata(aside).num_rows
        publish(aside, path)
    return FileDigest(path=path, rows=rows, bytes=size, sha256=sha256)


def write_csv(con: Any, table: Table, path: Path, order_by: Sequence[str]) -> FileDigest:
    """Write a table as CSV, as :meth:`Session.write_csv` says."""
    order = ", ".join(quoted(name) for name in order_by)
    with _aside(path) as aside:
        target = str(aside).replace("'", "''")
        query = f"SELECT * FROM ({con.compile(table)}) ORDER BY {order}"  # noqa: S608
        (rows,) = con.raw_sql(f"COPY ({query}) TO '{target}' (FORMAT csv, HEADER true)").fetchone()
        written = FileDigest(path, int(rows), aside.stat().st_size, digest(aside))
        publish(aside, path)
    return written


def export_parquet(con: Any, table: Table, path: Path, order_by: Sequence[str]) -> None:
    """Write a table as Parquet, as :meth:`Session.export_parquet` says."""
    with _aside(path) as aside:
        _sorted(con, table, aside, How(tuple(order_by), presorted=True))
        publish(aside, path)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Where a file is written before it is published; nothing is left there."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield aside
    finally:
        aside.unlink(missing_ok=True)


def _sorted(con: Any, table: Table, aside: Path, how: How) -> None:
    order = ", ".join(f"{quoted(name)} NULLS LAST" for name in how.order_by)
    without = f" EXCLUDE ({', '.join(map(quoted, how.without))})" if how.without else ""
    query = f"SELECT *{without} FROM ({con.compile(table)})"  # noqa: S608
    metadata = f", KV_METADATA {{nonce: '{_hex(how.nonce)}'}}" if how.nonce else ""
    first, width = how.order_by[0], len(table.columns)
    seen = how.presorted and first not in how.without
    if not (seen and _written_in_order(con, query, aside, first, metadata, width)):
        _copy(con, f"{query} ORDER BY {order}", aside, metadata)


def is_ascending(path: Path, column: str) -> bool:
    """Whether a Parquet file's rows are in strictly ascending order of one column."""
    last: Any = None
    for batch in pq.ParquetFile(path).iter_batches(ROW_GROUP, columns=[column]):
        values = batch.column(0)
        if last is not None:
            values = pa.concat_arrays([last, values])
        rising = pc.less(values[:-1], values[1:])
        if values.null_count or not pc.all(rising, min_count=0).as_py():
            return False
        last = values[-1:]
    return True


def _written_in_order(
    con: Any, query: str, aside: Path, column: str, metadata: str, width: int
) -> bool:
    """Write the rows as they come; whether they came in order, then in row groups of one size."""
    with _one_thread(con) if is_wide(width) else nullcontext():
        _copy(con, query, aside, metadata)
        if not is_ascending(aside, column):
            return False
        if not _cut_evenly(aside):
            uneven = aside.with_name(f"{aside.name}.uneven")
            aside.rename(uneven)
            try:
                _rewritten_evenly(con, uneven, aside, metadata, width)
            finally:
                uneven.unlink()
    return True


@contextmanager
def _one_thread(con: Any) -> Iterator[None]:
    """Let the engine use one thread: it then writes row groups one after the other."""
    (threads,) = con.raw_sql("SELECT current_setting('threads')").fetchone()
    con.raw_sql("SET threads = 1")
    try:
        yield
    finally:
        con.raw_sql(f"SET threads = {int(threads)}")


def _cut_evenly(path: Path) -> bool:
    groups = pq.read_metadata(path)
    sizes = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
    return all(size == ROW_GROUP for size in sizes[:-1]) and sizes[-1:] <= [ROW_GROUP]


def _rewritten_evenly(con: Any, source: Path, target: Path, metadata: str, width: int) -> None:
    """The same rows in the same order, in row groups of one size."""
    name, file = f"rows_{uuid.uuid4().hex}", pq.ParquetFile(source)
    batches = file.iter_batches(_block(width))
    con.con.register(name, pa.RecordBatchReader.from_batches(file.schema_arrow, batches))
    try:
        _copy(con, f"SELECT * FROM {name}", target, metadata)  # noqa: S608
    finally:
        con.con.unregister(name)


def _block(width: int) -> int:
    """Rows that are read at once: a row group; of a wide table a whole part of one."""
    if not is_wide(width):
        return ROW_GROUP
    parts = ROW_GROUP // _VECTOR
    vectors = (n for n in range(parts, 0, -1) if not parts % n)
    fitting = (n * _VECTOR for n in vectors if n * _VECTOR * width <= _CELLS_A_BLOCK)
    return next(fitting, _VECTOR)


def _copy(con: Any, query: str, path: Path, metadata: str) -> None:
    target = str(path).replace("'", "''")
    con.raw_sql(
        f"COPY ({query}) TO '{target}' (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, "
        f"COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT {_DICTIONARY}, "
        f"ROW_GROUP_SIZE {ROW_GROUP}{metadata})"
    )


def _hex(nonce: str) -> str:
    """The nonce itself; raises ValueError where it isn't hexadecimal."""
    int(nonce, 16)
    return nonce
