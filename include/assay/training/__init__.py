"""Training: from released rows to a model that is judged as data are.

A model file says what is learned from which rows (``policy/model/``). ``build_table`` makes the
table, ``split_rows`` its sides, ``fit`` the model: the same rows and the same file give the same
parameters, on any number of threads. ``explain/`` says why a model predicts what it does;
``compare/`` splits the change between two training runs, ``trend/`` shows a metric over all. The
room takes Arrow tables and a model file; it
knows nothing of registry, catalog and tracking server.
"""

from assay.training._columns import describe_columns
from assay.training._fit import Fitted, fit, refit
from assay.training._model_object import dump_model, load_model_object
from assay.training._predict import Predictions, predict
from assay.training._problems import model_problems
from assay.training._split import split_rows
from assay.training._table import TrainingTable, build_table

__all__ = [
    "Fitted",
    "Predictions",
    "TrainingTable",
    "build_table",
    "describe_columns",
    "dump_model",
    "fit",
    "load_model_object",
    "model_problems",
    "predict",
    "refit",
    "split_rows",
]
