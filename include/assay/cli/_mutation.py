"""The printed mutation score."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from assay.cli._console import results


def print_score(score: Any) -> None:
    """A mutation score as a table, and the faults that aren't detected."""
    found = score.document()
    share = "–" if found["score"] is None else f"{found['score']:.0%}"
    faults = f"{found['caught']} of {found['planted']} planted faults"
    title = f"Mutation score {share}: {faults} are detected"
    table = Table(title=title, title_justify="left", box=None)
    for name in ("fault", "planted", "detected"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for kind, n in found["by_fault"].items():
        table.add_row(kind, str(n["planted"]), str(n["caught"]))
    results.print(table)
    missed = [f for f in found["faults"] if not f["caught_by"]]
    for f in missed[:30]:
        results.print(f"  not detected: {f['fault']} in {', '.join(f['columns']) or 'the table'} "
                      f"({f['rows']} rows)")  # fmt: skip
    if len(missed) > 30:
        results.print(f"  and {len(missed) - 30} more (--json has all)")
    if found["unmet_before"]:
        unmet = ", ".join(found["unmet_before"])
        results.print(f"  unmet on the unharmed data, so not used: {unmet}")
    results.print("")
