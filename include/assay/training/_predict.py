"""What a fitted model says of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.errors import InputError, unknown
from assay.training._fit import Fitted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Array = np.ndarray[Any, Any]


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
    with _one_thread():
        if not isinstance(whole, Pipeline) or len(whole) < 2:  # own code's, as it is
            return _said(fitted, whole, rows)
        return _said(fitted, whole[-1], whole[:-1].transform(rows))


def predict_prepared(fitted: Fitted, rows: Any) -> Predictions:
    """Predict rows that have gone through the model's preprocessing."""
    with _one_thread():
        return _said(fitted, fitted.estimator[-1], rows)


def _said(fitted: Fitted, last: Any, rows: Any) -> Predictions:
    said = np.asarray(last.predict(rows))
    if not fitted.classes:
        return Predictions(said.astype(np.float64).ravel(), None, ())
    probability = _probability(fitted, last, rows)
    return Predictions(said.astype(np.int64), probability, fitted.classes)


def _one_thread() -> Any:
    """One thread: sums of an ensemble depend on how its trees are dealt to threads."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits={"blas": 1, "openmp": 1})


def _frame(fitted: Fitted, features: Any) -> pd.DataFrame:
    import pyarrow as pa

    from assay.training._table import frame_of

    names = features.column_names if isinstance(features, pa.Table) else list(features.columns)
    if missing := [name for name in fitted.features if name not in names]:
        raise InputError("a feature is missing", **unknown(missing[0], names))
    if isinstance(features, pa.Table):
        return frame_of(features, fitted.features)
    return features[list(fitted.features)]


def _probability(fitted: Fitted, last: Any, rows: Any) -> Array | None:
    if not hasattr(last, "predict_proba"):
        return None
    seen = np.asarray(last.predict_proba(rows), dtype=np.float64)
    whole = np.zeros((len(seen), len(fitted.classes)))
    whole[:, np.asarray(last.classes_, dtype=np.int64)] = seen
    if len(fitted.classes) > 2:
        return whole
    return whole[:, fitted.classes.index(str(fitted.favourable))]
