"""Advice: of which rows more labels would help a model, and by how much.

:func:`advise_on_slices` finds the slices with most errors on the test rows, refits the model on
fewer of each one's training rows, and extends the curve through the scores.
:func:`find_underrepresented` names the levels that are rarer among the training rows than among
newer rows. None of that is judged.
"""

from assay.feedback.advice._slices import SearchedRows, SliceAdvice, advise_on_slices
from assay.feedback.advice._underrepresented import Underrepresented, find_underrepresented

__all__ = [
    "SearchedRows",
    "SliceAdvice",
    "Underrepresented",
    "advise_on_slices",
    "find_underrepresented",
]
