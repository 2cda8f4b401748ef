"""A DuckDB of its own for one piece of work."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis

from assay.errors import InputError
from assay.lake import private_folder

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
        Folder below which the session makes its own (0700), removed at the end, or by the next
        session if its process was killed; the machine's temporary folder by default. Clear values
        may be in it.
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
    own = private_folder(spill) if spill else tempfile.TemporaryDirectory(prefix="duckdb-")
    with own as folder:
        con = ibis.duckdb.connect(**settings, temp_directory=str(folder))
        try:
            yield con
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise OSError(f"the engine: {str(error).splitlines()[0]}") from error
        finally:
            con.disconnect()


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
