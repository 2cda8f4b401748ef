"""A sweep's plan as tables, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.cli._console import results, table_of

if TYPE_CHECKING:
    from assay.retention import RetentionPlan
    from assay.retention.approval import AskedFor
    from assay.retention.evidence import Evidence


def plan_json(plan: RetentionPlan, asked: Sequence[AskedFor] = ()) -> dict[str, Any]:
    """The plan with its hash, its totals, and what each rule keeps."""
    from assay.retention.totals import freed, keeps, totals

    return {
        **plan.model_dump(mode="json"),
        "hash": plan.hash,
        "freed": freed(plan),
        "totals": [t.model_dump() for t in totals(plan)],
        "keeps": [k.model_dump() for k in keeps(plan)],
        "asked_for": [one.model_dump() for one in asked],
    }


def print_plan(plan: RetentionPlan, asked: Sequence[AskedFor] = ()) -> None:
    """Print what goes, what is kept by which rule, the totals, and the command that applies it."""
    from assay.retention.totals import freed, size_text

    if plan.due:
        _print_going(plan)
    else:
        results.print("Nothing is past its maximum age and may go.")
    if plan.delayed or plan.kept:
        _print_kept(plan)
    for problem in plan.problems:
        results.print(f"Problem: {problem}", style="yellow")
    if plan.due:
        _print_totals(plan)
        results.print(f"\n{plan.due} due, {size_text(freed(plan))}.")
        for one in asked:
            results.print(f"A person must approve it. {one.dataset}: {one.words}.", style="yellow")
        approve = f" --approve {plan.hash[:12]}" if asked else ""
        print(f"Apply it: assay retention apply {plan.hash}{approve}")  # noqa: T201 - never wrapped


def _print_going(plan: RetentionPlan) -> None:
    from assay.retention.totals import size_text

    table = table_of(("what", "goes because", "kept under", "due", "size"), right=["size"])
    for item in plan.removals:
        due = f"{item.due:%Y-%m-%d}"
        table.add_row(item.path, item.why, item.basis or "–", due, size_text(item.bytes))
    for one in plan.versions:
        what = f"version {one.name}: {', then '.join(one.actions)}"
        due = f"{one.due:%Y-%m-%d}"
        table.add_row(what, one.why, one.basis or "–", due, size_text(one.bytes))
    if plan.objects:
        table.add_row(f"{len(plan.objects)} objects: to the trash", "no version needs them")
    if plan.trash:
        table.add_row(f"{len(plan.trash)} objects of the trash: deleted", "their time is over")
    results.print(table)


def _print_kept(plan: RetentionPlan) -> None:
    from assay.retention.totals import size_text

    heads = ("past the maximum age, but kept", "rule", "what keeps it", "size")
    table = table_of(heads, right=["size"])
    for item in plan.delayed:
        table.add_row(item.path, item.rule, ", ".join(item.needed_by), size_text(item.bytes))
    for one in plan.kept:
        kept = ", ".join(one.kept_by)
        table.add_row(f"version {one.name}", one.rule, kept, size_text(one.bytes))
    results.print(table)


def _print_totals(plan: RetentionPlan) -> None:
    from assay.retention.totals import size_text, totals

    table = table_of(("zone", "class", "items", "files", "size"), right=["items", "files", "size"])
    for t in totals(plan):
        cells = (f"{t.items:,}", f"{t.files:,}", size_text(t.bytes))
        table.add_row(t.zone, t.classification, *cells)
    results.print(table)


def print_evidence(found: Evidence) -> None:
    """Print what a sweep removed, and what a search found of it afterwards."""
    from assay.retention.evidence import render_evidence
    from assay.retention.totals import size_text

    results.print(
        f"Plan {found.plan[:12]}, {found.at:%Y-%m-%d %H:%M} UTC: {found.files} files "
        f"({size_text(found.bytes)}), {found.versions} versions; objects: {found.set_aside} set "
        f"aside, {found.deleted} deleted, {found.purged} past versions and markers deleted."
    )
    table = table_of(("searched", "looked for", "found"), right=["looked for", "found"])
    for place in found.searched:
        count = "not searched" if place.found is None else f"{place.found:,}"
        table.add_row(place.place, f"{place.looked_for:,}", count)
    results.print(table)
    results.print(render_evidence(found).rstrip())
