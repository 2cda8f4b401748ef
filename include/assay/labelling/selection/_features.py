"""Columns as numbers between which distances mean something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.labelling._annotations import Array

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS: Final = 30
"""Commonest levels of a column that have a number of their own; all others share none."""


def standardised(features: pd.DataFrame) -> Array:
    """Standardise columns, so that each weighs alike in a distance.

    Parameters
    ----------
    features : pandas.DataFrame (n, …)
        Numbers and categories, as :func:`assay.labelling.noise.feature_table` gives them.

    Returns
    -------
    array (n, d) of float
        Of a number its distance from the mean in standard deviations, 0 where it is missing or
        constant. Of a category one column a level: two rows with different levels are 1 apart.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"x": [1.0, 3.0, None], "c": pd.Categorical(["a", "b", "a"])})
    >>> standardised(rows).round(3).tolist()
    [[-1.0, 0.707, 0.0], [1.0, 0.0, 0.707], [0.0, 0.707, 0.0]]
    """
    parts: list[Array] = []
    for _, column in features.items():
        parts += [_number(column)] if column.dtype.kind == "f" else _levels(column)
    return np.column_stack(parts) if parts else np.zeros((len(features), 0))


def _number(column: pd.Series[Any]) -> Array:
    values = np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    there = np.isfinite(values)
    known = values[there]
    spread = float(known.std()) if len(known) else 0.0
    if spread == 0:
        return np.zeros(len(values))
    return np.where(there, (values - known.mean()) / spread, 0.0)


def _levels(column: pd.Series[Any]) -> list[Array]:
    codes = column.cat.codes.to_numpy()
    number = np.bincount(codes[codes >= 0], minlength=len(column.cat.categories))
    common = np.sort(np.argsort(-number, kind="stable")[:MOST_LEVELS])
    return [(codes == level) / np.sqrt(2.0) for level in common]
