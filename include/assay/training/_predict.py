"""What a fitted model says of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.errors import InputError, unknown
from assay.training._fit import Fitted
from assay.training._threads import one_result

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Array = np.ndarray[Any, Any]

_BY_PROBABILITY: Final = frozenset(
    {
        "HistGradientBoostingClassifier", "GradientBoostingClassifier",
        "RandomForestClassifier", "ExtraTreesClassifier",
    }
)  # fmt: skip
"""Estimators that predict the likeliest class, so that their trees needn't be asked twice."""
_CLOSE: Final = 1e-9
"""Probabilities that rounding may put in another order."""


@dataclass(frozen=True)
class Predictions:
    """Predictions of n rows.

    Parameters
    ----------
    prediction : array (n,)
        Class codes (int64), or numbers (float64).
    probability : array (n,) or (n, k), or None
        Of the favourable class where there are two, else of each class; None if the model gives
        none.
    classes : tuple of str
        Class names by code; empty for a number.
    """

    prediction: Array
    probability: Array | None
    classes: tuple[str, ...]

    @property
    def named(self) -> Array:
        """The predicted classes (n,) by name, or the numbers."""
        return np.array(self.classes, dtype=str)[self.prediction] if self.classes else (
            self.prediction
        )  # fmt: skip


def predict(fitted: Fitted, features: pa.Table | pd.DataFrame) -> Predictions:
    """Predict rows.

    Parameters
    ----------
    features : pyarrow.Table or pandas.DataFrame
        With the features; other columns are left out.

    Raises
    ------
    InputError
        If a feature is missing.

    Notes
    -----
    A class that no training row has gets the probability 0.
    """
    from sklearn.pipeline import Pipeline

    rows, whole = _frame(fitted, features), fitted.estimator
    if not isinstance(whole, Pipeline) or len(whole) < 2:  # own code's, as it is
        return _said(fitted, whole, rows)
    with one_result(None, 0):
        prepared = whole[:-1].transform(rows)
    return _said(fitted, whole[-1], prepared)


def predict_prepared(fitted: Fitted, rows: Any) -> Predictions:
    """Predict rows that have gone through the model's preprocessing."""
    return _said(fitted, fitted.estimator[-1], rows)


def _said(fitted: Fitted, last: Any, rows: Any) -> Predictions:
    """Predict prepared rows by the last step.

    On one thread where sums depend on how the trees of an ensemble are dealt to threads.
    """
    with one_result(type(last).__name__, len(rows)):
        if not fitted.classes:
            return Predictions(np.asarray(last.predict(rows), np.float64).ravel(), None, ())
        seen = _seen(last, rows)
        if seen is None or type(last).__name__ not in _BY_PROBABILITY:
            said = np.asarray(last.predict(rows))
        else:
            said = _likeliest(last, rows, seen)
    probability = None if seen is None else _probability(fitted, last, seen)
    return Predictions(said.astype(np.int64), probability, fitted.classes)


def _seen(last: Any, rows: Any) -> Array | None:
    """Probabilities (n, classes seen in training); None where the estimator gives none."""
    if not hasattr(last, "predict_proba"):
        return None
    return np.asarray(last.predict_proba(rows), dtype=np.float64)


def _likeliest(last: Any, rows: Any, seen: Array) -> Array:
    """What ``last.predict`` says, which is asked only where two classes are as likely."""
    said: Array = np.asarray(last.classes_)[seen.argmax(axis=1)]
    if seen.shape[1] > 1:
        first, second = np.partition(seen, [-2, -1], axis=1)[:, [-1, -2]].T
        close = first - second < _CLOSE
        if close.any():
            said[close] = np.asarray(last.predict(rows[close]))
    return said


def _frame(fitted: Fitted, features: Any) -> pd.DataFrame:
    import pyarrow as pa

    from assay.training._table import frame_of

    names = features.column_names if isinstance(features, pa.Table) else list(features.columns)
    if missing := [name for name in fitted.features if name not in names]:
        raise InputError("a feature is missing", **unknown(missing[0], names))
    if isinstance(features, pa.Table):
        return frame_of(features, fitted.features)
    return features[list(fitted.features)]


def _probability(fitted: Fitted, last: Any, seen: Array) -> Array:
    whole = np.zeros((len(seen), len(fitted.classes)))
    whole[:, np.asarray(last.classes_, dtype=np.int64)] = seen
    if len(fitted.classes) > 2:
        return whole
    return whole[:, fitted.classes.index(str(fitted.favourable))]
