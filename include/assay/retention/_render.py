"""Plans and results as text; their JSON is ``model_dump_json``."""

from __future__ import annotations

from collections import Counter

from assay.retention._apply import RetentionResult
from assay.retention._plan import RetentionPlan
from assay.retention.totals import freed, size_text


def render_plan(plan: RetentionPlan) -> str:
    """Render a plan as text: what is removed and why, what is delayed, and the problems.

    Returns
    -------
    str
        Lines; the last one has the command that applies it.
    """
    lines = [
        f"{r.path}\n    {r.why}: {r.since:%Y-%m-%d}, due {r.due:%Y-%m-%d}"
        f" ({r.files} files, {size_text(r.bytes)}){_kept_under(r.basis)}"
        for r in plan.removals
    ]
    lines += [
        f"version {v.name}: {', then '.join(v.actions)}\n    {v.why}: {v.since:%Y-%m-%d}, "
        f"due {v.due:%Y-%m-%d} ({size_text(v.bytes)}){_kept_under(v.basis)}"
        for v in plan.versions
    ]
    if plan.objects:
        lines += [
            f"{len(plan.objects)} objects of the registry that no version needs: to the trash"
        ]
    if plan.trash:
        lines += [f"{len(plan.trash)} objects whose time in the trash is over: deleted"]
    if not lines:
        lines = ["Nothing is past its maximum age."]
    if plan.delayed or plan.kept:
        lines += ["", "Past the maximum age, but kept:"]
        lines += [f"  {d.path}: {', '.join(d.needed_by)}" for d in plan.delayed]
        lines += [f"  version {k.name}: {', '.join(k.kept_by)}" for k in plan.kept]
    if plan.problems:
        lines += ["", "Problems:", *(f"  {p}" for p in plan.problems)]
    if plan.due:
        lines += ["", _total(plan), f"Apply it: assay retention apply {plan.hash}"]
    return "\n".join(lines) + "\n"


def _total(plan: RetentionPlan) -> str:
    zones = Counter(r.zone for r in plan.removals)
    counts = [f"{zone} {n}" for zone, n in sorted(zones.items())]
    for verb in ("withdraw", "archive", "remove"):
        if n := sum(verb in v.actions for v in plan.versions):
            counts.append(f"versions to {verb} {n}")
    return f"{plan.due} due ({', '.join(counts)}), {size_text(freed(plan))}."


def _kept_under(basis: str | None) -> str:
    return f"\n    it was kept under {basis}" if basis else ""


def render_result(result: RetentionResult) -> str:
    """Render the result of a sweep in a sentence or two."""
    text = f"Removed {len(result.removed)} ({result.files} files, {size_text(result.bytes)})."
    if result.gone_before:
        text += f" {len(result.gone_before)} of the plan were gone before."
    if result.kept:
        text += f" {len(result.kept)} of the plan stay, because something needs them now:"
        text += f" {', '.join(result.kept)}."
    if result.versions:
        text += f" {len(result.versions)} versions reached their end."
    if result.objects:
        text += f" {result.objects} objects went to the trash (assay versions trash list)."
    if result.deleted:
        text += f" {result.deleted} objects of the trash were deleted."
    return text + "\n"
