"""What single columns say: of the label, or of a protected attribute."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from assay.statistics.keyed_order import row_draws
from assay.training._table import TrainingTable

Array = np.ndarray[Any, Any]

ROWS: Final = 20_000
"""Rows that such a question is answered from at most: those with the smallest draws."""
_LEAVES: Final = 32
_LEAST: Final = 5


def sample(table: TrainingTable, seed: int, most: int = ROWS) -> Array:
    """Mask (n,) of at most so many rows, by their keys."""
    if table.rows <= most:
        return np.ones(table.rows, dtype=bool)
    draws = row_draws(table.batch, table.id, seed, "sample")
    return np.asarray(draws <= np.partition(draws, most - 1)[most - 1])


def learn(values: Array, truth: Array, *, classes: bool) -> Any:
    """A small tree over columns (n, k), which finds a twin, a threshold or a level."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeClassifier if classes else DecisionTreeRegressor
    tree = kind(max_leaf_nodes=_LEAVES, min_samples_leaf=_LEAST, random_state=0)
    return tree.fit(np.nan_to_num(values, nan=_MISSING), truth)


def said_by(tree: Any, values: Array, *, classes: bool) -> Array:
    """Probabilities (n, classes) or numbers (n,) of a small tree."""
    rows = np.nan_to_num(values, nan=_MISSING)
    return np.asarray(tree.predict_proba(rows) if classes else tree.predict(rows))


_MISSING: Final = -1e30
"""Missing is a level below all others."""


class Levels:
    """Columns as numbers: text by the mean of what is learned in the rows that it is fitted on.

    Parameters
    ----------
    column : array (n,)
        Numbers, or texts (object) with None.
    truth : array (n,)
        What is learned, as numbers.
    """

    def __init__(self, column: Array, truth: Array) -> None:
        self.means: dict[str, float] | None = None
        if column.dtype == object:
            places, names = _encoded(column)
            sums = np.bincount(places, truth) / np.bincount(places)
            self.means = dict(zip(names, sums.tolist(), strict=True))

    def of(self, column: Array) -> Array:
        """The column (n, 1) as numbers; a level that wasn't there is missing."""
        if self.means is None:
            return np.asarray(column, dtype=np.float64)[:, None]
        places, names = _encoded(column)
        return np.array([self.means.get(name, np.nan) for name in names])[places][:, None]


def _encoded(column: Array) -> tuple[Array, list[str]]:
    """The place of each row's text (n,) among the texts that there are, and these."""
    import pandas as pd

    places, names = pd.factorize(column, use_na_sentinel=False)
    return places, ["None" if pd.isna(name) else str(name) for name in names]
