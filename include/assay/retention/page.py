"""A sweep's plan as one HTML page, for the owner and the auditor."""

from __future__ import annotations

from typing import Final

from assay.page import Lead, Section, number, render_page, table, text
from assay.retention._plan import RetentionPlan
from assay.retention.totals import freed, keeps, size_text, totals

_KEPT: Final = "The strongest rule is shown first: a legal hold, the statutory minimum, a stay, "
_ORDER: Final = "a run at work, a snapshot, a rollback point."


def render_plan_page(plan: RetentionPlan) -> str:
    """Render what goes, why and under which basis it was kept, and what is kept by which rule."""
    answer = "Nothing is past its maximum age."
    if plan.due:
        answer = f"{plan.due:,} things go, {size_text(freed(plan))}. Nothing is removed yet."
    facts = [("Plan", plan.hash[:12]), ("Kept by a rule", f"{len(plan.delayed) + len(plan.kept)}")]
    sections = [_totals(plan), _going(plan), _versions(plan), _kept(plan), _problems(plan)]
    return render_page("What a sweep removes", Lead(None, answer, facts), sections)


def _totals(plan: RetentionPlan) -> Section:
    rows = [
        (t.zone, t.classification, number(t.items), number(t.files), size_text(t.bytes))
        for t in totals(plan)
    ]
    heads = ("Zone", "Strictest class of columns", "Items", "Files", "Size")
    objects = f"Objects that no version needs, to the trash: {len(plan.objects)}. "
    objects += f"Objects of the trash that are deleted: {len(plan.trash)}."
    return Section("Totals", [table(heads, rows, numbers=(2, 3, 4)), text(objects, "note")])


def _going(plan: RetentionPlan) -> Section:
    rows = [
        (r.path, r.why, r.basis or "–", f"{r.due:%Y-%m-%d}", number(r.files), size_text(r.bytes))
        for r in plan.removals
    ]
    heads = ("Item", "Why it goes", "Kept under", "Due", "Files", "Size")
    return Section("Files", [table(heads, rows, numbers=(4, 5))])


def _versions(plan: RetentionPlan) -> Section:
    rows = [
        (v.name, ", then ".join(v.actions), v.why, v.basis or "–", f"{v.due:%Y-%m-%d}",
         size_text(v.bytes))
        for v in plan.versions
    ]  # fmt: skip
    heads = ("Version", "What becomes of it", "Why it goes", "Kept under", "Due", "Size")
    return Section("Versions", [table(heads, rows, numbers=(5,))])


def _kept(plan: RetentionPlan) -> Section:
    sums = [(k.rule, number(k.items), size_text(k.bytes)) for k in keeps(plan)]
    rows = [(d.path, d.rule, f"{d.due:%Y-%m-%d}", ", ".join(d.needed_by)) for d in plan.delayed]
    rows += [
        (f"version {k.name}", k.rule, f"{k.due:%Y-%m-%d}", ", ".join(k.kept_by)) for k in plan.kept
    ]
    return Section(
        "Past the maximum age, but kept",
        [
            table(("Rule", "Items", "Size"), sums, numbers=(1, 2)),
            table(("Item", "Rule", "Maximum reached", "What keeps it"), rows),
        ],
        _KEPT + _ORDER,
    )


def _problems(plan: RetentionPlan) -> Section:
    return Section(
        "Problems", [table(("Nobody is responsible for it",), [(p,) for p in plan.problems])]
    )
