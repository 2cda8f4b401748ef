"""A year of flights, day by day through a real Airflow: how long, and whether memory stays flat."""

from __future__ import annotations

import math
import os
import tempfile
import threading
import time
from pathlib import Path

from _airflow import airflow, backfill, drop, memory, references
from _show import console
from rich.table import Table

from demo.backfill import read_stand
from demo.flights import all_days

ROWS = 365
LONG = True
EVERY_S = 10.0
Sample = tuple[float, dict[str, int]]
"""Seconds since the start, and bytes by process."""


def run(rows: int) -> None:
    """Backfill so many days; print days a minute and the memory of all processes, by tenths."""
    days = all_days()[:rows]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        os.environ["ASSAY_HOME"] = str(home)
        drop(home, days)
        with airflow(home) as services:
            references(services)
            samples: list[Sample] = []
            over = threading.Event()
            watch = threading.Thread(target=_watch, args=(home, samples, over), daemon=True)
            watch.start()
            seconds = backfill(services, "flights", days, pause=5.0)
            over.set()
            watch.join()
        states: dict[str, int] = {}
        for batch in read_stand(home).records["flights"].values():
            states[batch["state"]] = states.get(batch["state"], 0) + 1
    console.print(f"{len(days)} days in {seconds:.0f} s, {60 * len(days) / seconds:.1f} a minute")
    console.print("  " + ", ".join(f"{n} {state}" for state, n in sorted(states.items())))
    console.print("Memory in GB, the least of each tenth of the time; shared pages counted once")
    names = sorted({name for _, held in samples for name in held})
    table = Table(box=None)
    for head in ("after s", *names, "all", "all, the most"):
        table.add_column(head, justify="right")
    size = max(1, math.ceil(len(samples) / 10))
    for tenth in (samples[i : i + size] for i in range(0, len(samples), size)):
        least = [min(held.get(name, 0) for _, held in tenth) for name in names]
        all_of_it = [sum(held.values()) for _, held in tenth]
        figures = (*least, min(all_of_it), max(all_of_it))
        table.add_row(f"{tenth[-1][0]:.0f}", *(f"{n / 1e9:.2f}" for n in figures))
    console.print(table)


def _watch(home: Path, samples: list[Sample], over: threading.Event) -> None:
    began = time.monotonic()
    while not over.wait(EVERY_S):
        samples.append((time.monotonic() - began, memory(home)))
