"""What a task costs beyond its stage's own work: one day of flights through a real Airflow."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from _airflow import airflow, backfill, costs, drop, references
from _measure import measure, side
from _show import console
from rich.table import Table

ROWS = 1
DAY = "2013-02-07"
WARM = ("2013-02-04", "2013-02-05", "2013-02-06")
STAGES = (
    *("pin", "ingest", "validate_raw", "protect", "clean", "validate_clean"),
    *("commit", "drift", "release", "notify"),
)


def run(rows: int) -> None:
    """Run the day with the engine imported in the parent, and without; print both, task by task."""
    del rows
    with tempfile.TemporaryDirectory() as folder:
        own = _own_work(Path(folder) / "own")
        now = _tasks(Path(folder) / "now", cheap=True)
        before = _tasks(Path(folder) / "before", cheap=False)
    table = Table(title=f"One day of flights ({DAY}), a task", title_justify="left", box=None)
    for head in (
        *("task", "stage alone s", "task s", "beyond s", "CPU s", "imports"),
        *("before: task s", "CPU s", "imports"),
    ):
        table.add_column(head, justify="left" if head == "task" else "right")
    for task in STAGES:
        a, b, alone = now.get(task), before.get(task), own.get(task)
        if a is None or b is None:
            continue
        beyond = "" if alone is None else f"{a['wall'] - alone:.2f}"
        table.add_row(
            task, "" if alone is None else f"{alone:.2f}", f"{a['wall']:.2f}", beyond,
            f"{a['cpu']:.2f}", str(a["modules"]),
            f"{b['wall']:.2f}", f"{b['cpu']:.2f}", str(b["modules"]),
        )  # fmt: skip
    console.print(table)
    console.print("  before: nothing imported in the scheduler, so that each task does it\n")


def _tasks(home: Path, *, cheap: bool) -> dict[str, dict[str, Any]]:
    """Task → what it cost on the day, after three days that warm the machine's caches."""
    os.environ["ASSAY_HOME"] = str(home)
    drop(home, [*WARM, DAY])
    with airflow(home, cheap=cheap) as services:
        references(services)
        backfill(services, "flights", WARM)
        backfill(services, "flights", [DAY])
        return costs(home, services, "flights", DAY)


def _own_work(home: Path) -> dict[str, float]:
    """Stage → seconds of its call in a warm process, without Airflow."""
    drop(home, [*WARM, DAY])
    done = measure("stages", side("stages_alone.py", home, *WARM, DAY))
    return json.loads(json.dumps(done.result))
