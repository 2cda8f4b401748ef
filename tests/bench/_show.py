"""The sides of a comparison, side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence

from _measure import Measured
from rich.console import Console
from rich.table import Table

console = Console(width=110, highlight=False)


def show(title: str, sides: Sequence[Measured], notes: Sequence[str] = ()) -> None:
    """Print the first side (ours) and the others, with how many times ours each of them takes."""
    ours = sides[0]
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for head in ("", "rows", "wall s", "CPU s", "peak GB", "time ×", "memory ×", "rows/s"):
        table.add_column(head, justify="left" if not head else "right")
    for one in sides:
        rate = one.rows / one.wall if one.rows else None
        table.add_row(
            one.name,
            f"{one.rows:,}".replace(",", " ") if one.rows else "",
            f"{one.wall:.1f}",
            f"{one.cpu:.1f}",
            f"{one.peak / 1e9:.2f}",
            f"{one.wall / ours.wall:.1f}",
            f"{one.peak / ours.peak:.1f}" if ours.peak else "",
            f"{rate:,.0f}".replace(",", " ") if rate else "",
        )
    console.print(table)
    for note in notes:
        console.print(f"  {note}")
    load = os.getloadavg()[0]
    console.print(f"  {os.cpu_count()} cores, load {load:.1f} over the last minute\n", style="dim")
