"""Put a file into the inbox as an upstream does: in one step, and only if it is new."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def drop_text(path: Path, text: str) -> bool:
    """Write a text file, with gzip if its name ends in ``.gz``.

    Returns
    -------
    bool
        Whether it was written; False if the same content was there already.
    """
    content = text.encode()
    zipped = path.suffix == ".gz"
    if path.exists():
        there = path.read_bytes()
        if (gzip.decompress(there) if zipped else there) == content:
            return False
    packed = gzip.compress(content, compresslevel=6, mtime=0) if zipped else content
    _publish(path, lambda aside: aside.write_bytes(packed))
    return True


def drop_table(path: Path, table: pa.Table) -> bool:
    """Write a Parquet file; otherwise as :func:`drop_text`."""
    if path.exists() and pq.read_table(path).equals(table):
        return False
    _publish(path, lambda aside: pq.write_table(table, aside, compression="zstd"))
    return True


def _publish(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    aside = Path(name)
    try:
        write(aside)
        aside.chmod(0o644)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
