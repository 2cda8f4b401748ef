"""Cleaning: an ordered list of declared steps, with a log of every cell that they changed.

A step learns its numbers from a *reference*, never from the batch that it cleans, so that cleaning
can't hide that the batch is different (``fit`` gives a ``FittedState``). ``clean`` applies them:
rows leave only as *dropped* with their reasons, filled cells are flagged in ``<column>__imputed``,
and every changed cell is in the change log with the rule that changed it. ``judge_cleaning``
compares what was changed with the policy's budget. A release holds natural units: scaling is fitted
here but saved beside the version, to be applied at training and serving. Each kind of step is one
class in ``steps/``.
"""

from assay.cleaning._clean import clean
from assay.cleaning._clean_file import clean_file
from assay.cleaning._fit import fit
from assay.cleaning._fitted_state import FittedState
from assay.cleaning._html import render_html
from assay.cleaning._judge import judge_cleaning
from assay.cleaning._problems import problems, roles_of
from assay.cleaning._render import render_text
from assay.cleaning._replay import replay
from assay.cleaning._scaler import load_transformer, scale

__all__ = [
    "FittedState",
    "clean",
    "clean_file",
    "fit",
    "judge_cleaning",
    "load_transformer",
    "problems",
    "render_html",
    "render_text",
    "replay",
    "roles_of",
    "scale",
]
