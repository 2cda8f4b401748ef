"""Agreement: whether annotators who label the same tasks give the same labels.

:func:`measure_agreement` gives Krippendorff's alpha, the kappas of Cohen and Fleiss, and raw
agreement, each with a bootstrap interval over tasks: over all, by class, pair and slice.
"""

from assay.labelling.agreement._measure import Agreement, AgreementReport, Level, measure_agreement
from assay.labelling.agreement._render import render_agreement

__all__ = ["Agreement", "AgreementReport", "Level", "measure_agreement", "render_agreement"]
