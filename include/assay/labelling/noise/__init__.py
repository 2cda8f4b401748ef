"""Label noise: labels that are probably wrong, by confident learning.

:func:`out_of_fold_probabilities` predicts each row from the others, and :func:`find_suspects` names
the rows whose label doesn't fit. Suspects are looked at by people; none is changed or dropped.

The gate of the same name judges a batch by them: :func:`measure_label_noise`,
:func:`judge_label_noise`, :func:`render_html`.
"""

from assay.labelling.noise._html import render_html
from assay.labelling.noise._judge import judge_label_noise
from assay.labelling.noise._measure import LabelNoiseMeasurements, measure_label_noise
from assay.labelling.noise._out_of_fold import feature_table, out_of_fold_probabilities
from assay.labelling.noise._render import render_noise
from assay.labelling.noise._suspects import LabelNoise, find_suspects

__all__ = [
    "LabelNoise",
    "LabelNoiseMeasurements",
    "feature_table",
    "find_suspects",
    "judge_label_noise",
    "measure_label_noise",
    "out_of_fold_probabilities",
    "render_html",
    "render_noise",
]
