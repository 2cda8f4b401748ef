"""Probabilities of rows from models that didn't learn from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.errors import InputError
from assay.labelling._annotations import Array

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS: Final = 255
"""Levels that a column of text may have; the model can't take more."""


def out_of_fold_probabilities(
    features: pd.DataFrame, given: Array, *, folds: int, seed: int, model: Any = None
) -> Array:
    """Predict each row by a model that was fitted on the other folds.

    Parameters
    ----------
    features : pandas.DataFrame
        Numbers, booleans and categories; missing values may be there.
    given : array (n,) of int
        Labels from 0 to k - 1, each of which occurs.
    folds : int
        Number of folds, each with the same shares of labels.
    seed : int
        Of folds and model.
    model : scikit-learn classifier, optional
        Histogram gradient boosting by default.

    Returns
    -------
    array (n, k) of float

    Raises
    ------
    InputError
        If a label has fewer rows than there are folds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    rarest = int(np.bincount(given).min(initial=len(given)))
    if rarest < folds:
        raise InputError(
            "a label is too rare to be predicted", got=f"{rarest} rows",
            expected=f"at least {folds} rows of each label", do="Leave its rows out.",
        )  # fmt: skip
    chosen = model or HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=seed
    )
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    # Threads that wait for each other cost more than they save beside other tasks.
    with threadpool_limits(1):
        found = cross_val_predict(chosen, features, given, cv=split, method="predict_proba")
    return np.asarray(found)


def feature_table(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Prepare columns for the model, and name those that it can't take.

    Returns
    -------
    (pandas.DataFrame, list of str)
        Numbers and booleans as they are, text as categories; left out are dates, and text with more
        than 255 levels.
    """
    from pandas.api import types

    kept: dict[str, Any] = {}
    left_out = []
    for name, column in rows.items():
        if types.is_bool_dtype(column) or types.is_numeric_dtype(column):
            kept[str(name)] = column.astype("float64")
        elif types.is_datetime64_any_dtype(column) or column.nunique() > MOST_LEVELS:
            left_out.append(str(name))
        else:
            kept[str(name)] = column.astype("string").astype("category")
    return type(rows)(kept, index=rows.index), left_out
