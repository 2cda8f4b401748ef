"""Findings as people read them: a table of the command, and a page."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from assay.page import Lead, PageContext, Section, reasons, render_page, table, text
from assay.page.lines import Grid
from assay.privacy.finding._finding import Finding, Found
from assay.privacy.finding._words import noun_of
from assay.verdict import Verdict

HEADS: Final = ("column", "looks like", "share", "sure", "why", "state")
_NONE: Final = "No column looks personal that the contract doesn’t classify."
_HOW: Final = "Of the distinct values of each column. Counts only: no value is stored or shown."


def rows_of(found: Found, open_: Collection[Finding]) -> list[tuple[str, ...]]:
    """A row for each finding: what it is, why, and what became of it."""
    return [
        (
            one.column,
            f"{noun_of(one.kind)} ({one.form})",
            f"{100 * one.share:.1f} %",
            one.sure,
            "; ".join(one.evidence),
            _state(one, open_),
        )
        for one in found.findings
    ]


def _state(one: Finding, open_: Collection[Finding]) -> str:
    if one in open_:
        return "undeclared"
    return "declared" if one.about == "person" else "of an organisation"


def render_findings(found: Found, open_: Collection[Finding]) -> list[str | Grid]:
    """The lines of a search: a table of what was found, and how many are undeclared."""
    counted = f"{found.rows:,} rows, {found.columns} columns read"
    if not found.findings:
        return [f"{counted}: no column looks personal."]
    rows = rows_of(found, open_)
    said = f"{counted}: {len(found.findings)} findings, {len(open_)} of them undeclared."
    return [Grid(HEADS, rows, numbers=(2,)), said]


def render_html(verdict: Verdict, found: Found, open_: Collection[Finding],
                context: PageContext) -> str:  # fmt: skip
    """The page of a search: what looks personal, in counts only."""
    shown = table(HEADS, rows_of(found, open_), numbers=(2,)) or text("No column looks personal.")
    sections = [
        Section("Reasons", [reasons(verdict.reasons, _NONE)]),
        Section("Columns that look personal", [shown], _HOW),
    ]
    facts = [("rows", f"{found.rows:,}"), ("columns read", str(found.columns))]
    answer = "Undeclared personal data" if open_ else "No undeclared personal data"
    lead = Lead.of(verdict, answer, facts)
    return render_page(context.title("Personal data"), lead, sections, context.back)
