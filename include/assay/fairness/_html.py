"""A fairness verdict as one HTML page: comparisons, rates with intervals, and our own work."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

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
from assay.page import Lead, PageContext, Section, mark, percent, reasons, render_page, table, text
from assay.page.draw import axis, interval_strip
from assay.verdict import Measurement, Verdict

_NOT_JUDGED = "Not judged."
_FOREST = (
    "A point is the figure, the line its interval; a diamond fails, a ring can’t be told. Solid "
    "lines are the policy’s limits, the dashed one is no difference."
)
_RATES = "The dashed line is the reference group’s rate."


def render_html(verdict: Verdict, report: FairnessReport, context: PageContext) -> str:
    """The verdict as a page: reasons, comparisons, each group's rates with intervals, our own work.

    Parameters
    ----------
    verdict : Verdict
        From :func:`judge_fairness`.
    report : FairnessReport
    context : PageContext
    """
    none = "Every interval lies inside the policy’s limits."
    sections = [Section("Reasons", [reasons(verdict.reasons, none)])]
    facts = [("Policy", verdict.policy_hash[:12])]
    if verdict.detail.get("applies", False):
        facts = [*_facts(verdict), *facts]
        sections += [*_cells(report), *_rates(report), *_withins(report)]
        sections += [_groups(report), _representation(report), *_treatment(report)]
        sections.append(_fairlearn(report))
    lead = Lead(verdict.outcome, _answer(verdict, report), facts)
    return render_page(context.title("Fairness"), lead, sections, context.back)


def _answer(verdict: Verdict, report: FairnessReport) -> str:
    held = "The batch is held." if verdict.holds else "It doesn’t hold the batch."
    cells = report.comparisons
    told = {o: [m for m in cells if m.detail["outcome"] == o] for o in ("FAIL", "INCONCLUSIVE")}
    if not cells:
        return f"No comparison was made. {held}"
    if told["FAIL"]:
        groups = list(dict.fromkeys(f"{m.column} {m.group}" for m in told["FAIL"]))
        more = f" and {len(groups) - 3} more groups" if groups[3:] else ""
        return (
            f"{len(told['FAIL'])} of {len(cells)} comparisons lie beyond their limit: "
            f"{', '.join(groups[:3])}{more}. {held}"
        )
    if told["INCONCLUSIVE"]:
        count = len(told["INCONCLUSIVE"])
        return f"{count} of {len(cells)} comparisons can’t be told, none fails. {held}"
    return f"All {len(cells)} comparisons lie within their limits. {held}"


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    d = verdict.detail
    return [
        ("Favourable", favourable_line(verdict)),
        ("Rows", f"{d['rows']:,}" if isinstance(d["rows"], int) else str(d["rows"])),
        ("Intervals at", f"{1 - d['alpha']:.4g}"),
        ("Corrected (Holm) over", f"{d['family']} comparisons"),
        ("Least number", f"{d['least_number']} rows; below it nothing is judged"),
    ]


def _groups(report: FairnessReport) -> Section:
    rows = (
        (
            m.column or "",
            (m.group or "") + (" (reference)" if m.detail.get("reference") else ""),
            _count(m.detail["shown"]),
            percent(m.detail.get("share")),
        )
        for m in report.groups
    )
    return Section("Groups", [table(["attribute", "group", "rows", "share"], rows, numbers=(2, 3))])


def _cells(report: FairnessReport) -> Iterator[Section]:
    """A forest plot for each metric, the worst comparisons first."""

    def metric(m: Measurement) -> tuple[str, str, str]:
        return m.name, m.detail["rate"], m.detail["limit"]

    parts = []
    for (name, rate, limit), found in groupby(sorted(report.comparisons, key=metric), metric):
        members = list(found)
        parts.append(
            Markup("<h3>{} of {}: {}</h3>").format(_words(name), _words(rate), limit)
            + _forest(members)
        )
    yield Section("Comparisons", parts, _FOREST)


def _forest(members: Sequence[Measurement]) -> Markup:
    limits, nought = members[0].detail.get("limits", ()), members[0].detail.get("nought", 0.0)
    low, high = span = _span(members, [*limits, nought])
    ticks = sorted({low, *limits, nought, high})
    rows = (
        (
            f"{m.column}: {m.group} / {m.detail['reference']}",
            mark(m.detail["outcome"]),
            _strip(m, span, m.detail["outcome"], limits, nought),
            figure(m.value),
            interval(m),
            figure(m.detail["p_adjusted"]),
            f"{_count(m.detail['n'])} / {_count(m.detail['n_reference'])}",
        )
        for m in sorted(members, key=_rank)
    )
    heads = ["group / reference", "", axis(ticks, span, [f"{t:.3g}" for t in ticks])]
    heads += ["figure", "interval", "p (Holm)", "rows"]
    return table(heads, rows, numbers=(3, 4, 5, 6), drawn=(2,))


def _rank(m: Measurement) -> int:
    """What fails first, then what can't be told, what passes, and last what has no figure."""
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


def _rates(report: FairnessReport) -> Iterator[Section]:
    references = {(m.column, m.group) for m in report.groups if m.detail.get("reference")}
    parts = [_panel(panel, references, (0.0, 1.0)) for panel in report.rates]
    yield Section("Rates by group", parts, _RATES)


def _panel(
    panel: Panel, references: set[tuple[str | None, str | None]], span: tuple[float, float]
) -> Markup:
    reference = next((m.value for m in panel.members if (m.column, m.group) in references), None)
    middle = (span[0] + span[1]) / 2
    ticks, digits = (span[0], middle, span[1]), 0 if span[1] > 0.1 else 1
    heads = ["group", axis(ticks, span, [percent(v, digits) for v in ticks]), "rate", "interval",
             "rows"]  # fmt: skip
    rows = (
        (
            (m.group or "") + (" (reference)" if (m.column, m.group) in references else ""),
            _strip(m, span, "", (), None if reference is None else float(reference)),
            percent(None if m.value is None else float(m.value)),
            _interval(m),
            _count(m.detail["n"]),
        )
        for m in panel.members
    )
    title = Markup("<h3>{}</h3>").format(_words(panel.title))
    return title + text(panel.note, "note") + table(heads, rows, numbers=(2, 3, 4), drawn=(1,))


def _interval(m: Measurement) -> str:
    low, high = m.detail.get("low"), m.detail.get("high")
    return "–" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def _count(rows: int | str) -> str:
    """Rows with thousands apart; `<n` as it is."""
    return f"{rows:,}" if isinstance(rows, int) else rows


def _words(name: str) -> str:
    return name.replace("_", " ")


def _withins(report: FairnessReport) -> Iterator[Section]:
    for within in report.conditional:
        levels = (None, *within.levels)
        heads = ["", *within.groups]
        parts = [table(heads, (list(_within_row(within, level)) for level in levels))]
        heads = ["group / reference", "over all rows", "interval", f"within {within.control}"]
        heads += ["interval", "levels the other way", ""]
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
    rows = (
        (
            m.column or "",
            m.group or "",
            figure(m.value),
            interval(m),
            figure(m.detail["population_share"]),
            m.detail["population"],
            m.detail["represented"] or "too few rows to say",
            m.detail["rows"],
        )
        for m in report.representations
    )
    heads = ["attribute", "level", "share of rows", "interval", "of the population", "population"]
    whole = table([*heads, "represented", "rows"], rows, numbers=(2, 3, 4))
    return Section("Representation", _some(whole), f"Who is in the data. {_NOT_JUDGED}")


def _some(*parts: Markup) -> list[Markup]:
    return [part for part in parts if part]


def _treatment(report: FairnessReport) -> Iterator[Section]:
    found = report.treatments
    rows = (
        (
            m.name.removeprefix("difference of "),
            m.column or "",
            f"{m.group} / {m.detail['reference']}",
            figure(m.value),
            interval(m),
            m.detail["rows"],
        )
        for m in report.treatment_gaps
    )
    heads = ["uneven", "attribute", "group / reference", "difference", "interval", "rows"]
    uneven = table(heads, rows, numbers=(3, 4))
    done = [p for p in found if any(m.value for m in p.members)]
    left = [p for p in found if p not in done]
    note = f"How often each group’s rows were set aside, filled in or clipped. {_NOT_JUDGED}"
    none = (
        []
        if done or not found
        else [text("Nothing was done to a row of any group whose counts may be shown.")]
    )
    yield Section("Our own work", [*none, *_some(uneven, *map(_treated, done))], note)
    title = "Our own work: what was done to no row"
    yield Section(title, [_treated(panel) for panel in left], folded=True)


def _treated(panel: Panel) -> Markup:
    return _panel(panel, set(), (0.0, max(_span(panel.members, [0.0])[1], 0.01)))


def _fairlearn(report: FairnessReport) -> Section:
    rows = (
        (
            m.column or "",
            _words(m.name.removeprefix("fairlearn.")),
            figure(m.value),
            f"{m.detail['rows']}: {m.n}",
            m.detail["favourable"],
        )
        for m in report.greatest_gaps
    )
    heads = ["attribute", "figure", "value", "rows", "favourable"]
    note = f"The greatest gap between any two groups, by fairlearn. {_NOT_JUDGED}"
    return Section("Greatest gaps", _some(table(heads, rows, numbers=(2,))), note, folded=True)
