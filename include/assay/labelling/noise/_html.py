"""A label noise verdict as one HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from assay.labelling.noise._judge import judged_share, share_outcome
from assay.labelling.noise._measure import LabelNoiseMeasurements
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
from assay.page.draw import axis, interval_strip
from assay.page.legend import legend
from assay.policy.label_noise import WrongShare
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Verdict

_MOST: Final = 20
_NONE: Final = "The whole interval is within the policy’s limits."
_SHARES: Final = legend(
    "A point is the share and the line its interval. The verdict follows from the checked rows "
    "where there are some. The detector’s interval holds the chance of drawing rows and not the "
    "detector’s own errors: what the other columns can’t predict looks wrong to it.",
    {"limit": "the limit", "PASS": "passes", "INCONCLUSIVE": "inconclusive", "FAIL": "fails"},
)
_SUSPECTS: Final = (
    "A suspect is a row whose label doesn’t fit its other columns; it isn’t yet an error. No row "
    "was changed or left out. Not judged."
)
_ROWS: Final = (
    "Row numbers of the version, the least fitting first. All are in the run’s file "
    "suspected_labels.parquet: let people look at them in the next round of labelling."
)


def render_html(verdict: Verdict, found: LabelNoiseMeasurements, context: PageContext) -> str:
    """Render the verdict as a page: reasons, shares, suspects by label and group, row numbers.

    No value of a classified column is on it, but levels of closed lists.
    """
    sections = [Section("Reasons", [reasons(verdict.reasons, _NONE)])]
    facts: list[tuple[str, str]] = []
    if verdict.detail.get("applies", False):
        facts, limits = _facts(verdict.detail), WrongShare(**verdict.detail["limits"])
        sections += [_shares(found, limits), _suspects(found), _rows(found), _left_out(found)]
    lead = Lead.of(verdict, _answer(found), facts)
    return render_page(context.title("Label noise"), lead, sections, context.back)


def _answer(found: LabelNoiseMeasurements) -> str:
    share = judged_share(found)
    if share is None or share.value is None:
        return "The labels couldn’t be judged."
    by = f"By {share.n:,} rows that an expert has checked"
    if found.checked is None:
        by = "By a detector’s estimate, which no checked row confirms"
    return f"{by}, {percent(share.value)} of the labels are wrong ({_interval(share)})."


def _facts(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [("Label", str(detail["label"])), ("Rows", number(detail["rows"]))]
    facts.append(("Rows with a label", number(detail["labelled"])))
    if detail["seen"] < detail["labelled"]:
        facts.append(("Rows that the model saw", f"{detail['seen']:,}, a seeded sample"))
    columns = f"{detail['features']} in {detail['folds']} folds"
    return [*facts, ("Columns learned from", columns),
            ("Confidence of the intervals", f"{1 - detail['alpha']:.4g}")]  # fmt: skip


def _shares(found: LabelNoiseMeasurements, limits: WrongShare) -> Section:
    judged = judged_share(found)
    lines = [limit for limit in (limits.warn, limits.fail) if limit is not None]
    known = [("checked rows", found.checked), ("estimate of the detector", found.estimated)]
    shares = [(name, share) for name, share in known if share is not None]
    end = _end([share for _, share in shares], lines)
    rows = []
    for name, share in shares:
        outcome = share_outcome(share, limits).value
        counts = share is judged
        word = mark(outcome) if counts else text("not judged", "note")
        drawn = _strip(name, share, end, outcome if counts else "", lines if counts else [])
        rows.append((name, word, drawn, *_cells(share)))
    heads = ["", "", _axis(end), "share", "interval", "rows"]
    whole = table(heads, rows, numbers=(3, 4, 5), drawn=(2,))
    named = "; ".join(
        f"{word} above {percent(limit)}"
        for word, limit in (("FAIL", limits.fail), ("WARN", limits.warn))
        if limit is not None
    )
    return Section("Share of wrong labels", [whole, text(f"{named}. {limits.rationale}", "note")],
                   _SHARES)  # fmt: skip


def _suspects(found: LabelNoiseMeasurements) -> Section:
    if found.noise is None:
        return Section("Suspects")
    noise = found.noise
    shares = {"all rows": noise.share}
    shares |= {f"label {name}": one for name, one in noise.by_class.items()}
    shares |= noise.by_group
    end = _end(list(shares.values()), [])
    rows = (
        (name, _strip(name, one, end, "", []), number(round((one.value or 0) * one.n)),
         *_cells(one))
        for name, one in shares.items()
    )  # fmt: skip
    heads = ["", _axis(end), "suspects", "share", "interval", "rows"]
    return Section("Suspects", [table(heads, rows, numbers=(2, 3, 4, 5), drawn=(1,))], _SUSPECTS)


def _rows(found: LabelNoiseMeasurements) -> Section:
    first = [f"{found.row[place]:,}" for place in found.suspects[:_MOST]]
    more = len(found.suspects) - len(first)
    if not first:
        return Section("Rows that fit least")
    shown = ", ".join(first) + (f" and {more:,} more" if more else "")
    return Section("Rows that fit least", [text(shown)], _ROWS)


def _left_out(found: LabelNoiseMeasurements) -> Section:
    names = ", ".join(found.left_out)
    named = [text(f"Dates, and columns with too many levels: {names}.")] if names else []
    return Section("Columns that the model can’t learn from", named, folded=True)


def _cells(share: Estimate) -> tuple[str, str, str]:
    return percent(share.value), _interval(share), number(share.n)


def _interval(share: Estimate) -> str:
    known = share.low is not None and share.high is not None
    return f"{percent(share.low)} to {percent(share.high)}" if known else "–"


def _end(shares: list[Estimate], limits: list[float]) -> float:
    """End of an axis that holds all intervals and limits, to a twentieth."""
    greatest = max([*(one.high or 0.0 for one in shares), *limits, 0.01])
    return min(int(greatest * 20 + 1) / 20, 1.0)


def _axis(end: float) -> Markup:
    ticks = (0.0, end / 2, end)
    return axis(ticks, (0.0, end), [percent(tick) for tick in ticks])


def _strip(name: str, share: Estimate, end: float, outcome: str, limits: list[float]) -> Markup:
    label = f"{name}: {percent(share.value)} ({_interval(share)})"
    return interval_strip(share.low, share.value, share.high, (0.0, end), outcome, label, limits)
