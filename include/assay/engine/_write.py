"""Parquet with deterministic bytes."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assay.engine._types import quoted
from assay.lake import digest, publish

_ROW_GROUP = 122_880


@dataclass(frozen=True)
class FileDigest:
    """A written file: its path, rows, bytes and SHA-256."""

    path: Path
    rows: int
    bytes: int
    sha256: str


def write_parquet(
    con: Any, table: Any, path: Path, order_by: Sequence[str], nonce: str | None = None
) -> FileDigest:
    """Write a table as Parquet (zstd), sorted, and publish it by rename.

    The bytes depend on the rows, the order and the nonce alone, not on threads or on the order in
    which rows arrived.

    Parameters
    ----------
    con : ibis.backends.duckdb.Backend
        The session that the table belongs to.
    table : ibis.Table
        What to write.
    path : Path
        Where the file shall lie; its folder must exist.
    order_by : sequence of str
        A total order: the key, then ``__row``.
    nonce : str, optional
        Kept in the file's metadata, so that a hash of the file confirms no guess of its rows.

    Notes
    -----
    DuckDB's parallel writer keeps row groups in order only behind a sort; without ``ORDER BY`` the
    groups depend on the number of threads.
    """
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    order = ", ".join(f"{quoted(name)} NULLS LAST" for name in order_by)
    metadata = f", KV_METADATA {{nonce: '{_hex(nonce)}'}}" if nonce else ""
    target = str(aside).replace("'", "''")
    try:
        con.raw_sql(
            f"COPY (SELECT * FROM ({con.compile(table)}) ORDER BY {order}) TO '{target}' "  # noqa: S608
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}{metadata})"
        )
        sha256, size = digest(aside), aside.stat().st_size
        rows = pq.read_metadata(aside).num_rows
        publish(aside, path)
    finally:
        if aside.exists():
            os.unlink(aside)  # noqa: PTH108
    return FileDigest(path=path, rows=rows, bytes=size, sha256=sha256)


def _hex(nonce: str) -> str:
    """The nonce itself; raises ValueError where it isn't hexadecimal."""
    int(nonce, 16)
    return nonce
