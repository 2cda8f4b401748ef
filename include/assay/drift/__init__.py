"""Drift: whether the data has shifted, by how much, and whether the rows suffice to decide.

A **reference** is a set of released batches, chosen by partition key (:func:`choose_references`).
The *observed* table of a batch (every row that parsed) is compared with it, before cleaning could
hide a shift, and so is the *candidate*. Each column has one **confirmatory test**, whose
p says whether there is a shift, and one **effect size**, which says how large it is. A column fails
when both say so. Where chance alone could reach the limit at this number of rows, the verdict is
INCONCLUSIVE, never PASS.

:func:`measure_drift` reads the rows and knows no limit, :func:`judge_drift` knows the limits and
touches no data; :func:`compare_files` is both for two files.
"""

from assay.drift._compare_files import compare_files
from assay.drift._html import render_html
from assay.drift._judge import judge_drift
from assay.drift._measure import measure_drift
from assay.drift._measurements import DriftMeasurements, DriftReport
from assay.drift._references import ReferenceChoice, batches_of, choose_references
from assay.drift._render import render_json, render_text
from assay.drift.columns._counted_table import Released

__all__ = [
    "DriftMeasurements",
    "DriftReport",
    "ReferenceChoice",
    "Released",
    "batches_of",
    "choose_references",
    "compare_files",
    "judge_drift",
    "measure_drift",
    "render_html",
    "render_json",
    "render_text",
]
