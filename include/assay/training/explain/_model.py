"""A fitted model as explanations ask it: a frame of features in, probabilities out."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.training._fit import Fitted
from assay.training.explain._encoded import InSteps
from assay.training.explain._space import Array, Predict


def as_predict(fitted: Fitted) -> Predict:
    """A model as a function of a frame with its features, in their order.

    Returns
    -------
    callable
        Of two classes the favourable one's probability (n,), so that it is the second one; of more
        each class's (n, k); of a number the number (n,). A pipeline is asked in steps.
    """
    steps = getattr(fitted.estimator, "steps", None)
    if steps is None:
        return lambda rows: _said(fitted, fitted.estimator, rows)
    last = fitted.estimator[-1]
    return InSteps(fitted.estimator[:-1].transform, lambda rows: _said(fitted, last, rows))


def _said(fitted: Fitted, estimator: Any, rows: Any) -> Array:
    if not fitted.classes:
        return np.asarray(estimator.predict(rows), dtype=np.float64).ravel()
    seen = np.asarray(estimator.predict_proba(rows), dtype=np.float64)
    whole = np.zeros((len(seen), len(fitted.classes)))
    whole[:, np.asarray(estimator.classes_, dtype=np.int64)] = seen
    return whole if len(fitted.classes) > 2 else whole[:, favourable_of(fitted)]


def favourable_of(fitted: Fitted) -> int:
    """The code of the favourable class."""
    return fitted.classes.index(str(fitted.favourable))


def as_asked(fitted: Fitted, label: Array) -> Array:
    """Labels as the columns of what :func:`as_predict` gives: of two, 1 is the favourable one."""
    if len(fitted.classes) == 2:
        return np.asarray(label == favourable_of(fitted), dtype=np.int64)
    return label
