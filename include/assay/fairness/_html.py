"""A fairness verdict as one HTML page: comparisons, rates with intervals, treatment by group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup

from assay.fairness._report import (
    FairnessReport,
    Panel,
    Within,
    ends,
    favourable_line,
    figure,
    interval,
)
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
from assay.verdict import Measurement, Verdict

_NOT_JUDGED: Final = "Shown for information; it doesn’t count in the verdict."
_FOREST: Final = legend(
    "A point is the figure and the line its interval. The verdict depends on the whole interval.",
    {
        "limit": "the limit",
        "nought": "no difference",
        "PASS": "passes",
        "INCONCLUSIVE": "inconclusive",
        "FAIL": "fails",
    },
)
_NONE: Final = "Every interval is within the policy’s limits."
_RATES: Final = "The dashed line is the rate of the reference group."


def render_html(verdict: Verdict, report: FairnessReport, context: PageContext) -> str:
    """Render the verdict as a page: reasons, comparisons, rates of each group, treatment."""
    sections = [Section("Reasons", [reasons(verdict.reasons, _NONE)])]
    facts: list[tuple[str, str]] = []
    if verdict.detail.get("applies", False):
        facts = _facts(verdict)
        sections += [_cells(report), _rates(report), *_withins(report), _groups(report)]
        sections += [_representation(report), *_treatment(report), _fairlearn(report)]
    lead = Lead.of(verdict, _answer(report), facts)
    return render_page(context.title("Fairness"), lead, sections, context.back)


def _answer(report: FairnessReport) -> str:
    cells = report.comparisons
    failed, inconclusive = (
        [m for m in cells if m.detail["outcome"] == o] for o in ("FAIL", "INCONCLUSIVE")
    )
    if not cells:
        return "No comparison was made."
    if failed:
        groups = list(dict.fromkeys(f"{m.column} {m.group}" for m in failed))
        more = f" and {len(groups) - 3} more groups" if groups[3:] else ""
        names = ", ".join(groups[:3])
        return f"{len(failed)} of {len(cells)} comparisons are beyond the limit: {names}{more}."
    if inconclusive:
        return f"{len(inconclusive)} of {len(cells)} comparisons are inconclusive; none fails."
    return f"All {len(cells)} comparisons are within their limits."


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    d = verdict.detail
    return [
        ("Good result", favourable_line(verdict)),
        ("Rows", number(d["rows"])),
        ("Confidence of the intervals", f"{1 - d['alpha']:.4g}"),
        ("p-values corrected (Holm) over", f"{d['family']} comparisons"),
        ("Least number", f"{d['least_number']} rows; smaller groups are not judged"),
    ]


def _groups(report: FairnessReport) -> Section:
    rows = []
    for m in report.groups:
        name = (m.group or "") + (" (reference)" if m.detail.get("reference") else "")
        counts = number(m.detail["shown"]), percent(m.detail.get("share"))
        rows.append((m.column or "", name, *counts))
    return Section("Groups", [table(["attribute", "group", "rows", "share"], rows, numbers=(2, 3))])


def _cells(report: FairnessReport) -> Section:
    """A forest plot for each metric, the worst comparisons first."""

    def metric(m: Measurement) -> tuple[str, str, str]:
        return m.name, m.detail["rate"], m.detail["limit"]

    parts = []
    for (name, rate, limit), found in groupby(sorted(report.comparisons, key=metric), metric):
        members = list(found)
        parts.append(heading(f"{_words(rate)}: {limit} ({_words(name)})") + _forest(members))
    return Section("Comparisons", parts, _FOREST)


def _forest(members: Sequence[Measurement]) -> Markup:
    limits, nought = members[0].detail.get("limits", ()), members[0].detail.get("nought", 0.0)
    low, high = span = _span(members, [*limits, nought])
    ticks = sorted({low, *limits, nought, high})
    rows = []
    for m in sorted(members, key=_rank):
        d, name = m.detail, f"{m.column}: {m.group} / {m.detail['reference']}"
        drawn = mark(d["outcome"]), _strip(m, span, d["outcome"], limits, nought)
        figures = figure(m.value), interval(m), figure(d["p_adjusted"])
        rows.append((name, *drawn, *figures, f"{number(d['n'])} / {number(d['n_reference'])}"))
    heads = ["group / reference", "", axis(ticks, span, [f"{t:.3g}" for t in ticks])]
    heads += ["figure", "interval", "p (Holm)", "rows"]
    return table(heads, rows, numbers=(3, 4, 5, 6), drawn=(2,))


def _rank(m: Measurement) -> int:
    """What fails first, then what is inconclusive, what passes, and last what has no figure."""
    if m.value is None:
        return 3
    return {"FAIL": 0, "INCONCLUSIVE": 1}.get(m.detail["outcome"], 2)


def _span(members: Sequence[Measurement], also: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis that holds all intervals and the limits, to one digit."""
    ends_ = [m.detail.get(k) for m in members for k in ("low", "high")]
    known = [v for v in (*ends_, *(m.value for m in members), *also) if v is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9)))
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _strip(
    m: Measurement,
    span: tuple[float, float],
    outcome: str,
    limits: Sequence[float] = (),
    nought: float | None = None,
) -> Markup:
    label = f"{m.group}: {figure(m.value)} ({interval(m)})"
    return interval_strip(
        m.detail.get("low"), m.value, m.detail.get("high"), span, outcome, label, limits, nought
    )


def _rates(report: FairnessReport) -> Section:
    references = {(m.column, m.group) for m in report.groups if m.detail.get("reference")}
    parts = [_panel(panel, references, (0.0, 1.0)) for panel in report.rates]
    return Section("Rates by group", parts, _RATES)


def _panel(
    panel: Panel, references: set[tuple[str | None, str | None]], span: tuple[float, float]
) -> Markup:
    reference = next((m.value for m in panel.members if (m.column, m.group) in references), None)
    middle = (span[0] + span[1]) / 2
    ticks, digits = (span[0], middle, span[1]), 0 if span[1] > 0.1 else 1
    heads = ["group", axis(ticks, span, [percent(v, digits) for v in ticks]), "rate", "interval",
             "rows"]  # fmt: skip
    rows = []
    for m in panel.members:
        name = (m.group or "") + (" (reference)" if (m.column, m.group) in references else "")
        strip = _strip(m, span, "", (), reference)
        rows.append((name, strip, percent(m.value), _interval(m), number(m.detail["n"])))
    head = heading(_words(panel.title)) + text(panel.note, "note")
    return head + table(heads, rows, numbers=(2, 3, 4), drawn=(1,))


def _interval(m: Measurement) -> str:
    low, high = m.detail.get("low"), m.detail.get("high")
    return "–" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _withins(report: FairnessReport) -> Iterator[Section]:
    for within in report.conditional:
        levels = (None, *within.levels)
        heads = ["", *within.groups]
        parts = [table(heads, (list(_within_row(within, level)) for level in levels))]
        heads = ["group / reference", "over all rows", "interval", f"within {within.control}"]
        heads += ["interval", "levels with the opposite sign", ""]
        parts.append(table(heads, (list(_within_difference(m)) for m in within.differences)))
        title = f"{_words(within.rate)} by {within.attribute} within {within.control}"
        yield Section(title[0].upper() + title[1:], parts, f"{within.note}. {_NOT_JUDGED}")


def _within_row(within: Within, level: str | None) -> Iterator[str | Markup]:
    yield "all rows" if level is None else level
    for group in within.groups:
        m = within.rates.get((group, level))
        known = m is not None and m.value is not None
        small = Markup("{} <small>({})</small>")
        yield small.format(figure(m.value), interval(m)) if m and known else "–"


def _within_difference(m: Measurement) -> Iterator[str | Markup]:
    d = m.detail
    yield f"{m.group} / {d['reference']}"
    yield figure(d["over_all_rows"])
    yield ends(d["over_all_rows_low"], d["over_all_rows_high"])
    yield figure(m.value)
    yield interval(m)
    against = f": {', '.join(d['levels_against'])}" if d["levels_against"] else ""
    yield f"{len(d['levels_against'])} of {d['levels_compared']}{against}"
    yield mark("WARN", "reverses") if d["reverses"] else ""


def _representation(report: FairnessReport) -> Section:
    rows = []
    for m in report.representations:
        d = m.detail
        share = m.column or "", m.group or "", figure(m.value), interval(m)
        wanted = figure(d["population_share"]), d["population"]
        rows.append((*share, *wanted, d["represented"] or "too few rows to say", d["rows"]))
    heads = ["attribute", "level", "share of rows", "interval", "of the population", "population"]
    whole = table([*heads, "represented", "rows"], rows, numbers=(2, 3, 4))
    return Section("Representation", [whole], f"Which groups are in the data. {_NOT_JUDGED}")


def _treatment(report: FairnessReport) -> Iterator[Section]:
    found = report.treatments
    rows = (
        (m.name.removeprefix("difference of "), m.column or "",
         f"{m.group} / {m.detail['reference']}", figure(m.value), interval(m), m.detail["rows"])
        for m in report.treatment_gaps
    )  # fmt: skip
    heads = ["uneven treatment", "attribute", "group / reference", "difference", "interval", "rows"]
    uneven = table(heads, rows, numbers=(3, 4))
    done = [p for p in found if any(m.value for m in p.members)]
    left = [p for p in found if p not in done]
    note = f"How often validation and cleaning set aside, filled in or clipped rows. {_NOT_JUDGED}"
    none = [text("No row was changed or set aside in any group whose counts may be shown.")]
    none = none if found and not done else []
    yield Section("Quarantine and cleaning by group", [*none, uneven, *map(_treated, done)], note)
    title = "Quarantine and cleaning by group: what happened to no row"
    yield Section(title, [_treated(panel) for panel in left], folded=True)


def _treated(panel: Panel) -> Markup:
    return _panel(panel, set(), (0.0, max(_span(panel.members, [0.0])[1], 0.01)))


def _fairlearn(report: FairnessReport) -> Section:
    rows = (
        (m.column or "", _words(m.name.removeprefix("fairlearn.")), figure(m.value),
         f"{m.detail['rows']}: {m.n}", m.detail["favourable"])
        for m in report.greatest_gaps
    )  # fmt: skip
    heads = ["attribute", "figure", "value", "rows", "good result"]
    note = f"The greatest difference between any two groups, computed by fairlearn. {_NOT_JUDGED}"
    return Section("Greatest differences", [table(heads, rows, numbers=(2,))], note, folded=True)
