"""Aggregation: from several annotations of a task to one label.

:func:`majority_vote` counts annotators alike, :func:`dawid_skene` weighs each by how they err.
:func:`measure_annotators` gives each annotator's confusion matrix with intervals, and
:func:`choose_for_review` the tasks that an expert should see.
"""

from assay.labelling.aggregation._annotators import AnnotatorQuality, measure_annotators
from assay.labelling.aggregation._dawid_skene import DawidSkene, dawid_skene
from assay.labelling.aggregation._render import render_aggregation
from assay.labelling.aggregation._review import REASONS, Review, choose_for_review
from assay.labelling.aggregation._votes import Aggregated, majority_vote

__all__ = [
    "REASONS",
    "Aggregated",
    "AnnotatorQuality",
    "DawidSkene",
    "Review",
    "choose_for_review",
    "dawid_skene",
    "majority_vote",
    "measure_annotators",
    "render_aggregation",
]
