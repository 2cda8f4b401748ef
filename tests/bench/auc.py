"""The area under the ROC curve with DeLong's interval over 1 M rows, beside scikit-learn's area.

scikit-learn gives the area alone, and nothing of the difference of two models. Each side is a whole
process that makes the same rows; the areas must be equal to 1e-9.
"""

from __future__ import annotations

from _measure import BenchError, measure, side
from _show import show

ROWS = 1_000_000


def run(rows: int) -> None:
    """Both sides, then their areas."""
    ours = measure("Assay, area and interval", side("auc_delong.py", rows, "assay"), rows=rows)
    paired = measure("Assay, difference of two", side("auc_delong.py", rows, "paired"), rows=rows)
    peer = measure("scikit-learn, area", side("auc_delong.py", rows, "sklearn"), rows=rows)
    gap = abs(ours.result["auc"] - peer.result["auc"])
    if gap > 1e-9:
        raise BenchError(f"areas differ by {gap}")
    notes = [
        f"{one.name}: {one.result['seconds']:.2f} s without imports and the making of the rows"
        for one in (ours, paired, peer)
    ]
    low, high = ours.result["interval"]
    notes.append(f"area {ours.result['auc']:.6f} ({low:.6f} to {high:.6f}), equal on both sides")
    show("Area under the ROC curve", [ours, paired, peer], notes)
