"""A mutation score as a person reads it."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from assay.cli._console import results


def print_score(score: Any) -> None:
    """A mutation score as a table, and what lives."""
    told = score.document()
    share = "–" if told["score"] is None else f"{told['score']:.0%}"
    title = f"Mutation score {share}: {told['caught']} of {told['planted']} planted faults are told"
    table = Table(title=title, title_justify="left", box=None)
    for name in ("fault", "planted", "told"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for kind, n in told["by_fault"].items():
        table.add_row(kind, str(n["planted"]), str(n["caught"]))
    results.print(table)
    living = [f for f in told["faults"] if not f["caught_by"]]
    for f in living[:30]:
        results.print(f"  not told: {f['fault']} in {', '.join(f['columns']) or 'the table'} "
                      f"({f['rows']} rows)")  # fmt: skip
    if len(living) > 30:
        results.print(f"  and {len(living) - 30} more (--json has all)")
    if told["unmet_before"]:
        unmet = ", ".join(told["unmet_before"])
        results.print(f"  not met to begin with, so of no use here: {unmet}")
    results.print("")
