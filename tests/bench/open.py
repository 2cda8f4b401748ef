"""Opening a year of released batches in pandas, and 100 M rows as a stream, beside pyarrow.

    make bench ONLY=open               a year, then 10 M rows in 10 batches
    make bench ONLY=open ROWS=1e8      the stream of 100 M rows in 100 batches

A year is 365 batches of 1 000 rows of 18 columns. One side is `assay.open(…).to_pandas()`, which
finds the snapshot in the registry and compares each file with its hash; the others are pandas over
the same files, one after the other and in one call. The stream adds up one column of all blocks;
its batches of a million rows are ten different ones, again and again. The aims are 1.5 times of
pandas for the year, and less than 1 GB for any number of rows.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from _history import History, project_of
from _measure import BenchError, Measured, measure, side
from _show import show
from _tables import CACHE, wide

from assay.project import Project
from assay.stages.services import Services

ROWS = 10_000_000
NAME = "readings"
DAYS = 365
A_DAY = 1_000
MILLION = 1_000_000
DIFFERENT = 10
"""Files of a million rows that the batches of the stream share."""


def run(rows: int) -> None:
    """The year on each side, then the stream; their sums compared."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        _year(Path(folder))
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        _stream(Path(folder), max(1, rows // MILLION))


def _year(folder: Path) -> None:
    files, env = _released(folder, DAYS, lambda number: wide(A_DAY, seed=number))
    rows = DAYS * A_DAY
    sides = [
        measure("assay.open", side("open_assay.py", "frame", NAME), rows=rows, env=env),
        measure("pandas, file by file", side("open_pandas.py", "each", files), rows=rows),
        measure("pandas, all in one call", side("open_pandas.py", "all", files), rows=rows),
    ]
    _compare(sides)
    again = [
        measure("assay.open", side("open_assay.py", "frame", NAME, "again"), env=env),
        measure("pandas, all in one call", side("open_pandas.py", "all", files, "again")),
    ]
    notes = [
        "seconds after the first imports: " + "; ".join(map(_inside, sides)),
        "seconds in a process that has read them before: " + "; ".join(map(_inside, again)),
    ]
    show(f"{DAYS} batches x {A_DAY:,} rows x 18 columns, in pandas", sides, notes)


def _stream(folder: Path, batches: int) -> None:
    files, env = _released(folder, batches, lambda number: wide(MILLION, number % DIFFERENT + 1))
    rows = batches * MILLION
    sides = [
        measure("assay.open", side("open_assay.py", "blocks", NAME), rows=rows, env=env),
        measure("pyarrow", side("open_pandas.py", "blocks", files), rows=rows),
    ]
    _compare(sides)
    show(f"{batches} batches x 1 M rows x 18 columns, streamed", sides)


def _released(
    folder: Path, batches: int, rows: Callable[[int], Path]
) -> tuple[Path, dict[str, str]]:
    """A home in which these batches are released: a list of their files, and the environment."""
    project_of(folder, [NAME])
    env = {"ASSAY_HOME": str(folder / ".assay"), "ASSAY_PROJECT": str(folder)}
    services = Services(Project.from_environment(env), clock=lambda: datetime.now(UTC))
    History(services, NAME, rows).grow(batches)
    _, versions = services.registry.partitions(NAME, None)
    paths = [str(services.registry.open(v.objects["data"])) for _, v in sorted(versions.items())]
    files = folder / "files.json"
    files.write_text(json.dumps(paths))
    return files, {**os.environ, **env}


def _compare(sides: list[Measured]) -> None:
    ours, *others = (one.result for one in sides)
    for one in others:
        same = math.isclose(ours["sum"], one["sum"], rel_tol=1e-9)
        if (ours["rows"], ours["columns"]) != (one["rows"], one["columns"]) or not same:
            raise BenchError(f"not the same rows: {ours} and {one}")


def _inside(one: Measured) -> str:
    return f"{one.name} {one.result['inside']:.2f}"
