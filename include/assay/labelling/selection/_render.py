"""What to label next, as text."""

from __future__ import annotations

import numpy as np

from assay.labelling.selection._select import Selection
from assay.labelling.selection.worth import Worth
from assay.page.lines import aligned
from assay.statistics.scores.estimate import Estimate


def render_selection(found: Selection, alpha: float, worth: Worth | None = None) -> str:
    """Rows by reason, and what the labels so far have given, as lines."""
    rows = [("chosen by", "rows", "score", "inclusion")]
    reasons = np.array(found.reason, dtype=str)
    for reason in dict.fromkeys(found.reason):
        of = reasons == reason
        rows.append((
            reason, f"{of.sum():,}", _range(found.score[of]), _range(found.inclusion[of]),
        ))  # fmt: skip
    rows.append(("all", f"{len(found.place):,}", "", ""))
    lines = aligned(rows, numbers={1})
    lines += [] if worth is None else ["", *_of_worth(worth, alpha)]
    return "\n".join(lines)


def _range(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    there = values[np.isfinite(values)]
    if not len(there):
        return "–"
    low, high = f"{there.min():.3g}", f"{there.max():.3g}"
    return low if low == high else f"{low} to {high}"


def _of_worth(worth: Worth, alpha: float) -> list[str]:
    rows = [(f"accuracy, {1 - alpha:.4g} interval", "", "")]
    rows += [(f"up to round {one}", *_cells(of)) for one, of in worth.rounds.items()]
    rows.append((f"by {worth.labels:,} labels", *_cells(worth.accuracy)))
    rows.append(("by as many at random", *_cells(worth.random)))
    rows.append(("gain of another round", *_cells(worth.gain)))
    lines = aligned(rows, numbers={1})
    if worth.below is not None:
        lines.append(f"probability that it gains less than the policy asks: {worth.below:.2f}")
    return lines


def _cells(one: Estimate) -> tuple[str, str]:
    if one.value is None:
        return "–", f"inconclusive: {one.how}"
    if one.low is None or one.high is None:
        return f"{one.value:.4f}", "without an interval"
    return f"{one.value:.4f}", f"{one.low:.4f} to {one.high:.4f}"
