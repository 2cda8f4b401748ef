"""Proposed expectations and mutation scores as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from assay.cli._console import results, table_of

if TYPE_CHECKING:
    from assay.onboarding import Proposal, Remark


def proposals_table(proposals: Sequence[Proposal]) -> Table:
    """A table of proposals: columns, expectation, evidence."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("column", "expectation", "evidence"):
        table.add_column(name, overflow="fold")
    for p in proposals:
        of = ", ".join(_columns(p)) or "the table"
        table.add_row(*map(Text, (of, _summary(p), p.rationale)))
    return table


def _columns(p: Proposal) -> list[str]:
    named = [p.kwargs.get(k) for k in ("column", "column_A", "column_B")]
    return [c for c in (*named, *p.kwargs.get("column_list", ())) if c]


def _summary(p: Proposal) -> str:
    """The expectation in short: its name and its arguments."""
    short = plain(p.type)
    given = {k: v for k, v in p.kwargs.items() if not k.startswith(("column", "ignore"))}
    arguments = []
    for key, value in given.items():
        text = f"{len(value)} of them" if isinstance(value, list) and len(value) > 6 else str(value)
        arguments.append(f"{key} {text}")
    return short + (f": {', '.join(arguments)}" if arguments else "")


def print_remarks(remarks: Iterable[Remark]) -> None:
    """Print what was found and isn't proposed, with the reason."""
    lines = [f"  {r.column}: {r.text}" for r in remarks]
    if lines:
        results.print("\n".join(["", "Found, and not proposed:", *lines]))


def short(label: str) -> str:
    """A label as a person reads it: the column, then what is expected of it."""
    kind, _, columns = label.partition(":")
    return f"{columns or 'the table'}: {plain(kind)}"


def plain(kind: str) -> str:
    """The name of an expectation's type in words."""
    name = kind.removeprefix("expect_").removeprefix("column_").removeprefix("values_")
    return name.removeprefix("to_").replace("_", " ")


def print_score(score: Any) -> None:
    """A mutation score as a table, and the faults that aren't detected."""
    found = score.document()
    share = "–" if found["score"] is None else f"{found['score']:.0%}"
    faults = f"{found['caught']} of {found['planted']} planted faults"
    title = f"Mutation score {share}: {faults} are detected"
    table = table_of(["fault", "planted", "detected"], ["planted", "detected"], title)
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
