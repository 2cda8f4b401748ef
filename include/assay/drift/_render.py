"""A drift verdict as text and as JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from assay.drift._measurements import DriftMeasurements, DriftReport
from assay.drift.attribution import cause_text, causes_of
from assay.drift.effects import EFFECTS
from assay.page import number
from assay.page.lines import Grid, TabledText
from assay.reasons import gate_word, verdict_word
from assay.verdict import Verdict
from assay.wording import sentence

FIGURES: Final = ("value", "limit", "by chance", "adjusted p")
CONCEPT: Final = ("measure", "reference", "batch", "rows: batch / reference")
_HEAD: Final = ("column", "outcome", "effect", *FIGURES, "rows")
_NUMBERS: Final = range(3, 8)


def render_json(verdict: Verdict, report: DriftReport) -> str:
    """Render the verdict, and under ``drift`` everything measured, as one JSON object."""
    whole = verdict.model_dump(mode="json")
    compared = report.comparisons
    whole["drift"] = [one.model_dump(mode="json", exclude={"concept"}) for one in compared]
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)


def render_text(verdict: Verdict, report: DriftReport) -> TabledText:
    """Render the verdict as tables for a terminal, reasons first."""
    lines: list[str | Grid] = [f"drift: {verdict_word(verdict)}"]
    words = [(gate_word(r.outcome, [r.code]), r) for r in verdict.reasons]
    lines += [f"  {word:<12} {r.code}: {sentence(r)}" for word, r in words]
    for one in report.comparisons:
        if rows := [_row(row) for row in rows_of(verdict, one)]:
            lines += ["", f"{one.table} against {one.reference}", Grid(_HEAD, rows, _NUMBERS)]
        if one.concept:
            place = f"label and prediction: {one.table} against {one.reference}"
            lines += ["", place, Grid(CONCEPT, concept_rows(one), {1, 2, 3})]
    for cause in causes_of(verdict):
        lines += ["", *cause_text(cause)]
    return TabledText([*lines, ""])


def rows_of(verdict: Verdict, one: DriftMeasurements) -> list[dict[str, Any]]:
    """Give the judged columns of one comparison, as the verdict's detail has them."""
    place = (one.table, one.reference)
    return [r for r in verdict.detail["columns"] if (r["table"], r["reference"]) == place]


def name_of(row: dict[str, Any]) -> str:
    """Name the column of a row of the verdict's detail, with its slice."""
    return str(row["column"]) if row["slice"] is None else f"{row['column']} [{row['slice']}]"


def figures_of(row: dict[str, Any]) -> list[str]:
    """Give the numbers of a row of the verdict's detail, as ``FIGURES`` names them."""
    return [number(row[key]) for key in ("value", "limit", "null_quantile", "p_adjusted")]


def concept_rows(one: DriftMeasurements) -> list[tuple[str, str, str, str]]:
    """Give each measure of label and prediction once, as ``CONCEPT`` names its figures."""
    found = {(m.name, m.group): m for m in one.concept}
    rows = []
    for name in dict.fromkeys(name for name, _ in found):
        sides = [found.get((name, side)) for side in ("reference", "current")]
        values = [number(None if m is None else m.value) for m in sides]
        counts = " / ".join(number(None if m is None else m.n) for m in reversed(sides))
        label = "AUC" if name == "auc" else name.replace("_", " ")
        rows.append((label, values[0], values[1], counts))
    return rows


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    compared = f"{row['n_current']}/{row['n_reference']}"
    effect = EFFECTS[row["effect"]].label
    return (name_of(row), row["outcome"], effect, *figures_of(row), compared)
