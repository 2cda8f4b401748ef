"""A drift verdict as one HTML page: why, effects against their limits, distributions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from markupsafe import Markup

from assay.drift._html_attribution import cause_sections
from assay.drift._measurements import Cell, ColumnDrift, DriftMeasurements, DriftReport
from assay.drift._render import name_of, rows_of
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
)
from assay.page.draw import axis, effect_strip, paired_bars
from assay.verdict import Outcome, Verdict

_MOST: Final = 3.0
"""Multiples of the limit that the strip shows; what lies beyond stands at its end."""
_HOW: Final = Markup(
    "Every effect is drawn over its own limit, so that all limits stand in one line. "
    '<span class="key"><svg height="12"><rect class="chance" width="24" height="12"/></svg>'
    "what chance alone reaches at this number of rows</span> "
    '<span class="key"><svg height="12"><line class="limit" x1="12" x2="12" y1="0" y2="12"/></svg>'
    "the owner’s limit</span> "
    '<span class="key"><svg height="12"><circle class="dot PASS" cx="12" cy="6" r="4.5"/></svg>'
    "passes</span> "
    '<span class="key"><svg height="12"><circle class="dot INCONCLUSIVE" cx="12" cy="6" r="4.5"/>'
    "</svg>can’t tell</span> "
    '<span class="key"><svg height="12"><svg x="12" y="6" overflow="visible"><path class="dot FAIL"'
    ' d="M-6 0L0 -6L6 0L0 6Z"/></svg></svg>fails</span>'
)


def render_html(verdict: Verdict, report: DriftReport, context: PageContext) -> str:
    """A page to send to a colleague: reasons and causes, effects against limits, distributions.

    Of classified columns it shows what the measurements do: closed levels at most.

    Parameters
    ----------
    verdict : Verdict
    report : DriftReport
    context : PageContext
    """
    found = report.comparisons
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "No column gave a reason.")]),
        *cause_sections(causes_of(verdict)),
        *(part for one in found for part in _sections(verdict, one, found)),
    ]
    lead = Lead(verdict.outcome, _answer(verdict), _facts(verdict))
    return render_page(context.title("Drift"), lead, sections, context.back)


def _answer(verdict: Verdict) -> str:
    rows = verdict.detail["columns"]
    failed = list(dict.fromkeys(name_of(r) for r in rows if r["outcome"] == "FAIL"))
    open_ = list(dict.fromkeys(name_of(r) for r in rows if r["outcome"] == "INCONCLUSIVE"))
    compared = len({name_of(r) for r in rows})
    held = "The batch is held." if verdict.holds else "It doesn’t hold the batch."
    if failed:
        return f"{_names(failed)} shifted, of {compared} columns that were compared. {held}"
    if open_:
        return f"{_names(open_)} can’t be told: too few rows for the limit. {held}"
    if not rows:
        return f"Nothing was compared. {held}"
    word = {Outcome.WARN: "No column fails, but one is to be looked at."}.get(
        verdict.outcome, f"None of {compared} columns shifted by as much as its limit."
    )
    return f"{word} {held}"


def _names(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more columns"
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    compared = verdict.detail["compared"]
    facts = []
    for one in compared[:1]:
        batches = one["batches"]
        named = f" ({batches[0]} … {batches[-1]})" if len(batches) > 1 else ""
        named = f" ({batches[0]})" if len(batches) == 1 else named
        facts.append(("Rows of the batch", f"{one['rows_current']:,}"))
        facts.append((f"Rows of {one['reference']}{named}", f"{one['rows_reference']:,}"))
    facts.append(("p-values corrected", f"{verdict.detail['p_values']}"))
    facts.append(("Policy", verdict.policy_hash[:12]))
    return facts


def _sections(
    verdict: Verdict, one: DriftMeasurements, among: Sequence[DriftMeasurements]
) -> Iterator[Section]:
    rows = rows_of(verdict, one)
    name = f": {one.table} against {one.reference}" if among[1:] else ""
    if one.state != "compared":
        return
    ordered = sorted(rows, key=lambda row: -Outcome(row["outcome"]).severity)
    outcomes = {name_of(row): row["outcome"] for row in rows}
    again = _again(verdict, one, among, outcomes)
    yield Section(f"Effects{name}", [_effects(ordered)], _HOW, folded=again)
    columns = sorted(one.columns, key=lambda c: -Outcome(outcomes.get(c.name, "PASS")).severity)
    told = [c for c in columns if outcomes.get(c.name, "PASS") != "PASS"]
    note = Markup(
        "Share of rows. "
        '<span class="key"><svg height="12"><rect class="ref" width="24" height="12"/></svg>'
        "reference</span> "
        '<span class="key"><svg height="12"><rect class="cur" width="24" height="12"/></svg>'
        "this batch</span>"
    )
    if told:
        yield Section(f"Distributions{name}", [_grid(told, outcomes)], note, folded=again)
    if passed := [c for c in columns if c not in told]:
        grid = _grid(passed, outcomes)
        yield Section(f"Distributions that pass{name}", [grid], note, folded=True)
    if one.concept:
        yield Section(f"Label and prediction{name}", [_concept(one)], folded=again)


def _again(
    verdict: Verdict,
    one: DriftMeasurements,
    among: Sequence[DriftMeasurements],
    outcomes: dict[str, str],
) -> bool:
    """Whether an earlier table says the same of every column, so that this one may be closed."""
    earlier = [m for m in among[: among.index(one)] if m.reference == one.reference]
    return any({name_of(r): r["outcome"] for r in rows_of(verdict, m)} == outcomes for m in earlier)


def _effects(rows: Sequence[dict[str, Any]]) -> Markup:
    heads = ["column", "", axis((0, 1, _MOST), (0, _MOST), ("0", "limit", f"{_MOST:g} × limit"))]
    return table(
        [*heads, "effect", "value", "limit", "by chance", "adjusted p", "rows / reference"],
        (
            (
                name_of(row),
                mark(row["outcome"]),
                _strip(row),
                Markup('<span class="w">{}</span>').format(EFFECTS[row["effect"]].label),
                number(row["value"]),
                number(row["limit"]),
                number(row["null_quantile"]),
                number(row["p_adjusted"]),
                f"{row['n_current']:,} / {row['n_reference']:,}",
            )
            for row in rows
        ),
        numbers=(4, 5, 6, 7, 8),
        drawn=(2,),
    )


def _strip(row: dict[str, Any]) -> Markup:
    limit = row["limit"]
    ratio, chance = (None if v is None else v / limit for v in (row["value"], row["null_quantile"]))
    label = (
        f"{name_of(row)}: {number(row['value'])}, limit {number(limit)}, "
        f"by chance {number(row['null_quantile'])}"
    )
    # The strip is about the effect: another reason, such as missing values, isn't drawn as its own.
    outcome = row["outcome"] if ratio is None or ratio >= 1 or _undecided(row) else "PASS"
    return effect_strip(ratio, chance, _MOST, outcome, label)


def _undecided(row: dict[str, Any]) -> bool:
    return bool(row["outcome"] == "INCONCLUSIVE")


def _grid(columns: Sequence[ColumnDrift], outcomes: dict[str, str]) -> Markup:
    figures = (_figure(column, outcomes.get(column.name, "PASS")) for column in columns)
    return Markup('<div class="grid">{}</div>').format(Markup("").join(figures))


def _figure(column: ColumnDrift, outcome: str) -> Markup:
    caption = Markup("<figcaption>{} {}</figcaption>").format(column.name, mark(outcome))
    if not column.cells:
        why = "No distribution is shown: too few rows, or values that may not be."
        return Markup('<figure>{}<p class="dim">{}</p></figure>').format(caption, why)
    return Markup("<figure>{}{}</figure>").format(caption, _bars(column.cells))


def _bars(cells: Sequence[Cell]) -> Markup:
    totals = [max(sum(getattr(c, side) for c in cells), 1) for side in ("reference", "current")]
    shares = [(c, c.reference / totals[0], c.current / totals[1]) for c in cells]
    most = max(max(before, now) for _, before, now in shares) or 1.0
    rows = []
    for cell, before, now in shares:
        label = "missing" if cell.label is None else cell.label
        told = f"{label}: {percent(before)} of the reference, {percent(now)} of the batch"
        rows.append((label, paired_bars(before, now, most, told), percent(before), percent(now)))
    return table(["", "", "before", "now"], rows, drawn=(1,), numbers=(2, 3))


def _concept(one: DriftMeasurements) -> Markup:
    """Each measure once, the reference beside the batch."""
    found = {(m.name, m.group): m for m in one.concept}
    rows = []
    for name in dict.fromkeys(name for name, _ in found):
        sides = [found.get((name, side)) for side in ("reference", "current")]
        values = [number(None if m is None else m.value) for m in sides]
        counts = " / ".join(number(None if m is None else m.n) for m in reversed(sides))
        label = "AUC" if name == "auc" else name.replace("_", " ")
        rows.append((label, *values, counts))
    return table(["measure", "before", "now", "rows / reference"], rows, numbers=(1, 2, 3))
