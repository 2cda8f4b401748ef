"""Cleaning: an ordered list of declared steps that says, cell by cell, what it changed.

A step learns its numbers from a *reference*, never from the batch that it cleans, so that cleaning
can't hide that the batch is different (``fit`` gives a ``FittedState``). ``clean`` applies them:
rows leave only as *dropped* with their reasons, filled cells are flagged in ``<column>__imputed``,
and every changed cell stands in the change log with the rule that changed it. ``judge_cleaning``
holds what was changed against the policy's budget. A release holds natural units: scaling is
fitted here but saved beside the version, to be applied at training and serving.
"""

from assay.cleaning._checks import problems, roles_of
from assay.cleaning._file import clean_file
from assay.cleaning._html import render_html
from assay.cleaning._judge import judge_cleaning
from assay.cleaning._render import render_text
from assay.cleaning._replay import replay
from assay.cleaning._run import clean, fit
from assay.cleaning._scale import load_transformer, scale
from assay.cleaning._state import FittedState

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
