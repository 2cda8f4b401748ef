"""A cleaning as one HTML page and as text: what was changed, by column, by rule, by group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from assay.cleaning._report import CleaningReport, GroupReport, StepReport
from assay.page import Lead, Section, number, percent, reasons, render_page, table, text
from assay.page.draw import bar
from assay.verdict import Verdict

_HEADS: Final = ["step", "column", "changed", "flagged", "dropped rows", "why not"]
_NUMBERS: Final = (2, 3, 4)
_LISTED: Final = 4
_FITTED_ON: Final = {
    "reference": "the reference", "moving": "a moving reference", "batch": "the batch itself",
}  # fmt: skip


def render_cleaning_html(
    verdict: Verdict, report: CleaningReport, title: str = "Cleaning", back: str | None = None
) -> str:
    """The cleaning as a page, in counts only.

    Parameters
    ----------
    verdict : Verdict
        From :func:`judge_cleaning`.
    report : CleaningReport
    title : str
        What the page is about, e.g. data set and batch.
    back : str, optional
        File name of the run's overview.
    """
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "Nothing passes the policy’s budget.")]),
        Section("Cells changed by column", _some(_columns(report))),
        *_steps(report),
        Section(
            "By group", _some(_groups(report.groups)), "Counts below the least number show as <n."
        ),
    ]
    return render_page(
        title, Lead(verdict.outcome, _answer(report), _facts(verdict, report)), sections, back
    )


def render_cleaning_text(verdict: Verdict, report: CleaningReport) -> str:
    """The cleaning for a terminal: the answer, the reasons, and what each step did."""
    lines = [f"clean: {verdict.outcome.value}. {_answer(report)}"]
    lines += [f"  {r.outcome.value}  {r.code}: {r.message}" for r in verdict.reasons]
    lines += [f"  {name}: {value}" for name, value in _facts(verdict, report)[2:4]]
    rows = [row for step in report.steps for row in _step(step)]
    if not rows:
        return "\n".join([*lines, "  The policy has no step."])
    whole = [_HEADS, *rows]
    widths = [max(len(row[i]) for row in whole) for i in range(len(_HEADS))]
    lines.append("")
    for row in whole:
        cells = [
            cell.rjust(width) if i in _NUMBERS else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _answer(report: CleaningReport) -> str:
    if not report.rows_changed and not report.rows_dropped:
        return f"None of {report.rows_in:,} rows was changed."
    share = percent(report.rows_changed / report.rows_in if report.rows_in else 0)
    dropped = f", {report.rows_dropped:,} dropped" if report.rows_dropped else ", none dropped"
    return f"{report.rows_changed:,} of {report.rows_in:,} rows were changed ({share}){dropped}."


def _facts(verdict: Verdict, report: CleaningReport) -> list[tuple[str, str]]:
    return [
        ("Rows in", f"{report.rows_in:,}"),
        ("Rows out", f"{report.rows_out:,}"),
        ("Cells changed", f"{report.cells_changed:,} of {report.cells:,}"),
        ("Fitted on", _fitted_on(verdict, report)),
        ("Policy", report.policy_hash[:12]),
        ("Fitted state", report.state_hash[:12]),
    ]


def _fitted_on(verdict: Verdict, report: CleaningReport) -> str:
    """What the steps learned from, with its name and batches where the verdict has them."""
    what, reference = _FITTED_ON[report.fitted_on], verdict.detail.get("reference")
    if not reference:
        return what
    batches = sorted(reference["versions"])
    told = ", ".join(batches)
    if len(batches) > _LISTED:
        told = f"{len(batches)} batches, {batches[0]} to {batches[-1]}"
    return f"{what} {reference['name']} ({told})"


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
    rows = [row for step in report.steps for row in _step(step)]
    note = "In the order in which they ran, each on what the one before it gave."
    if not rows:
        yield Section("By rule", [text("The policy has no step.")])
        return
    yield Section("By rule", _some(table(_HEADS, rows, numbers=_NUMBERS)), note)


def _step(step: StepReport) -> Iterator[list[str]]:
    name = f"{step.index + 1}. {step.step}"
    dropped = number(step.rows_dropped)
    if not step.columns:
        yield [name, "", number(step.rows_changed), "0", dropped, ""]
    for i, (column, one) in enumerate(step.columns.items()):
        fault = str(one.fault or "").replace("_", " ")
        first = [name, dropped] if i == 0 else ["", ""]
        yield [first[0], column, number(one.changed), number(one.flagged), first[1], fault]


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
