"""A cleaning as one HTML page: what was changed, by column, by step, by group."""

from __future__ import annotations

from markupsafe import Markup

from assay.cleaning._render import HEADS, NO_STEP, NUMBERS, answer, facts, step_rows
from assay.cleaning._report import CleaningReport, GroupReport
from assay.page import (
    Lead,
    PageContext,
    Section,
    number,
    percent,
    reasons,
    render_page,
    table,
    text,
)
from assay.page.draw import bar, count_axis, scale_end
from assay.verdict import Verdict

_NONE = "The changes are within the policy’s budget."
_STEPS = "In the order in which they ran. Each step works on the result of the one before it."
_GROUPS = "Counts below the policy’s least number are shown as <n."


def render_html(verdict: Verdict, report: CleaningReport, context: PageContext) -> str:
    """Render the cleaning as a page, in counts only."""
    steps = table(HEADS, step_rows(report), numbers=NUMBERS) or text(NO_STEP)
    sections = [
        Section("Reasons", [reasons(verdict.reasons, _NONE)]),
        Section("Cells changed by column", [_columns(report)]),
        Section("Changes by step", [steps], _STEPS),
        Section("By group", [_groups(report.groups, context)], _GROUPS),
    ]
    lead = Lead.of(verdict, answer(report), facts(verdict, report))
    return render_page(context.title("Cleaning"), lead, sections, context.back)


def _columns(report: CleaningReport) -> Markup:
    """Columns with a changed cell, the most first."""
    changed = sorted(((n, c) for c, n in report.columns.items() if n), reverse=True)
    most = scale_end(max((n for n, _ in changed), default=1))
    rows = []
    for count, column in changed:
        share = percent(count / report.rows_in if report.rows_in else None)
        drawn = bar(count, most, f"{column}: {count:,} cells changed")
        rows.append((column, drawn, number(count), share))
    heads = ["column", count_axis(most), "cells changed", "share of rows"]
    return table(heads, rows, drawn=(1,), numbers=(2, 3))


def _groups(groups: tuple[GroupReport, ...], context: PageContext) -> Markup:
    counts = ("rows", "changed", "dropped", "imputed", "outliers")
    rows = (
        [
            f"{g.column}: {context.named(g.column, g.level)}",
            *(number(getattr(g, name)) for name in counts),
        ]
        for g in groups
    )
    return table(["group", *counts], rows, numbers=range(1, 6))
