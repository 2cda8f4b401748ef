"""A year of flights, day by day through a real Airflow: how long, and whether memory stays flat."""

from __future__ import annotations

import math
import os
import tempfile
import threading
import time
from pathlib import Path

from _airflow import airflow, backfill, drop, references, tree_memory
from _show import console
from rich.table import Table

from demo.flights import all_days
from demo.office import read_stand

ROWS = 365
LONG = True
EVERY_S = 10.0


def run(rows: int) -> None:
    """Backfill so many days; print days a minute and the memory of all processes, by tenths."""
    days = all_days()[:rows]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        os.environ["ASSAY_HOME"] = str(home)
        drop(home, days)
        with airflow(home) as office:
            references(office)
            samples: list[tuple[float, int]] = []
            over = threading.Event()
            watch = threading.Thread(target=_watch, args=(home, samples, over), daemon=True)
            watch.start()
            seconds = backfill(office, "flights", days, pause=5.0)
            over.set()
            watch.join()
        states: dict[str, int] = {}
        for batch in read_stand(home).records["flights"].values():
            states[batch["state"]] = states.get(batch["state"], 0) + 1
    console.print(f"{len(days)} days in {seconds:.0f} s, {60 * len(days) / seconds:.1f} a minute")
    console.print("  " + ", ".join(f"{n} {state}" for state, n in sorted(states.items())))
    console.print("Memory of all processes, shared pages counted once")
    table = Table(box=None)
    for head in ("after s", "least GB", "most GB"):
        table.add_column(head, justify="right")
    for tenth in _tenths(samples):
        held = [gb for _, gb in tenth]
        table.add_row(f"{tenth[-1][0]:.0f}", f"{min(held):.2f}", f"{max(held):.2f}")
    console.print(table)


def _tenths(samples: list[tuple[float, int]]) -> list[list[tuple[float, float]]]:
    """The samples in GB, in ten parts of the time; what runs at a moment comes and goes."""
    size = max(1, math.ceil(len(samples) / 10))
    scaled = [(at, held / 1e9) for at, held in samples]
    return [scaled[i : i + size] for i in range(0, len(scaled), size)]


def _watch(home: Path, samples: list[tuple[float, int]], over: threading.Event) -> None:
    began = time.monotonic()
    while not over.wait(EVERY_S):
        samples.append((time.monotonic() - began, tree_memory(home)))
