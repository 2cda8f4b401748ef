"""What it costs that each file of a run is hashed by its writer and by whoever reads it next."""

from __future__ import annotations

from _measure import measure, side
from _show import show

ROWS = 1_000_000


def run(rows: int) -> None:
    """One run of a batch; the share of its seconds that went into hashes."""
    ours = measure("a run of a batch", side("hashes_of_a_run.py", rows), rows=rows)
    whole = ours.result.pop("run")
    notes = [f"hashes {name}: {s:.2f} s, {s / whole:.2%}" for name, s in ours.result.items()]
    show("Hashes of a run's files", [ours], [f"the run: {whole:.1f} s", *notes])
