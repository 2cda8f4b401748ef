"""Fairness: whether outcomes differ between groups of people by more than the policy allows.

Counts by group (:func:`measure_fairness`, one pass over the rows), then arithmetic over them
(:func:`judge_fairness`). A *cell* is one metric for one group against the policy's reference
group; its interval decides, never the estimate alone, so few rows give INCONCLUSIVE instead of
PASS. The favourable outcome is the positive class of every rate, and every figure names it.

fairlearn's greatest-gap figures are shown too, and are not judged. Neither are the rates at which
quarantine, deduplication and imputation change each group's rows (:func:`measure_treatment`).
"""

from assay.fairness._counts import Group, Level
from assay.fairness._html import render_html
from assay.fairness._judge import judge_fairness
from assay.fairness._measure import FairnessMeasurements, fairness_problems, measure_fairness
from assay.fairness._render import render_text
from assay.fairness._report import FairnessReport
from assay.fairness._treatment import measure_treatment

__all__ = [
    "FairnessMeasurements",
    "FairnessReport",
    "Group",
    "Level",
    "fairness_problems",
    "judge_fairness",
    "measure_fairness",
    "measure_treatment",
    "render_html",
    "render_text",
]
