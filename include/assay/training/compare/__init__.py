"""What made the difference between two training runs: the change of a metric, split into its parts.

Two runs differ in up to three factors: data, preprocessing, hyperparameters. Each crossing of the
two runs' factors is a model of its own, and all of them predict the same test rows. A factor's part
is its Shapley value: what the metric changes by when the factor goes from the first run's to the
second's, averaged over every order in which the factors could have changed. The parts add up to the
whole change.
"""

from assay.training.compare._html import render_html
from assay.training.compare._parts import Crossing, Factor, SplitMetric, split_metrics
from assay.training.compare._render import render_text
from assay.training.compare._report import Explanation
from assay.training.compare._row_scores import metrics_of, row_losses, row_scores
from assay.training.compare._shapley import shapley_parts, split_change

__all__ = [
    "Crossing",
    "Explanation",
    "Factor",
    "SplitMetric",
    "metrics_of",
    "render_html",
    "render_text",
    "row_losses",
    "row_scores",
    "shapley_parts",
    "split_change",
    "split_metrics",
]
