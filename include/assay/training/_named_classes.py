"""A classifier of own code, whose answers are codes of the model file's classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if

from assay.errors import InputError
from assay.policy.model import class_name


def _has_probability(self: NamedClasses) -> bool:
    return hasattr(self.estimator, "predict_proba")


class NamedClasses(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Gives the code of each class that an estimator predicts by its value.

    Parameters
    ----------
    estimator : object
        Fitted, with ``classes_``.
    codes : sequence of int
        The code of each of its classes, in their order.
    """

    def __init__(self, estimator: Any, codes: Sequence[int]) -> None:
        self.estimator = estimator
        self.codes = codes

    @property
    def classes_(self) -> Any:
        """The codes, in the order of the columns of ``predict_proba``."""
        return np.asarray(self.codes, dtype=np.int64)

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Codes (n,) of rows (n, k)."""
        known = list(np.asarray(self.estimator.classes_).tolist())
        said = np.asarray(self.estimator.predict(X)).ravel().tolist()
        return np.array([self.codes[known.index(value)] for value in said], dtype=np.int64)

    @available_if(_has_probability)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Probabilities (n, classes)."""
        return self.estimator.predict_proba(X)


def with_class_codes(estimator: Any, classes: Sequence[str]) -> Any:
    """Let a fitted estimator of own code predict codes of some classes; a number stays a number.

    Raises
    ------
    InputError
        If it has a class that isn't among them.
    """
    if not classes:
        return estimator
    own = [class_name(v) for v in np.asarray(getattr(estimator, "classes_", ())).tolist()]
    if not own or not set(own) <= set(classes):
        raise InputError(
            "the model predicts other classes than the label of its model file",
            got=", ".join(own[:20]) or "none", expected=", ".join(classes[:20]),
        )  # fmt: skip
    return NamedClasses(estimator, [classes.index(name) for name in own])
