"""Label noise: labels that are probably wrong, by confident learning.

:func:`out_of_fold_probabilities` predicts each row from the others, and :func:`find_suspects` names
the rows whose label doesn't fit. Suspects are looked at by people; none is changed or dropped.
"""

from assay.labelling.noise._out_of_fold import feature_table, out_of_fold_probabilities
from assay.labelling.noise._render import render_noise
from assay.labelling.noise._suspects import LabelNoise, find_suspects

__all__ = [
    "LabelNoise",
    "feature_table",
    "find_suspects",
    "out_of_fold_probabilities",
    "render_noise",
]
