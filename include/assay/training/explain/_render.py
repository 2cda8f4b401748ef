"""An explanation as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from assay.page.lines import aligned
from assay.reasons import gate_word, verdict_word
from assay.statistics.scores.estimate import Estimate
from assay.training.explain._report import Change, ExplainedRow, ExplanationReport
from assay.verdict import Verdict
from assay.wording import sentence

_MOST = 12


def render_text(verdict: Verdict, report: ExplanationReport) -> str:
    """The explanation as lines for a terminal: importance, counterfactuals, recourse."""
    lines = [f"explain: {verdict_word(verdict)}"]
    for reason in verdict.reasons:
        word = gate_word(reason.outcome, [reason.code])
        lines.append(f"  {word:<12} {reason.code}: {sentence(reason)}")
    for part in (_importance, _dependence, _rows, _recourse):
        found = list(part(report))
        lines += ["", *found] if found else []
    return "\n".join(lines)


def render_json(verdict: Verdict, report: ExplanationReport) -> str:
    """The verdict and the report as JSON."""
    body = {
        "verdict": verdict.model_dump(mode="json"),
        "explanation": report.model_dump(mode="json"),
    }
    return json.dumps(body, indent=1)


def _importance(report: ExplanationReport) -> Iterator[str]:
    if not report.importance:
        return
    yield (
        f"importance: by how much the {report.loss.replace('_', ' ')} rises when a feature is "
        f"shuffled, {report.measured:,} of {report.tested:,} test rows"
    )
    rows = [("feature", "rises by", "interval")]
    rows += [(f.feature, figure(f.increase), interval(f.increase)) for f in report.importance]
    yield from aligned(rows, numbers={1, 2})


def _dependence(report: ExplanationReport) -> Iterator[str]:
    for one in report.dependence:
        if not one.points:
            yield f"{one.feature}: its levels aren't shown"
            continue
        yield f"mean prediction if all rows had this {one.feature}"
        rows = [(one.feature, "mean", "interval")]
        rows += [(p.at, figure(p.mean), interval(p.mean)) for p in one.points[:_MOST]]
        yield from aligned(rows, numbers={1, 2})


def _rows(report: ExplanationReport) -> Iterator[str]:
    if not report.rows:
        return
    yield (
        f"counterfactuals: {report.with_way} of {len(report.rows)} rows have one; what may change: "
        + ", ".join(report.changeable)
    )
    rows = [("row", "why", "predicted", "would be another with", "distance")]
    for row in report.rows:
        named, said = f"{row.batch} {row.id}", row.predicted or "–"
        for way in row.ways:
            changes = "; ".join(map(change_text, way.changes))
            rows.append((named, row.why, said, changes, f"{way.distance:.3f}"))
        if not row.ways:
            rows.append((named, row.why, said, no_way(row), "–"))
    yield from aligned(rows, numbers={4})


def no_way(row: ExplainedRow) -> str:
    """What is shown of a row without a counterfactual."""
    return "no plausible change of what may change was found" if not row.ways else ""


def change_text(change: Change) -> str:
    """A change for people: its values where they are known, else its size.

    Examples
    --------
    >>> change_text(Change(feature="hours", spreads=1.5))
    'hours +1.5 spreads'
    >>> change_text(Change(feature="hours", spreads=1.5, now="20", to="38"))
    'hours 20 → 38'
    >>> change_text(Change(feature="sex"))
    'sex to another level'
    """
    if change.now is not None:
        return f"{change.feature} {change.now} → {change.to}"
    if change.to is not None:
        return f"{change.feature} to {change.to}"
    if change.spreads is not None:
        return f"{change.feature} {change.spreads:+.2g} spreads"
    return f"{change.feature} to another level"


def _recourse(report: ExplanationReport) -> Iterator[str]:
    for one in report.recourse:
        yield f"recourse by {one.attribute}, against {one.reference or 'none'}"
        rows = [("group", "rows", "share with a way", "interval", "median cost", "interval")]
        for g in one.groups:
            rows.append((g.group, f"{g.rows:,}", figure(g.share), interval(g.share),
                         figure(g.cost), interval(g.cost)))  # fmt: skip
        yield from aligned(rows, numbers={1, 2, 3, 4, 5})
        if one.hidden:
            yield f"  {one.hidden} groups have too few rows to be shown"


def figure(estimate: Estimate) -> str:
    """A figure with three significant digits."""
    return "–" if estimate.value is None else f"{estimate.value:.3g}"


def interval(estimate: Estimate) -> str:
    """Its interval."""
    if estimate.low is None or estimate.high is None:
        return "–"
    return f"{estimate.low:.3g} to {estimate.high:.3g}"
