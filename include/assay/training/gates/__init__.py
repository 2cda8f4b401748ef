"""What a model must show: its figures, the flip test, and the sanity of model and data.

Each gate has ``measure_…`` (data → figures, no limit), ``judge_…`` (figures and model file →
verdict) and a page.
"""

from assay.training.gates._figures import measure_figures
from assay.training.gates._flip import Flip, judge_flip, measure_flip
from assay.training.gates._html import render_flip, render_sanity
from assay.training.gates._sanity import Sanity, measure_sanity
from assay.training.gates._sanity_judge import judge_sanity

__all__ = [
    "Flip",
    "Sanity",
    "judge_flip",
    "judge_sanity",
    "measure_figures",
    "measure_flip",
    "measure_sanity",
    "render_flip",
    "render_sanity",
]
