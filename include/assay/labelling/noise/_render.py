"""Label noise as text."""

from __future__ import annotations

from assay.labelling.noise._suspects import LabelNoise
from assay.page.lines import aligned
from assay.statistics.scores.estimate import Estimate


def render_noise(found: LabelNoise, alpha: float) -> str:
    """Shares of suspects among all rows, of each label and of each group, as lines."""
    rows = [("rows", "number", "suspects", "share", f"{1 - alpha:.4g} interval")]
    rows.append(("all", *_cells(found.share)))
    rows += [(f"label = {name}", *_cells(one)) for name, one in found.by_class.items()]
    rows += [(name, *_cells(one)) for name, one in found.by_group.items()]
    estimated = f"estimated share of wrong labels: {found.estimated:.4f} (confident learning)"
    return "\n".join([*aligned(rows, numbers={1, 2, 3}), "", estimated])


def _cells(one: Estimate) -> tuple[str, str, str, str]:
    if one.value is None or one.low is None or one.high is None:
        return f"{one.n:,}", "–", "–", "inconclusive"
    suspects = f"{round(one.value * one.n):,}"
    return f"{one.n:,}", suspects, f"{one.value:.4f}", f"{one.low:.4f} to {one.high:.4f}"
