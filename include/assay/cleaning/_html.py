"""A cleaning as one HTML page: what was changed, by column, by rule, by group."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from assay.cleaning._render import HEADS, NUMBERS, answer, facts, step_rows
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
from assay.page.draw import bar
from assay.verdict import Verdict


def render_html(verdict: Verdict, report: CleaningReport, context: PageContext) -> str:
    """The cleaning as a page, in counts only.

    Parameters
    ----------
    verdict : Verdict
        From :func:`judge_cleaning`.
    report : CleaningReport
    context : PageContext
    """
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "Nothing passes the policy’s budget.")]),
        Section("Cells changed by column", _some(_columns(report))),
        *_steps(report),
        Section(
            "By group", _some(_groups(report.groups)), "Counts below the least number show as <n."
        ),
    ]
    lead = Lead(verdict.outcome, answer(report), facts(verdict, report))
    return render_page(context.title("Cleaning"), lead, sections, context.back)


def _columns(report: CleaningReport) -> Markup:
    """Columns with a changed cell, the most first."""
    changed = sorted(((n, c) for c, n in report.columns.items() if n), reverse=True)
    most = max((n for n, _ in changed), default=1)
    rows = (
        (
            column,
            bar(count, most, f"{column}: {count:,} cells changed"),
            f"{count:,}",
            percent(count / report.rows_in if report.rows_in else None),
        )
        for count, column in changed
    )
    return table(["column", "", "cells", "of its rows"], rows, drawn=(1,), numbers=(2, 3))


def _steps(report: CleaningReport) -> Iterator[Section]:
    rows = [row for step in report.steps for row in step_rows(step)]
    note = "In the order in which they ran, each on what the one before it gave."
    if not rows:
        yield Section("By rule", [text("The policy has no step.")])
        return
    yield Section("By rule", _some(table(HEADS, rows, numbers=NUMBERS)), note)


def _groups(groups: tuple[GroupReport, ...]) -> Markup:
    rows = (
        [f"{g.column}: {g.level}", *(_count(n) for n in (g.rows, g.changed, g.dropped, g.imputed,
                                                         g.outliers))]
        for g in groups
    )  # fmt: skip
    heads = ["group", "rows", "changed", "dropped", "imputed", "outliers"]
    return table(heads, rows, numbers=range(1, 6))


def _count(count: int | str) -> str:
    return count if isinstance(count, str) else number(count)


def _some(*parts: Markup) -> list[Markup]:
    return [part for part in parts if part]
