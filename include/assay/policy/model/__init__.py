"""Model files: what is trained on a data set, how it is judged, and how it is promoted.

One file a model, ``include/models/<model>.yaml``. A model file never runs as code: labels and
filters are expressions of the small grammar, estimators and preprocessing are scikit-learn's by
name, and own code is named as ``package.module:function`` in a package that the project installs.
"""

from assay.policy.model._data import Join, TrainingData
from assay.policy.model._estimator import Estimator, Preprocessing, Search
from assay.policy.model._explain import Explanation
from assay.policy.model._feedback import FeedbackPolicy, Outcomes, predictions_of
from assay.policy.model._file import Label, ModelFile, class_name, load_model
from assay.policy.model._gates import FlippedAttribute, Gates, MetricLimit
from assay.policy.model._split import Split
from assay.policy.model._synthetic import SyntheticRows

__all__ = [
    "Estimator",
    "Explanation",
    "FeedbackPolicy",
    "FlippedAttribute",
    "Gates",
    "Join",
    "Label",
    "MetricLimit",
    "ModelFile",
    "Outcomes",
    "Preprocessing",
    "Search",
    "Split",
    "SyntheticRows",
    "TrainingData",
    "class_name",
    "load_model",
    "predictions_of",
]
