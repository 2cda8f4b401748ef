"""A fairness verdict as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.fairness._report import (
    FairnessReport,
    Panel,
    Within,
    ends,
    favourable_line,
    figure,
    interval,
)
from assay.page.lines import Grid, TabledText
from assay.reasons import gate_word, verdict_word
from assay.verdict import Measurement, Verdict
from assay.wording import sentence

_COMPARED: Final = ("outcome", "metric", "group / reference", "figure", "interval", "p", "limit")


def render_text(verdict: Verdict, report: FairnessReport) -> TabledText:
    """The verdict as lines for a terminal: outcome, reasons with their numbers, then every figure.

    What is judged comes first. Conditional rates, representation, quarantine and cleaning, and
    fairlearn's figures follow, each marked as not judged.
    """
    lines: list[str | Grid] = [f"fairness: {verdict_word(verdict)}"]
    applies = verdict.detail.get("applies", False)
    if applies:
        lines.append(f"good result: {favourable_line(verdict)}")
    words = [(gate_word(r.outcome, [r.code]), r) for r in verdict.reasons]
    lines += [f"  {word:<12} {r.code}: {sentence(r)}" for word, r in words]
    if not applies:
        return TabledText(lines)
    lines.append(
        f"rows: {verdict.detail['rows']}, intervals at {1 - verdict.detail['alpha']:.4g}, "
        f"rates of fewer than {verdict.detail['least_number']} rows not judged"
    )
    for panel in report.rates:
        lines += ["", *_panel_lines(panel)]
    lines += _compared_lines(verdict, report)
    for within in report.conditional:
        lines += ["", *_within_lines(within)]
    lines += _representation_lines(report)
    lines += _treatment_lines(report)
    lines += _fairlearn_lines(report)
    return TabledText(lines)


def _panel_lines(panel: Panel) -> Iterator[str]:
    yield f"{panel.title} — {panel.note}"
    for m in panel.members:
        found = "" if m.value is None else f"  ({interval(m)})"
        yield f"  {m.group:<28} {figure(m.value):>7}{found}  n {m.detail['n']}"


def _compared_lines(verdict: Verdict, report: FairnessReport) -> list[str | Grid]:
    judged = report.comparisons
    if not judged:
        return []
    head = f"compared with the reference group (p by Holm over {verdict.detail['family']})"
    return ["", head, Grid(_COMPARED, [_cells(m) for m in judged], {3, 5})]


def _cells(m: Measurement) -> tuple[str, ...]:
    """A comparison as a row of the table."""
    d = m.detail
    judged = m.value is not None or d["p"] is not None
    p = figure(d["p_adjusted"]) if judged else "–"
    limit = d["limit"] if judged else f"not judged: n {d['n']} / {d['n_reference']}"
    groups = f"{m.column}: {m.group} / {d['reference']}"
    metric = f"{m.name} ({d['rate']})"
    return d["outcome"], metric, groups, figure(m.value), interval(m), p, limit


def _within_lines(within: Within) -> Iterator[str]:
    yield (
        f"{within.rate} by {within.attribute} within {within.control} (not judged) — {within.note}"
    )
    for level in (None, *within.levels):
        found = [(group, within.rates.get((group, level))) for group in within.groups]
        shown = [f"{group} {figure(m.value if m else None)}" for group, m in found]
        yield f"  {level or 'all rows':<20} {'; '.join(shown)}"
    for m in within.differences:
        d = m.detail
        yield (
            f"  {m.group} / {d['reference']}: {figure(d['over_all_rows'])} "
            f"({ends(d['over_all_rows_low'], d['over_all_rows_high'])}) over all rows, "
            f"{figure(m.value)} ({interval(m)}) within {within.control}; "
            f"{len(d['levels_against'])} of {d['levels_compared']} levels point the other way"
            + ("; the direction reverses" if d["reverses"] else "")
        )


def _representation_lines(report: FairnessReport) -> list[str]:
    lines = []
    for m in report.representations:
        d = m.detail
        lines.append(
            f"  {m.column}: {m.group} {figure(m.value)} ({interval(m)}) of {d['rows']}, "
            f"{figure(d['population_share'])} of {d['population']}: "
            f"{d['represented'] or 'too few rows'}"
        )
    return ["", "share of rows compared with the population (not judged)", *lines] if lines else []


def _treatment_lines(report: FairnessReport) -> list[str]:
    found = report.treatments
    if not found:
        return []
    lines = ["", "quarantine and cleaning by group (not judged)"]
    for panel in found:
        lines += [f"  {line}" for line in _panel_lines(panel)]
    for m in report.treatment_gaps:
        lines.append(
            f"  uneven: {m.name.removeprefix('difference of ')} {m.column}: {m.group} / "
            f"{m.detail['reference']} {figure(m.value)} ({interval(m)})"
        )
    return lines


def _fairlearn_lines(report: FairnessReport) -> list[str]:
    shown = report.greatest_gaps
    if not shown:
        return []
    lines = [
        f"  {m.column}: {m.name.removeprefix('fairlearn.')} {figure(m.value)}, good result: "
        f"{m.detail['favourable']}; {m.n} {m.detail['rows']}"
        for m in shown
    ]
    return ["", "largest gap between any two groups, by fairlearn (not judged)", *lines]
