"""A year of flights, day by day through a real Airflow: how long, and whether memory stays flat."""

from __future__ import annotations

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
    table.add_column("after s", justify="right")
    table.add_column("GB", justify="right")
    for at, held in samples[:: max(1, len(samples) // 10)]:
        table.add_row(f"{at:.0f}", f"{held / 1e9:.2f}")
    console.print(table)


def _watch(home: Path, samples: list[tuple[float, int]], over: threading.Event) -> None:
    began = time.monotonic()
    while not over.wait(EVERY_S):
        samples.append((time.monotonic() - began, tree_memory(home)))
