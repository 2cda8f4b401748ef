"""A cleaning as text: the answer, the reasons, and what each step did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.cleaning._report import CleaningReport, StepReport
from assay.page import number, percent
from assay.page.lines import Grid, TabledText
from assay.verdict import Verdict
from assay.wording import sentence

HEADS: Final = ["step", "column", "changed", "flagged", "dropped rows", "not fitted because"]
NUMBERS: Final = (2, 3, 4)
NO_STEP: Final = "The policy has no step."
_LISTED: Final = 4
_FITTED_ON: Final = {
    "reference": "the reference", "moving": "a moving reference", "batch": "the batch itself",
}  # fmt: skip


def render_text(verdict: Verdict, report: CleaningReport) -> TabledText:
    """Render the cleaning for a terminal: the answer, the reasons, and what each step did."""
    lines = [f"clean: {verdict.outcome.value}. {answer(report)}"]
    lines += [f"  {r.outcome.value}  {r.code}: {sentence(r)}" for r in verdict.reasons]
    lines += [f"  {name}: {value}" for name, value in facts(verdict, report)[2:4]]
    rows = step_rows(report)
    return TabledText([*lines, *(["", Grid(HEADS, rows, NUMBERS)] if rows else [f"  {NO_STEP}"])])


def answer(report: CleaningReport) -> str:
    """Say in a sentence how many rows were changed and dropped."""
    if not report.rows_changed and not report.rows_dropped:
        return f"None of {report.rows_in:,} rows was changed."
    share = percent(report.rows_changed / report.rows_in if report.rows_in else 0)
    dropped = f", {report.rows_dropped:,} dropped" if report.rows_dropped else ", none dropped"
    return f"{report.rows_changed:,} of {report.rows_in:,} rows were changed ({share}){dropped}."


def facts(verdict: Verdict, report: CleaningReport) -> list[tuple[str, str]]:
    """List the counts, what the steps were fitted on, and the versions of policy and state."""
    return [
        ("Rows in", f"{report.rows_in:,}"),
        ("Rows out", f"{report.rows_out:,}"),
        ("Cells changed", f"{report.cells_changed:,} of {report.cells:,}"),
        ("Fitted on", _fitted_on(verdict, report)),
        ("Fitted state", report.state_hash[:12]),
    ]


def _fitted_on(verdict: Verdict, report: CleaningReport) -> str:
    """What the steps learned from, with its name and batches where the verdict has them."""
    what, reference = _FITTED_ON[report.fitted_on], verdict.detail.get("reference")
    if not reference:
        return what
    batches = sorted(reference["versions"])
    shown = ", ".join(batches)
    if len(batches) > _LISTED:
        shown = f"{len(batches)} batches, {batches[0]} to {batches[-1]}"
    return f"{what} {reference['name']} ({shown})"


def step_rows(report: CleaningReport) -> list[list[str]]:
    """Give one row of the table for each column of each step."""
    return [row for step in report.steps for row in _rows_of(step)]


def _rows_of(step: StepReport) -> Iterator[list[str]]:
    name = f"{step.index + 1}. {step.step}"
    dropped = number(step.rows_dropped)
    if not step.columns:
        yield [name, "", number(step.rows_changed), "0", dropped, ""]
    for i, (column, one) in enumerate(step.columns.items()):
        fault = str(one.fault or "").replace("_", " ")
        first = [name, dropped] if i == 0 else ["", ""]
        yield [first[0], column, number(one.changed), number(one.flagged), first[1], fault]
