"""Why a model says what it says: counterfactuals, importance, partial dependence.

A counterfactual of a row is the nearest change of what can be changed that gives it another
prediction. Reports name rows by their numbers and changes in units of the released column's spread.
"""

from assay.training.explain._counterfactuals import find_counterfactuals
from assay.training.explain._encoded import InSteps
from assay.training.explain._features import describe_features
from assay.training.explain._html import render_html, summary_sections
from assay.training.explain._judge import judge_explanation
from assay.training.explain._measure import Explaining, measure_explanation
from assay.training.explain._render import render_json, render_text
from assay.training.explain._report import ExplanationReport

__all__ = [
    "Explaining",
    "ExplanationReport",
    "InSteps",
    "describe_features",
    "find_counterfactuals",
    "judge_explanation",
    "measure_explanation",
    "render_html",
    "render_json",
    "render_text",
    "summary_sections",
]
