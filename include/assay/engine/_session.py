"""A DuckDB of its own for one piece of work."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import ibis

from assay.errors import InputError

MEMORY: Final = "2GB"
"""What an engine may hold before it spills: four tasks side by side fit a machine of 16 GB."""


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
        What DuckDB may hold before it spills, e.g. ``"4GB"``; by default what the environment
        variable ``ASSAY_MEMORY`` says, or 2 GB. The whole process takes some 0.5 GB more.

    Yields
    ------
    ibis.backends.duckdb.Backend

    Raises
    ------
    InputError
        If ``ASSAY_MEMORY`` is no amount of memory.
    """
    limit = memory or _configured()
    if spill is not None:
        spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="duckdb-", dir=spill))
    settings: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": str(folder),
        "memory_limit": limit,
    }
    if threads is not None:
        settings["threads"] = threads
    con = ibis.duckdb.connect(**settings)
    try:
        yield con
    finally:
        con.disconnect()
        shutil.rmtree(folder, ignore_errors=True)


def _configured() -> str:
    """The limit that the environment sets, checked, or the default."""
    asked = os.environ.get("ASSAY_MEMORY", "").strip() or MEMORY
    if not re.fullmatch(r"[1-9]\d*(\.\d+)?\s*[KMGT]i?B", asked):
        raise InputError(
            "is no amount of memory",
            where="ASSAY_MEMORY",
            got=asked,
            expected="a number with its unit, such as 512MB, 4GB or 1.5GiB",
        )
    return asked
