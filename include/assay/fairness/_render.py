"""A fairness verdict as JSON and as text."""

from __future__ import annotations

import json

from assay.verdict import Measurement, Verdict


def render_fairness_json(verdict: Verdict) -> str:
    """The verdict as JSON, indented; ``Verdict.model_validate_json`` reads it back."""
    return json.dumps(verdict.model_dump(mode="json"), indent=2, ensure_ascii=False)


def render_fairness_text(verdict: Verdict) -> str:
    """The verdict as lines for a terminal: outcome, reasons, rates by group, comparisons."""
    lines = [f"fairness: {verdict.outcome.value}"]
    lines += [
        f"  {r.outcome.value:<12} {r.code}: {_about(r.column)}{r.message}" for r in verdict.reasons
    ]
    if not verdict.detail.get("applies", False):
        return "\n".join(lines)
    lines.append(f"rows: {verdict.detail['rows']}, intervals at {1 - verdict.detail['alpha']:.4g}")
    for title, members in panels(verdict):
        lines += ["", title, *(f"  {_rate_line(m)}" for m in members)]
    judged = comparisons(verdict)
    if judged:
        lines += ["", f"compared with the reference group (Holm over {verdict.detail['family']})"]
        lines += [f"  {_cell_line(m)}" for m in judged]
    shown = fairlearn_figures_of(verdict)
    if shown:
        lines += ["", "greatest gap between any two groups, by fairlearn (not judged)"]
        lines += [
            f"  {m.column}: {m.name.removeprefix('fairlearn.')} {figure(m.value)}" for m in shown
        ]
    return "\n".join(lines)


def _about(column: str | None) -> str:
    return f"{column}: " if column else ""


def panels(verdict: Verdict) -> list[tuple[str, list[Measurement]]]:
    """Rates of all groups, by attribute and rate; the title says what is favourable."""
    found: dict[str, list[Measurement]] = {}
    for m in verdict.measurements:
        if m.unit == "share" and m.group is not None:
            title = (
                f"{m.name} by {m.column} — favourable: {m.detail['favourable']}; {m.detail['rows']}"
            )
            found.setdefault(title, []).append(m)
    return list(found.items())


def comparisons(verdict: Verdict) -> list[Measurement]:
    """The judged cells."""
    return [m for m in verdict.measurements if "p_adjusted" in m.detail]


def fairlearn_figures_of(verdict: Verdict) -> list[Measurement]:
    """The figures that fairlearn computed."""
    return [m for m in verdict.measurements if m.name.startswith("fairlearn.")]


def group_rows(verdict: Verdict) -> list[Measurement]:
    """Rows of every group."""
    return [m for m in verdict.measurements if m.name == "rows"]


def figure(value: float | None) -> str:
    """A number for people: four digits, a dash where there is none.

    Examples
    --------
    >>> figure(0.3580231), figure(None)
    ('0.3580', '–')
    """
    if value is None:
        return "–"
    return f"{value:.2g}" if 0 < abs(value) < 0.001 else f"{value:.4f}"


def interval(m: Measurement) -> str:
    """A measurement's interval; no upper end where there is none."""
    low, high = m.detail.get("low"), m.detail.get("high")
    if low is None:
        return "–"
    return f"{figure(low)} to {figure(high)}" if high is not None else f"{figure(low)} or more"


def _rate_line(m: Measurement) -> str:
    return f"{m.group:<28} {figure(m.value):>7}  ({interval(m)})  n {m.detail['n']}"


def _cell_line(m: Measurement) -> str:
    d = m.detail
    return (
        f"{d['outcome']:<12} {m.name} ({d['rate']}) {m.column}: {m.group} / {d['reference']} "
        f"{figure(m.value)} ({interval(m)}), p {figure(d['p_adjusted'])}; {d['limit']}"
    )
