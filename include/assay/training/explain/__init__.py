"""Why a model says what it says: counterfactuals, importance, partial dependence.

A counterfactual of a row is the nearest change of what can be changed that gives it another
prediction. Reports name rows by their numbers and changes in units of the released column's spread.
"""

from assay.training.explain._choice import choose_rows
from assay.training.explain._counterfactuals import Counterfactuals, find_counterfactuals
from assay.training.explain._dependence import measure_dependence
from assay.training.explain._features import Feature, describe_features
from assay.training.explain._importance import measure_importance
from assay.training.explain._recourse import choose_by_group, measure_recourse, recourse_reasons

__all__ = [
    "Counterfactuals",
    "Feature",
    "choose_by_group",
    "choose_rows",
    "describe_features",
    "find_counterfactuals",
    "measure_dependence",
    "measure_importance",
    "measure_recourse",
    "recourse_reasons",
]
