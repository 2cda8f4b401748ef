"""Candidates as the estimator sees them, put together from what preprocessing makes of each value.

A candidate differs from its row in a few values, and preprocessing mostly treats one column at a
time. So each value is prepared once; thousands of candidates are then looked up, and the estimator
alone is asked. That it is so is tried on random candidates, and every counterfactual is predicted
once more by the whole model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from assay.training.explain._space import PREDICTED, Array, Predict, Space, two_columns

_TRIED: Final = 64
"""Random candidates that must be equal, looked up and prepared."""
_MOST: Final = 200_000
"""Values of all features that are prepared at most."""


@dataclass(frozen=True)
class InSteps:
    """A model in two steps, which is a model as a whole too.

    Parameters
    ----------
    prepare : callable
        A table of features as the estimator sees it, each row by itself.
    estimate : callable
        What ``prepare`` gives → probabilities.
    """

    prepare: Callable[[Any], Any]
    estimate: Predict

    def __call__(self, table: Any) -> Array:
        """The probabilities of a table of features."""
        return self.estimate(self.prepare(table))


@dataclass(frozen=True)
class Encoded:
    """What preprocessing makes of each value.

    Parameters
    ----------
    columns : sequence of str, or None
        Names of the prepared columns, where they have names.
    base : array (q,)
        A prepared row.
    places : dict of int to array of int
        By feature: the prepared columns that follow from it.
    rank : dict of int to array of int
        By feature: code → row of ``parts``.
    parts : dict of int to array (k, places)
        By feature: what they are for each value.
    """

    estimate: Predict
    columns: Any
    base: Array
    places: Mapping[int, Array]
    rank: Mapping[int, Array]
    parts: Mapping[int, Array]

    @classmethod
    def of(
        cls, model: Predict, space: Space, rows: Array, allowed: Mapping[int, Array]
    ) -> Self | None:
        """Prepare the values that candidates of some rows can have; None where that can't be."""
        if not isinstance(model, InSteps) or not len(rows):
            return None
        codes = {j: np.unique(rows[:, j]) for j in range(rows.shape[1])}
        codes |= {j: np.union1d(codes[j], np.flatnonzero(ok)) for j, ok in allowed.items()}
        if sum(map(len, codes.values())) > _MOST:
            return None
        single = np.repeat(rows[:1], sum(map(len, codes.values())) + 1, axis=0)
        at = 1
        for j, values in codes.items():
            single[at : at + len(values), j] = values
            at += len(values)
        prepared = model.prepare(space.table(single))
        found = cls._from(model.estimate, space, codes, prepared)
        return found if found and found._holds(model, space, codes, rows) else None

    @classmethod
    def _from(
        cls, estimate: Predict, space: Space, codes: Mapping[int, Array], prepared: Any
    ) -> Self | None:
        columns = getattr(prepared, "columns", None)
        if columns is not None and any(kind != np.float64 for kind in prepared.dtypes):
            return None
        whole = np.asarray(prepared)
        if whole.dtype != np.float64 or whole.ndim != 2:
            return None
        places, rank, parts, at = {}, {}, {}, 1
        for j, values in codes.items():
            mine = whole[at : at + len(values)]
            at += len(values)
            places[j] = np.flatnonzero(~_same(mine, whole[0]).all(axis=0))
            rank[j] = np.zeros(len(space.values[j]), dtype=int)
            rank[j][values] = np.arange(len(values))
            parts[j] = mine[:, places[j]]
        return cls(estimate, columns, whole[0], places, rank, parts)

    def _holds(
        self, model: InSteps, space: Space, codes: Mapping[int, Array], rows: Array
    ) -> bool:  # fmt: skip
        """Whether random candidates are, put together, what preprocessing makes of them."""
        every = np.concatenate(list(self.places.values()))
        if len(every) != len(np.unique(every)):
            return False
        random = np.random.default_rng(0)
        tried = np.stack([random.choice(codes[j], _TRIED) for j in codes], axis=1)
        prepared = np.asarray(model.prepare(space.table(tried.astype(rows.dtype))))
        return bool(_same(prepared, self._matrix(tried)).all())

    def _matrix(self, codes: Array) -> Array:
        whole = np.empty((len(codes), len(self.base)), order="F")
        whole[:] = self.base
        for j, places in self.places.items():
            if len(places):
                whole[:, places] = self.parts[j][self.rank[j][codes[:, j]]]
        return whole

    def scores(self, codes: Array) -> Array:
        """Probabilities (n, k) of candidates."""
        parts = [
            two_columns(self.estimate(self._named(self._matrix(codes[at : at + PREDICTED]))))
            for at in range(0, len(codes), PREDICTED)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 2))

    def _named(self, matrix: Array) -> Any:
        if self.columns is None:
            return matrix
        import pandas as pd

        return pd.DataFrame(matrix, columns=self.columns, copy=False)


def _same(one: Array, other: Array) -> Array:
    """Where two arrays are equal, a missing number to a missing one too."""
    return np.asarray((one == other) | (np.isnan(one) & np.isnan(other)))
