"""The scaler of a released version as a step of a pipeline: it learns nothing from the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from assay.errors import InputError, unknown


class FixedScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Gives (x − center) / scale for each column.

    Parameters
    ----------
    center, scale : sequence of float
        One number a column, in their order.
    """

    def __init__(self, center: Sequence[float], scale: Sequence[float]) -> None:
        self.center = center
        self.scale = scale

    def fit(self, X: Any, y: Any = None) -> FixedScaler:  # noqa: ARG002, N803
        """Remember the columns; the numbers were fitted on the released reference."""
        self.n_features_in_ = X.shape[1]
        if hasattr(X, "columns"):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Scale columns (n, k)."""
        centre, scale = np.asarray(self.center), np.asarray(self.scale)
        return (np.asarray(X, dtype=float) - centre) / scale


def fixed_scaler(spec: Mapping[str, Any] | None, columns: Sequence[str]) -> FixedScaler:
    """Take the numbers of some columns from a released scaler.

    Raises
    ------
    InputError
        If the version has no scaler, or it doesn't scale a column.
    """
    if spec is None:
        raise InputError(
            "the released data have no scaler", where="preprocessing",
            do="Name a scaler of scikit-learn, or let the cleaning policy fit one.",
        )  # fmt: skip
    known = spec.get("columns", {})
    if missing := [name for name in columns if name not in known]:
        raise InputError("the released scaler doesn't scale this column", where="preprocessing",
                         **unknown(missing[0], sorted(known)))  # fmt: skip
    centre = [float(known[name]["center"]) for name in columns]
    return FixedScaler(centre, [float(known[name]["scale"]) for name in columns])
