"""A drift verdict as one HTML page: why, effects against their limits, distributions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from assay.drift._html_attribution import cause_sections
from assay.drift._measurements import Cell, ColumnDrift, DriftMeasurements, DriftReport
from assay.drift._render import CONCEPT, FIGURES, concept_rows, figures_of, name_of, rows_of
from assay.drift.attribution import causes_of
from assay.drift.effects import EFFECTS
from assay.page import (
    Lead,
    PageContext,
    Section,
    mark,
    number,
    percent,
    reasons,
    render_page,
    table,
    text,
)
from assay.page.draw import (
    axis,
    effect_strip,
    paired_bars,
    scale_end,
    share_axis,
    small_multiples,
)
from assay.page.legend import legend
from assay.verdict import NOT_JUDGED, Outcome, Verdict

_MOST: Final = 3.0
"""Multiples of the limit that the strip shows; what lies beyond stands at its end."""
_HOW: Final = legend(
    "Each effect is drawn relative to its own limit. Observed rows are the rows as they came in; "
    "candidate rows are those that a release would hold.",
    {
        "chance": "what chance alone reaches with this number of rows",
        "limit": "the limit",
        "PASS": "passes",
        "INCONCLUSIVE": "inconclusive",
        "FAIL": "fails",
    },
)
_NOT_SHOWN: Final = "No distribution is shown: too few rows, or values that may not be shown."
_SHARES: Final = legend("Share of rows.", {"ref": "reference", "cur": "this batch"})


def render_html(verdict: Verdict, report: DriftReport, context: PageContext) -> str:
    """Render the verdict as a page: reasons and causes, effects against limits, distributions.

    Of classified columns it shows what the measurements do: closed levels at most.
    """
    found = report.comparisons
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "No column gives a reason.")]),
        *cause_sections(causes_of(verdict), context),
        *(part for one in found for part in _sections(verdict, one, found, context)),
    ]
    lead = Lead.of(verdict, _answer(verdict), _facts(verdict))
    return render_page(context.title("Drift"), lead, sections, context.back)


def _answer(verdict: Verdict) -> str:
    rows = verdict.detail["columns"]
    found: dict[str, dict[str, dict[str, Any]]] = {outcome: {} for outcome in Outcome}
    for row in rows:
        found[row["outcome"]].setdefault(name_of(row), row)
    failed, inconclusive = found[Outcome.FAIL], found[Outcome.INCONCLUSIVE]
    compared = f"{len({name_of(r) for r in rows})} columns were compared with the reference"
    if failed:
        return f"{_shifted(failed)}; {compared}."
    if inconclusive:
        return f"{_names(list(inconclusive))}: inconclusive, none fails; {compared}."
    if not rows:
        return _without_columns(verdict)
    if verdict.outcome is Outcome.PASS:
        return f"No column shifted by as much as its limit; {compared}."
    return f"No column fails, but there is a reason to look at; {compared}."


def _without_columns(verdict: Verdict) -> str:
    """The answer where no column is judged: of label and prediction, if they were compared."""
    if all(one["state"] != "compared" for one in verdict.detail["compared"]):
        return "Nothing was compared."
    if verdict.reasons:
        return f"{verdict.reasons[0].message}."
    return "Label, prediction and score go together as in the reference; no column is compared."


def _shifted(failed: Mapping[str, dict[str, Any]]) -> str:
    """The columns that failed; of a single one also its effect against the limit."""
    row = next(iter(failed.values()))
    if len(failed) > 1 or row["value"] is None or row["value"] < row["limit"]:
        return f"{_names(list(failed))} changed beyond the limit"
    effect, value = EFFECTS[row["effect"]].label, number(row["value"])
    return f"{name_of(row)} shifted by {value} ({effect}); the limit is {number(row['limit'])}"


def _names(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more columns"
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    compared = verdict.detail["compared"]
    facts = []
    for one in compared[:1]:
        batches = " … ".join(dict.fromkeys((*one["batches"][:1], *one["batches"][-1:])))
        named = f" ({batches})" if batches else ""
        facts.append(("Rows of the batch", f"{one['rows_current']:,}"))
        facts.append((f"Rows of {one['reference']}{named}", f"{one['rows_reference']:,}"))
    tests = "Tests (p-values are corrected for their number)", f"{verdict.detail['p_values']}"
    return [*facts, tests]


def _sections(
    verdict: Verdict,
    one: DriftMeasurements,
    among: Sequence[DriftMeasurements],
    context: PageContext,
) -> Iterator[Section]:
    rows = rows_of(verdict, one)
    name = f": {one.table} rows against {one.reference}" if among[1:] else ""
    outcomes = {name_of(row): row["outcome"] for row in rows}
    # Where an earlier table has the same outcomes, this one may be folded.
    earlier = [m for m in among[: among.index(one)] if m.reference == one.reference]
    again = outcomes in [{name_of(r): r["outcome"] for r in rows_of(verdict, m)} for m in earlier]
    if rows:
        yield from _column_sections(rows, one, name, context, again=again)
    if one.concept:
        yield Section(f"Label and prediction{name}", [_concept(one)], folded=again)


def _column_sections(
    rows: Sequence[dict[str, Any]], one: DriftMeasurements, name: str, context: PageContext, *,
    again: bool,
) -> Iterator[Section]:  # fmt: skip
    """The effects of one comparison, and the distributions of its columns."""
    ordered = sorted(rows, key=lambda row: -Outcome(row["outcome"]).severity)
    outcomes = {name_of(row): row["outcome"] for row in rows}
    yield Section(f"Effects{name}", [_effects(ordered)], _HOW, folded=again)
    columns = sorted(one.columns, key=lambda c: -Outcome(outcomes.get(c.name, "PASS")).severity)
    shown = [c for c in columns if outcomes.get(c.name, "PASS") != "PASS"]
    if shown:
        yield Section(
            f"Distributions{name}", [_grid(shown, outcomes, context)], _SHARES, folded=again
        )
    if passed := [c for c in columns if c not in shown]:
        grid = _grid(passed, outcomes, context)
        yield Section(f"Distributions that pass{name}", [grid], _SHARES, folded=True)


def _effects(rows: Sequence[dict[str, Any]]) -> Markup:
    heads = ["column", "", axis((0, 1, _MOST), (0, _MOST), ("0", "limit", f"{_MOST:g}×"))]
    cells = []
    for row in rows:
        effect = Markup('<span class="w">{}</span>').format(EFFECTS[row["effect"]].label)
        drawn = [name_of(row), mark(row["outcome"]), _strip(row), effect]
        compared = f"{row['n_current']:,} / {row['n_reference']:,}"
        cells.append([*drawn, *figures_of(row), compared])
    heads += ["effect", *FIGURES, "rows: batch / reference"]
    return table(heads, cells, numbers=(4, 5, 6, 7, 8), drawn=(2,))


def _strip(row: dict[str, Any]) -> Markup:
    limit = row["limit"]
    ratio, chance = (None if v is None else v / limit for v in (row["value"], row["null_quantile"]))
    label = (
        f"{name_of(row)}: {number(row['value'])}, limit {number(limit)}, "
        f"by chance {number(row['null_quantile'])}"
    )
    # The strip is about the effect: another reason, such as missing values, isn't drawn as its own.
    drawn = ratio is None or ratio >= 1 or row["outcome"] == "INCONCLUSIVE"
    outcome = row["outcome"] if drawn else "PASS"
    return effect_strip(ratio, chance, _MOST, outcome, label)


def _grid(columns: Sequence[ColumnDrift], outcomes: dict[str, str], context: PageContext) -> Markup:
    return small_multiples(
        (
            Markup("{} {}").format(column.name, mark(outcomes.get(column.name, NOT_JUDGED))),
            _bars(column, context) if column.cells else text(_NOT_SHOWN, "dim"),
        )
        for column in columns
    )


def _bars(column: ColumnDrift, context: PageContext) -> Markup:
    cells: Sequence[Cell] = column.cells
    totals = [max(sum(getattr(c, side) for c in cells), 1) for side in ("reference", "current")]
    shares = [(c, c.reference / totals[0], c.current / totals[1]) for c in cells]
    most = scale_end(max(max(before, now) for _, before, now in shares))
    rows = []
    for cell, before, now in shares:
        label = "missing" if cell.label is None else context.named(column.column, cell.label)
        numbers = f"{label}: {percent(before)} of the reference, {percent(now)} of the batch"
        bars = paired_bars(before, now, most, numbers)
        rows.append((label, bars, percent(before), percent(now)))
    return table(
        ["value", share_axis(most), "reference", "batch"], rows, drawn=(1,), numbers=(2, 3)
    )


def _concept(one: DriftMeasurements) -> Markup:
    """Each measure once, the reference beside the batch."""
    return table(CONCEPT, concept_rows(one), numbers=(1, 2, 3))
