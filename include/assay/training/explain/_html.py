"""An explanation as a page: importance, partial dependence, counterfactuals, recourse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from assay.page import Lead, PageContext, Section, reasons, render_page, table, text
from assay.page.draw import curve, interval_bar, interval_strip, small_multiples
from assay.page.legend import legend
from assay.training.explain._dependence import Dependence
from assay.training.explain._recourse import GroupRecourse, Recourse
from assay.training.explain._render import change_text, figure, interval, no_way
from assay.training.explain._report import ExplanationReport
from assay.verdict import Verdict

_BARS: Final = legend(
    "By how much the loss on test rows rises when a feature is shuffled.",
    {"cur": "the rise", "limit": "its interval", "nought": "no rise"},
)
_CURVES: Final = (
    "The mean prediction if all rows had one value of a feature, with its interval over rows."
)
_WAYS: Final = (
    "The nearest changes that give a row another prediction, under what may change, directions, "
    "and the contract's ranges and lists; none lies farther from a released row than released rows "
    "lie from each other. A spread is the standard deviation of the released column."
)
_RECOURSE: Final = (
    "Of rows without the favourable prediction: the share with a change that gets it, and its "
    "median cost, Gower's distance. The differences from the reference hold together."
)


def render_html(verdict: Verdict, report: ExplanationReport, context: PageContext) -> str:
    """Render an explanation as a page. It shows what the report holds, and no more."""
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "Recourse is as near for every group.")]),
        *summary_sections(report, context),
        Section("Partial dependence", [_curves(report)], _CURVES),
        Section("Counterfactuals", [_rows(report)], _WAYS),
    ]
    facts = [
        ("Test rows", f"{report.tested:,}"), ("Rows explained", f"{len(report.rows):,}"),
        ("Compared with", f"{report.compared:,} released rows"),
    ]  # fmt: skip
    lead = Lead.of(verdict, _answer(report), facts)
    return render_page(context.title("Explanation"), lead, sections, context.back)


def summary_sections(report: ExplanationReport, context: PageContext) -> list[Section]:
    """What names no row: the importance of features, and recourse by group."""
    return [
        Section("Importance", [_importance(report)], _BARS),
        Section("Recourse", [_groups(one, context) for one in report.recourse], _RECOURSE),
    ]


def _answer(report: ExplanationReport) -> str:
    first = [one.feature for one in report.importance[:3]]
    said = [f"The prediction rests most on {', '.join(first)}."] if first else []
    if report.rows:
        said.append(f"{report.with_way} of {len(report.rows)} rows have a counterfactual.")
    return " ".join(said) or "Nothing was explained."


def _importance(report: ExplanationReport) -> Markup:
    known = [v for one in report.importance for v in (one.increase.low, one.increase.high,
             one.increase.value, 0.0) if v is not None]  # fmt: skip
    ends = (min(known, default=0.0), max(known, default=1.0))
    rows = []
    for one in report.importance:
        found, value = one.increase, one.increase.value or 0.0
        label = f"{one.feature}: {figure(found)}, {interval(found)}"
        bar = interval_bar(found.low, value, found.high, ends, label)
        rows.append((one.feature, bar, figure(found), interval(found)))
    heads = ("feature", "", f"rise of the {report.loss.replace('_', ' ')}", "interval")
    return table(heads, rows, numbers=(2, 3), drawn=(1,))


def _curves(report: ExplanationReport) -> Markup:
    figures = [(Markup("{}").format(one.feature), _curve(one)) for one in report.dependence]
    return small_multiples(figures) if figures else Markup("")


def _curve(one: Dependence) -> Markup:
    if not one.points:
        return text("Its levels aren't shown: they are classified.")
    rows = [(p.at, figure(p.mean), interval(p.mean)) for p in one.points]
    listed = table((one.feature, "mean", "interval"), rows, numbers=(1, 2))
    if one.kind != "number":
        return listed
    points = [(p.place, p.mean.value or 0.0, p.mean.low, p.mean.high) for p in one.points]
    label = f"{one.feature}: from {one.points[0].at} to {one.points[-1].at}"
    drawn = curve(points, [p.at for p in one.points], label)
    return drawn + Markup("<details><summary>{}</summary>{}</details>").format("Figures", listed)


def _rows(report: ExplanationReport) -> Markup:
    rows: list[Sequence[str]] = []
    for row in report.rows:
        named = (f"{row.batch} {row.id}", row.why, row.predicted or "–")
        rows += [
            (*named, "; ".join(map(change_text, way.changes)), f"{way.distance:.3f}")
            for way in row.ways
        ] or [(*named, no_way(row), "–")]
    heads = ("row", "why", "predicted", "it would be another with", "distance")
    return table(heads, rows, numbers=(4,))


def _groups(one: Recourse, context: PageContext) -> Markup:
    rows = [_group(one, group, context) for group in one.groups]
    heads = ("group", "rows", "share with a way", "", "median cost", "difference of shares",
             "difference of costs")  # fmt: skip
    hidden = f"; {one.hidden} groups have too few rows to be shown" if one.hidden else ""
    reference = context.named(one.attribute, one.reference) if one.reference else "none"
    caption = f"{one.attribute}, against {reference}{hidden}"
    return table(heads, rows, numbers=(1, 2, 4, 5, 6), drawn=(3,), caption=caption)


def _group(one: Recourse, group: GroupRecourse, context: PageContext) -> tuple[str | Markup, ...]:
    named = context.named(one.attribute, group.group)
    share = f"{figure(group.share)} ({interval(group.share)})"
    strip = interval_strip(
        group.share.low, group.share.value, group.share.high, (0.0, 1.0), "PASS",
        f"{named}: {share}",
    )  # fmt: skip
    gaps = [
        "–" if gap is None or gap.value is None else f"{gap.value:+.3g} ({interval(gap)})"
        for gap in (group.share_gap, group.cost_gap)
    ]
    cost = f"{figure(group.cost)} ({interval(group.cost)})"
    return (named, f"{group.rows:,}", share, strip, cost, *gaps)
