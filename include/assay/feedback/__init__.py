"""Feedback: how a model's predictions do once their outcomes are there, where it errs, and why.

Predictions are joined with outcomes by key elsewhere; here they are measured by batch, model
version and slice (:func:`measure_feedback`) and judged against the model file's limits and the
figures of the test (:func:`judge_feedback`), by intervals. Before the outcomes are there, the
figures are estimated from calibrated probabilities (:func:`estimate_performance`).

:func:`find_segments` says where the errors are, :func:`compare_marked_rows` whether rows that were
imputed, clipped, flagged or suspect have more of them, and :func:`suspect_labels` which labels the
other rows contradict; :mod:`assay.feedback.advice` says what more rows of a slice would give. None
of that is judged.
"""

from assay.feedback._cbpe import estimate_performance, fit_calibration
from assay.feedback._html import render_html
from assay.feedback._judge import judge_feedback
from assay.feedback._label_suspicion import SUSPECTED_LABEL, suspect_labels
from assay.feedback._marked_rows import compare_marked_rows
from assay.feedback._measure import measure_feedback
from assay.feedback._render import render_text
from assay.feedback._report import FeedbackReport
from assay.feedback._rows import FeedbackColumns
from assay.feedback._segments import find_segments

__all__ = [
    "SUSPECTED_LABEL",
    "FeedbackColumns",
    "FeedbackReport",
    "compare_marked_rows",
    "estimate_performance",
    "find_segments",
    "fit_calibration",
    "judge_feedback",
    "measure_feedback",
    "render_html",
    "render_text",
    "suspect_labels",
]
