"""What a table of many columns costs: two days of 300 columns through every stage, stage by stage.

make bench ONLY=columns                    a million rows a day
COLUMNS=100 make bench ONLY=columns ROWS=1e5
"""

from __future__ import annotations

import os

from _measure import measure, side
from _show import console
from rich.table import Table

ROWS = 1_000_000
COLUMNS = int(os.environ.get("COLUMNS") or 300)


def run(rows: int) -> None:
    """Each stage of the second day, in a process of its own; seconds and memory."""
    whole = measure("every stage", side("stages_of_many_columns.py", rows, COLUMNS), rows=rows)
    title = f"{rows:,} rows × {COLUMNS} columns, two days, drift of a third of the columns"
    table = Table(title=title, title_justify="left", box=None)
    for head in ("second day", "s", "CPU s", "peak GB"):
        table.add_column(head, justify="left" if head == "second day" else "right")
    for name, cost in whole.result.items():
        table.add_row(name, f"{cost['wall']:.1f}", f"{cost['cpu']:.1f}", f"{cost['peak']:.2f}")
    table.add_row("", "", "", f"{max(c['peak'] for c in whole.result.values()):.2f}")
    console.print(table)
    console.print(f"  {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n", style="dim")
