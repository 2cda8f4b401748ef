"""A DuckDB of its own for one piece of work."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis


@contextmanager
def session(
    spill: Path | None = None, threads: int | None = None, memory: str | None = None
) -> Iterator[Any]:
    """Open an Ibis backend on an in-memory DuckDB that spills to a private folder.

    Parameters
    ----------
    spill : Path, optional
        Folder below which the session makes its own (0700), removed at the end; the machine's
        temporary folder by default. Clear values may be in it.
    threads : int, optional
        Threads to use; all cores by default. Results don't depend on it.
    memory : str, optional
        DuckDB's memory limit, e.g. ``"2GB"``; DuckDB's own default (80 % of memory) otherwise.

    Yields
    ------
    ibis.backends.duckdb.Backend
    """
    if spill is not None:
        spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="duckdb-", dir=spill))
    settings: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": str(folder),
    }
    if threads is not None:
        settings["threads"] = threads
    if memory is not None:
        settings["memory_limit"] = memory
    con = ibis.duckdb.connect(**settings)
    try:
        yield con
    finally:
        con.disconnect()
        shutil.rmtree(folder, ignore_errors=True)
