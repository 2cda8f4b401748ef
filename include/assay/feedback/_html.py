"""A feedback verdict as one HTML page: figures, batches, versions, slices, errors, advice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from markupsafe import Markup

from assay.feedback._cbpe import ASSUMPTION
from assay.feedback._label_suspicion import LABELS_AND_ERRORS, SUSPECTED_LABEL
from assay.feedback._measure import Figures, Part
from assay.feedback._report import FeedbackReport
from assay.feedback._words import interval_text, named, shown
from assay.page import (
    Lead,
    PageContext,
    Section,
    heading,
    mark,
    number,
    percent,
    reasons,
    render_page,
    table,
    text,
)
from assay.page.draw import axis, interval_strip
from assay.page.legend import legend
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Measurement, Verdict

_NONE: Final = "Every figure keeps its limits."
_ROWS: Final = 200
"""Numbers of rows that the page shows; the file beside it has all."""
_NOT_JUDGED: Final = "Shown for information; it doesn’t count in the verdict."
_OVER: Final = legend(
    "A point is the figure and the line its interval.", {"nought": "the figure on the test rows"}
)
_WITHIN: Final = "The rows of the batch, level by level. Levels with few outcomes aren’t shown."


def render_html(verdict: Verdict, report: FeedbackReport, context: PageContext) -> str:
    """Render the verdict as a page: what was judged, each part, where and why the errors are."""
    sections = [
        Section("Reasons", [reasons(verdict.reasons, _NONE), *map(text, report.notes)]),
        _cells(verdict),
        _figures(report),
        _over(report, "batch", "Batches"),
        _over(report, "version", "Model versions"),
        _estimated(report),
        _slices(report),
        _segments(report),
        _marked(report),
        _misclassified(report),
        Section("What more rows would give", [text(one) for one in report.advice]),
    ]
    lead = Lead.of(verdict, _answer(verdict), _facts(verdict))
    return render_page(context.title("Feedback"), lead, sections, context.back)


def _answer(verdict: Verdict) -> str:
    d = verdict.detail
    cells = [m for m in verdict.measurements if "outcome" in m.detail]
    failed, inconclusive = (
        sum(m.detail["outcome"] == outcome for m in cells) for outcome in ("FAIL", "INCONCLUSIVE")
    )
    if not cells:
        return f"{d['labelled']:,} of {d['rows']:,} predictions have their outcome; none is judged."
    if failed:
        return f"{failed} of {len(cells)} comparisons are beyond the limit."
    if inconclusive:
        return f"{inconclusive} of {len(cells)} comparisons are inconclusive; none fails."
    return f"All {len(cells)} comparisons keep their limits."


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    d = verdict.detail
    facts = [("Predictions", number(d["rows"])), ("With their outcome", number(d["labelled"]))]
    if d["favourable"] is not None:
        facts.append(("Figures are about the class", str(d["favourable"])))
    facts.append(("Confidence of the intervals", f"{1 - d['alpha']:.4g}"))
    if d["family"]:
        facts.append(("p-values corrected (Holm) over", f"{d['family']} comparisons"))
    return facts


def _cells(verdict: Verdict) -> Section:
    """What was judged: each figure against its limit."""
    rows = []
    cells = [m for m in verdict.measurements if "outcome" in m.detail]
    rank = {"FAIL": 0, "INCONCLUSIVE": 1}
    for m in sorted(cells, key=lambda m: rank.get(m.detail["outcome"], 2)):
        d = m.detail
        metric, _, against = m.name.partition(" against ")
        what = named(metric) + (", worsening" if against == "test" else "")
        ends = "–" if d["low"] is None else f"{shown(d['low'])} to {shown(d['high'])}"
        figures = shown(m.value), ends, d["limit"], number(d["p_adjusted"]), number(m.n)
        rows.append((what, _rows_of(m), mark(d["outcome"]), *figures))
    heads = ["figure", "rows", "", "value", "interval", "limit", "p (Holm)", "n"]
    return Section("Judged", [table(heads, rows, numbers=(3, 4, 6, 7))])


def _rows_of(m: Measurement) -> str:
    return f"{m.column}: {m.group}" if m.column else m.group or "all"


def _figures(report: FeedbackReport) -> Section:
    judged = report.measured.judged
    rows = []
    for name, estimate in (judged.figures if judged else {}).items():
        test = report.test.get(name)
        before = (shown(test.value), interval_text(test)) if test else ("–", "–")
        figures = shown(estimate.value), interval_text(estimate), *before, number(estimate.n)
        rows.append((named(name), *figures, estimate.how))
    heads = ["figure", "value", "interval", "on the test rows", "interval", "n", "how"]
    return Section("Figures of the batch", [table(heads, rows, numbers=(1, 2, 3, 4, 5))])


def _over(report: FeedbackReport, kind: str, title: str) -> Section:
    """One table a figure: a row for each batch or version."""
    parts = report.measured.of_kind(kind)
    if len(parts) < 2:
        return Section(title)
    drawn = [
        heading(named(name)) + _forest(kind, parts, name, report.test.get(name))
        for name in report.headline
        if any(name in part.figures for part in parts)
    ]
    return Section(title, drawn, _OVER, folded=kind == "version")


def _forest(kind: str, parts: Sequence[Part], name: str, test: Estimate | None) -> Markup:
    found = [(part, part.figures[name]) for part in parts if name in part.figures]
    nought = test.value if test else None
    span = _span([estimate for _, estimate in found], nought)
    rows = []
    for part, estimate in found:
        label = f"{part.level}: {shown(estimate.value)} ({interval_text(estimate)})"
        strip = interval_strip(
            estimate.low, estimate.value, estimate.high, span, "", label, (), nought
        )
        share = percent(part.labelled / part.rows, 0)
        figures = shown(estimate.value), interval_text(estimate), number(estimate.n), share
        rows.append((part.level, strip, *figures))
    ticks = sorted({*span, *(() if nought is None else (nought,))})
    heads = [kind, axis(ticks, span, [f"{tick:.3g}" for tick in ticks])]
    heads += ["value", "interval", "n", "with outcome"]
    return table(heads, rows, numbers=(2, 3, 4, 5), drawn=(1,))


def _span(estimates: Iterable[Estimate], nought: float | None) -> tuple[float, float]:
    """Ends of an axis that holds all intervals, to one digit."""
    ends = [end for e in estimates for end in (e.low, e.value, e.high) if end is not None]
    ends += [] if nought is None else [nought]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9)))
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _estimated(report: FeedbackReport) -> Section:
    """Estimates beside what the outcomes gave, where they are there."""
    of_batch = {part.level: part.figures for part in report.measured.of_kind("batch")}
    rows = [
        row for batch, figures in report.estimated.items()
        for row in _estimates(batch, figures, of_batch.get(batch, {}))
    ]  # fmt: skip
    heads = ["batch", "figure", "estimate", "interval", "by the outcomes", "interval"]
    whole = table(heads, rows, numbers=(2, 3, 4, 5))
    return Section("Estimated before the outcomes", [whole], f"{ASSUMPTION} {_NOT_JUDGED}")


def _estimates(batch: str, figures: Figures, known: Figures) -> Iterator[tuple[str, ...]]:
    for name, estimate in figures.items():
        real = known.get(name)
        outcome = (shown(real.value), interval_text(real)) if real else ("–", "–")
        yield batch, named(name), shown(estimate.value), interval_text(estimate), *outcome


def _slices(report: FeedbackReport) -> Section:
    parts = report.measured.of_kind("slice")
    rows = [
        (part.column or "", part.level, named(name), shown(estimate.value),
         interval_text(estimate), number(estimate.n))
        for part in parts for name, estimate in part.figures.items() if name in report.headline
    ]  # fmt: skip
    heads = ["slice", "level", "figure", "value", "interval", "n"]
    return Section("Slices", [table(heads, rows, numbers=(3, 4, 5))], _WITHIN, folded=True)


def _segments(report: FeedbackReport) -> Section:
    if report.segments is None:
        return Section("Segments with most errors")
    if not report.segments:
        none = text("No segment has more errors than the rest, beyond chance.")
        return Section("Segments with most errors", [none])
    rows = [
        (one.name, number(one.rows), percent(one.share_of_rows), percent(one.share_of_errors),
         shown(one.ratio.value), interval_text(one.ratio), number(one.ratio.p))
        for one in report.segments
    ]  # fmt: skip
    heads = ["segment", "rows", "of the rows", "of the errors", "times the others’ errors"]
    heads += ["interval", "p (Holm)"]
    note = f"A level of a column, or of two, with more errors than all other rows. {_NOT_JUDGED}"
    whole = table(heads, rows, numbers=(1, 2, 3, 4, 5, 6))
    return Section("Segments with most errors", [whole], note)


def _misclassified(report: FeedbackReport) -> Section:
    """Numbers of the wrongly predicted rows, by which people who may read them find them."""
    found = report.misclassified
    lines = [text(f"__id {_listed(found)}")] if found else []
    lines += [text(f"{mark}: {_listed(n)}") for mark, n in report.misclassified_by_mark.items()]
    note = f"Rows of {report.numbered_by}, the most certain prediction first; then those of them "
    note += "that have a mark."
    return Section("Misclassified rows", lines, note, folded=True)


def _listed(numbers: Sequence[int]) -> str:
    more = len(numbers) - _ROWS
    return ", ".join(map(str, numbers[:_ROWS])) + (f" and {more:,} more" if more > 0 else "")


def _marked(report: FeedbackReport) -> Section:
    rows = []
    for one in report.marked:
        words = {None: "too few rows to say", True: "more errors", False: "no more, beyond chance"}
        rates = (
            percent(errors / rows_ if rows_ else None)
            for errors, rows_ in ((one.errors, one.rows), (one.other_errors, one.other_rows))
        )
        ratio = shown(one.ratio.value), interval_text(one.ratio)
        rows.append((one.mark, number(one.rows), *rates, *ratio, words[one.to_blame]))
    heads = [
        "rows with the mark",
        "rows",
        "errors",
        "errors of the others",
        "ratio",
        "interval",
        "",
    ]
    note = f"Whether rows that were changed or are suspect have more errors. {_NOT_JUDGED}"
    if any(one.mark == SUSPECTED_LABEL for one in report.marked):
        note += f" {LABELS_AND_ERRORS}"
    return Section("Is it the data?", [table(heads, rows, numbers=(1, 2, 3, 4, 5))], note)
