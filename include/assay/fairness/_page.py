"""A fairness verdict as one HTML page: no script, no outside file, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from assay.fairness._views import (
    Within,
    comparisons,
    ends,
    fairlearn_figures_of,
    favourable_line,
    figure,
    group_rows,
    interval,
    panels,
    representations,
    treatment_gaps,
    treatment_panels,
    withins,
)
from assay.verdict import Measurement, Verdict

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --dim: #5b6574; --line: #d5dae1; --paper: #fff;
  --mark: #1f5fbf; --fail: #b3261e; --inconclusive: #8a5a00; --warn: #8a5a00; --pass: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --dim: #9aa4b2; --line: #394250;
  --paper: #14181f; --mark: #7fb0ff; --fail: #ff8a80; --inconclusive: #ffc46b; --warn: #ffc46b;
  --pass: #7fd6a0; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p.note { color: var(--dim); margin: .2rem 0 .6rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--dim); font-weight: 600; }
.FAIL { color: var(--fail); } .INCONCLUSIVE { color: var(--inconclusive); }
.WARN { color: var(--warn); } .PASS { color: var(--pass); }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 13px; }
svg text.dim { fill: var(--dim); } svg line { stroke: var(--line); }
svg line.whisker { stroke: var(--mark); stroke-width: 2; } svg circle { fill: var(--mark); }
"""
_LEFT, _WIDTH, _RIGHT, _STEP, _TOP = 240, 900, 110, 26, 26


def render_fairness_html(verdict: Verdict, title: str = "Fairness") -> str:
    """The verdict as a page: reasons, each group's rates with intervals, all comparisons.

    Parameters
    ----------
    verdict : Verdict
        From :func:`judge_fairness`.
    title : str
        What the page is about, e.g. data set and batch.
    """
    outcome = verdict.outcome.value
    parts = [
        f"<h1>{escape(title)}: <span class='{outcome}'>{outcome}</span></h1>",
        _reasons(verdict),
    ]
    if verdict.detail.get("applies", False):
        parts += [_basis(verdict), _groups(verdict), *_charts(verdict), _cells(verdict)]
        parts += [*_withins(verdict), _representation(verdict), *_treatment(verdict)]
        parts.append(_fairlearn(verdict))
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}: {outcome}</title><style>{_STYLE}</style></head><body>"
        + "".join(parts)
        + "</body></html>\n"
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th scope='col'>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='wide'>{table}</div>"


def _mark(outcome: str) -> str:
    return f"<b class='{outcome}'>{outcome}</b>"


def _reasons(verdict: Verdict) -> str:
    if not verdict.reasons:
        return "<p>Every interval lies inside the policy's limits.</p>"
    return _table(
        ["", "reason", "about", "what"],
        (
            (_mark(r.outcome.value), escape(r.code), escape(r.column or ""), escape(r.message))
            for r in verdict.reasons
        ),
    )


def _basis(verdict: Verdict) -> str:
    d = verdict.detail
    return (
        f"<p>Favourable: <b>{escape(favourable_line(verdict))}</b></p>"
        f"<p class='note'>{escape(str(d['rows']))} rows. Intervals at {1 - d['alpha']:.4g}; Holm "
        f"over {d['family']} comparisons; rates with fewer than {d['least_number']} rows aren't "
        f"judged, and their counts show as &lt;{d['least_number']}. Judged under policy "
        f"<code>{escape(verdict.policy_hash[:12])}</code>.</p>"
    )


def _groups(verdict: Verdict) -> str:
    rows = (
        (
            escape(m.column or ""),
            escape(m.group or "") + (" (reference)" if m.detail.get("reference") else ""),
            escape(str(m.detail["shown"])),
            figure(m.detail.get("share")),
        )
        for m in group_rows(verdict)
    )
    return "<h2>Groups</h2>" + _table(["attribute", "group", "rows", "share"], rows)


def _charts(verdict: Verdict) -> Iterable[str]:
    for panel in panels(verdict):
        yield f"<h2>{escape(panel.title)}</h2><p class='note'>{escape(panel.note)}</p>"
        yield _chart(panel.members, panel.title)


def _chart(members: Sequence[Measurement], title: str) -> str:
    """A dot with its interval for each group, over 0 to 1."""
    span = _WIDTH - _LEFT - _RIGHT
    height = _TOP + _STEP * len(members) + 8
    marks = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _LEFT + span * tick
        marks.append(f"<line x1='{x}' x2='{x}' y1='{_TOP - 6}' y2='{height - 6}'/>")
        marks.append(f"<text class='dim' x='{x}' y='14' text-anchor='middle'>{tick:g}</text>")
    for place, m in enumerate(members):
        marks.append(_row(m, _TOP + _STEP * (place + 0.5), span))
    return (
        f"<svg viewBox='0 0 {_WIDTH} {height}' role='img' aria-label='{escape(title, quote=True)}'>"
        + "".join(marks)
        + "</svg>"
    )


def _row(m: Measurement, y: float, span: float) -> str:
    group = m.group or ""
    name = group if len(group) <= 32 else group[:31] + "…"
    text = f"<text x='0' y='{y + 4}'>{escape(name)}</text>"
    count = f"<text class='dim' x='{_WIDTH - _RIGHT + 12}' y='{y + 4}'>"
    count += f"n {escape(str(m.detail['n']))}</text>"
    low, high = m.detail.get("low"), m.detail.get("high")
    if m.value is None or low is None or high is None:
        return text + count
    return (
        f"{text}<line class='whisker' x1='{_LEFT + span * low:.2f}' x2='{_LEFT + span * high:.2f}' "
        f"y1='{y}' y2='{y}'/><circle cx='{_LEFT + span * m.value:.2f}' cy='{y}' r='4'>"
        f"<title>{escape(group)}: {figure(m.value)} ({interval(m)})</title></circle>{count}"
    )


def _cells(verdict: Verdict) -> str:
    rows = (
        (
            _mark(m.detail["outcome"]),
            escape(f"{m.name} ({m.detail['rate']})"),
            escape(m.column or ""),
            escape(f"{m.group} / {m.detail['reference']}"),
            figure(m.value),
            interval(m),
            figure(m.detail["p_adjusted"]),
            escape(m.detail["limit"]),
            escape(f"{m.detail['n']} / {m.detail['n_reference']}"),
        )
        for m in comparisons(verdict)
    )
    heads = ["", "metric", "attribute", "group / reference", "figure", "interval", "p (Holm)"]
    return "<h2>Comparisons</h2>" + _table([*heads, "limit", "rows"], rows)


def _withins(verdict: Verdict) -> Iterator[str]:
    for within in withins(verdict):
        yield (
            f"<h2>{escape(within.rate)} by {escape(within.attribute)} within "
            f"{escape(within.control)}</h2><p class='note'>{escape(within.note)}. Not judged.</p>"
        )
        heads = ["group", "all rows", *within.levels]
        yield _table(heads, (_within_row(within, group) for group in within.groups))
        if within.differences:
            heads = ["group / reference", "over all rows", "interval", f"within {within.control}"]
            heads += ["interval", "levels the other way", ""]
            yield _table(heads, map(_within_difference, within.differences))


def _within_row(within: Within, group: str) -> Iterator[str]:
    yield escape(group)
    for level in (None, *within.levels):
        m = within.rates.get((group, level))
        yield "–" if m is None else f"{figure(m.value)} <small>({interval(m)})</small>"


def _within_difference(m: Measurement) -> Iterator[str]:
    d = m.detail
    yield escape(f"{m.group} / {d['reference']}")
    yield figure(d["over_all_rows"])
    yield ends(d["over_all_rows_low"], d["over_all_rows_high"])
    yield figure(m.value)
    yield interval(m)
    against = f": {', '.join(d['levels_against'])}" if d["levels_against"] else ""
    yield escape(f"{len(d['levels_against'])} of {d['levels_compared']}{against}")
    yield "<b class='WARN'>reverses</b>" if d["reverses"] else ""


def _representation(verdict: Verdict) -> str:
    rows = [
        (
            escape(m.column or ""),
            escape(m.group or ""),
            figure(m.value),
            interval(m),
            figure(m.detail["population_share"]),
            escape(m.detail["population"]),
            escape(m.detail["represented"] or "too few rows to say"),
            escape(m.detail["rows"]),
        )
        for m in representations(verdict)
    ]
    if not rows:
        return ""
    heads = ["attribute", "level", "share of rows", "interval", "of the population", "population"]
    note = "<p class='note'>Who is in the data. Not judged.</p>"
    return f"<h2>Representation</h2>{note}{_table([*heads, 'represented', 'rows'], rows)}"


def _treatment(verdict: Verdict) -> Iterator[str]:
    found = treatment_panels(verdict)
    if not found:
        return
    yield "<h2>Our own work</h2><p class='note'>How often each group's rows were touched. Not "
    yield "judged.</p>"
    uneven = [
        (
            escape(m.name.removeprefix("difference of ")),
            escape(m.column or ""),
            escape(f"{m.group} / {m.detail['reference']}"),
            figure(m.value),
            interval(m),
            escape(m.detail["rows"]),
        )
        for m in treatment_gaps(verdict)
    ]
    if uneven:
        heads = ["uneven", "attribute", "group / reference", "difference", "interval", "rows"]
        yield _table(heads, uneven)
    for panel in found:
        yield f"<h3>{escape(panel.title)}</h3><p class='note'>{escape(panel.note)}</p>"
        yield _chart(panel.members, panel.title)


def _fairlearn(verdict: Verdict) -> str:
    rows = [
        (
            escape(m.column or ""),
            escape(m.name.removeprefix("fairlearn.")),
            figure(m.value),
            escape(f"{m.detail['rows']}: {m.n}"),
            escape(m.detail["favourable"]),
        )
        for m in fairlearn_figures_of(verdict)
    ]
    if not rows:
        return ""
    note = "<p class='note'>The greatest gap between any two groups, by fairlearn. Not judged.</p>"
    heads = ["attribute", "figure", "value", "rows", "favourable"]
    return f"<h2>fairlearn</h2>{note}{_table(heads, rows)}"
