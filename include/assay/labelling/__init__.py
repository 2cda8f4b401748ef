"""Labelling: labels that people give, and whether they are good.

:func:`read_annotations` reads who gave which label to which task, :func:`measure_agreement` says
how well the annotators agree. :mod:`assay.labelling.aggregation` makes one label of a task's
annotations, :mod:`assay.labelling.noise` finds labels that are probably wrong.
"""

from assay.labelling._annotations import Annotations, read_annotations
from assay.labelling.agreement import AgreementReport, measure_agreement, render_agreement

__all__ = [
    "AgreementReport",
    "Annotations",
    "measure_agreement",
    "read_annotations",
    "render_agreement",
]
