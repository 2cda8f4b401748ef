"""Why a model says what it says: counterfactuals, importance, partial dependence.

A counterfactual of a row is the nearest change of what can be changed that gives it another
prediction. Reports name rows by their numbers and changes in units of the released column's spread.
"""

from assay.training.explain._choice import choose_rows
from assay.training.explain._counterfactuals import Counterfactuals, find_counterfactuals
from assay.training.explain._features import Feature, describe_features

__all__ = [
    "Counterfactuals",
    "Feature",
    "choose_rows",
    "describe_features",
    "find_counterfactuals",
]
