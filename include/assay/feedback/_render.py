"""A feedback verdict as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from assay.feedback._report import FeedbackReport
from assay.feedback._words import interval_text, named, percent_text, shown
from assay.page.lines import aligned
from assay.reasons import gate_word, verdict_word
from assay.verdict import Verdict
from assay.wording import sentence

_ROWS: Final = 12


def render_text(verdict: Verdict, report: FeedbackReport) -> str:
    """The verdict as lines for a terminal: outcome, reasons, figures, where and why the errors."""
    d = verdict.detail
    lines = [f"feedback: {verdict_word(verdict)}"]
    lines.append(
        f"batch {d['batch']}: {d['rows']:,} predictions, {d['labelled']:,} with their outcome"
    )
    for reason in verdict.reasons:
        word = gate_word(reason.outcome, [reason.code])
        lines.append(f"  {word:<12} {reason.code}: {sentence(reason)}")
    lines += [f"  {note}" for note in report.notes]
    for part in (_figures, _estimated, _slices, _segments, _marked, _misclassified, _advice):
        found = list(part(report))
        lines += ["", *found] if found else []
    return "\n".join(lines)


def _figures(report: FeedbackReport) -> Iterator[str]:
    judged = report.measured.judged
    if judged is None or not judged.figures:
        return
    rows = [("figure", "value", "interval", "test", "rows")]
    for name, estimate in judged.figures.items():
        test = report.test.get(name)
        before = shown(test.value) if test else "–"
        ends = interval_text(estimate)
        rows.append((named(name), shown(estimate.value), ends, before, f"{estimate.n:,}"))
    yield "figures of the batch, and on the test rows"
    yield from aligned(rows, numbers={1, 2, 3, 4})


def _estimated(report: FeedbackReport) -> Iterator[str]:
    found = report.estimated.get(report.measured.batch)
    if not found:
        return
    rows = [("figure", "estimate", "interval")]
    for name, estimate in found.items():
        rows.append((named(name), shown(estimate.value), interval_text(estimate)))
    yield "estimated before the outcomes, if there is no concept change"
    yield from aligned(rows, numbers={1, 2})


def _slices(report: FeedbackReport) -> Iterator[str]:
    rows = [("slice", "level", "accuracy", "interval", "rows")]
    for part in report.measured.of_kind("slice"):
        name = "accuracy" if "accuracy" in part.figures else "mae"
        if name in part.figures:
            rows[0] = ("slice", "level", named(name), "interval", "rows")
            estimate = part.figures[name]
            figures = shown(estimate.value), interval_text(estimate), f"{estimate.n:,}"
            rows.append((part.column or "", part.level, *figures))
    if len(rows) > 1:
        yield "slices of the batch"
        yield from aligned(rows, numbers={2, 3, 4})


def _segments(report: FeedbackReport) -> Iterator[str]:
    if report.segments is None:
        return
    if not report.segments:
        yield "segments: none has more errors than the rest, beyond chance"
        return
    yield "segments with more errors than the rest (not judged)"
    for one in report.segments:
        shares = f"{percent_text(one.share_of_rows)} of the rows"
        shares += f", {percent_text(one.share_of_errors)} of the errors"
        yield f"  {one.name}: {shown(one.ratio.value)} times ({interval_text(one.ratio)}), {shares}"


def _marked(report: FeedbackReport) -> Iterator[str]:
    if report.marked:
        yield "is it the data? error rate of marked rows over that of the others (not judged)"
    for one in report.marked:
        if one.ratio.low is None:
            yield f"  {one.mark}: too few rows to say"
            continue
        word = "more errors" if one.to_blame else "no more errors, beyond chance"
        ends = interval_text(one.ratio)
        yield f"  {one.mark}: {shown(one.ratio.value)} times ({ends}), {one.rows:,} rows: {word}"


def _misclassified(report: FeedbackReport) -> Iterator[str]:
    found = report.misclassified
    if found:
        name = f"{len(found):,} rows of {report.numbered_by}"
        yield f"misclassified: {name}, by __id: {_few(found)}"
    for mark, numbers in report.misclassified_by_mark.items():
        yield f"  {mark}: {len(numbers):,} of them: {_few(numbers)}"


def _few(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:_ROWS])) + (" …" if len(numbers) > _ROWS else "")


def _advice(report: FeedbackReport) -> Iterator[str]:
    if report.advice:
        yield "what more rows would give"
    for one in report.advice:
        yield f"  {one}"
