"""Rows as whole numbers: which of a feature's released values each row has.

Candidates are made, compared and remembered as codes, and become a table again only to be
predicted. Gower's distance is the mean over features of a distance between 0 and 1: of numbers
their difference in units of the released range, of levels whether they differ; a missing value is
at distance 1 from any other, 0 from a missing one.

References
----------
Gower JC (1971), A general coefficient of similarity and some of its properties, Biometrics 27:857,
https://doi.org/10.2307/2528823.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from assay.training.explain._features import Feature, refuse_other_columns

Array = np.ndarray[Any, Any]
Predict = Callable[[Any], Array]
"""Takes a table of features; gives probabilities, (n,) of the second class or (n, k)."""
FAR: Final = np.float32(8.0)
"""Place of a missing number: farther from all others than 1, where distances are cut."""
_BLOCK: Final = 1 << 18
"""Distances that are held at once; they stay in a processor's own memory."""
_FIRST: Final = 256
"""Released rows of the most equal levels that are measured first."""
PREDICTED: Final = 1 << 16
"""Rows that are predicted at once."""


@dataclass(frozen=True)
class Space:
    """The values of each feature, and where they lie.

    Parameters
    ----------
    values : tuple of pandas arrays
        The distinct values of each feature, numbers in rising order.
    places : tuple of array (k,) of float32
        Where each value lies: of a number its share of the range, of a level its own code.
    released : array (n, p) of int32
        Codes of the released rows.
    """

    features: tuple[Feature, ...]
    values: tuple[Any, ...]
    places: tuple[Array, ...]
    missing: tuple[int | None, ...]
    released: Array

    def table(self, codes: Array) -> Any:
        """Codes (n, p) as a table of features, each column with its own type."""
        import pandas as pd

        columns = {f.name: self.values[j].take(codes[:, j]) for j, f in enumerate(self.features)}
        return pd.DataFrame(columns, copy=False)

    def apart(self, j: int, one: Array, other: Array) -> Array:
        """Distances in feature j between codes, which broadcast."""
        if self.features[j].kind == "level":
            return np.asarray(one != other, dtype=np.float32)
        places = self.places[j]
        gap = np.abs(places[one] - places[other])
        return np.asarray(np.minimum(gap, np.float32(1)))

    def distances(self, one: Array, other: Array) -> Array:
        """Gower's distances (n, m) between rows of codes (n, p) and (m, p)."""
        total = np.empty((len(one), len(other)), dtype=np.float32)
        sides = [(self._column(j, one), self._column(j, other)) for j in range(len(self.features))]
        for block in self.blocks(len(one), len(other)):
            part, gap = total[block], np.empty_like(total[block])
            unlike = np.zeros(part.shape, dtype=np.uint16)
            part[:] = 0
            for j, (mine, theirs) in enumerate(sides):
                if self.features[j].kind == "level":
                    unlike += mine[block, None] != theirs[None]
                    continue
                np.subtract(mine[block, None], theirs[None], out=gap)
                np.abs(gap, out=gap)
                if (
                    self.missing[j] is not None
                    or mine.max(initial=0) > 1
                    or mine.min(initial=0) < 0
                ):
                    np.minimum(gap, 1, out=gap)
                part += gap
            part += unlike
        return total / np.float32(len(self.features))

    @cached_property
    def columns(self) -> tuple[Array, ...]:
        """The released rows by feature, each in few bytes."""
        return tuple(self._column(j, self.released) for j in range(len(self.features)))

    def nearest_other(self, row: int) -> float:
        """Gower's distance of a released row to the nearest other one.

        Rows that differ in more levels than a known distance needn't be measured.
        """
        unlike = np.zeros(len(self.released), dtype=np.uint16)
        for j, column in enumerate(self.columns):
            if self.features[j].kind == "level":
                unlike += column != column[row]
        unlike[row] = len(self.features) + 1
        first = np.flatnonzero(unlike == unlike.min())[:_FIRST]
        within = float(self._beyond(row, first, unlike).min())
        rest = np.flatnonzero(unlike <= within)
        return float(self._beyond(row, rest, unlike).min(initial=within)) / len(self.features)

    def _beyond(self, row: int, others: Array, unlike: Array) -> Array:
        """Distances to some rows, times the number of features: the levels' part and the rest."""
        total = unlike[others].astype(np.float32)
        for j, column in enumerate(self.columns):
            if self.features[j].kind == "number":
                total += np.minimum(np.abs(column[others] - column[row]), np.float32(1))
        return total

    def _column(self, j: int, codes: Array) -> Array:
        """A feature of rows of codes, in few bytes: codes of a level, places of a number."""
        if self.features[j].kind == "number":
            return np.asarray(self.places[j][codes[:, j]])
        small = np.uint8 if len(self.values[j]) <= 256 else np.int32
        return codes[:, j].astype(small)

    def gower(self, one: Array, other: Array) -> Array:
        """Distance of each row from the row at the same place of the other."""
        parts = [self.apart(j, one[:, j], other[:, j]) for j in range(len(self.features))]
        return np.asarray(np.mean(parts, axis=0, dtype=np.float64))

    def blocks(self, rows: int, against: int) -> Iterator[slice]:
        """Ranges of rows whose distances to ``against`` others fit into a block."""
        step = max(1, _BLOCK // max(against, 1))
        return (slice(at, min(at + step, rows)) for at in range(0, rows, step))


def make_space(features: Sequence[Feature], released: Any, rows: Any) -> tuple[Space, Array]:
    """Code the released rows, and the rows that are explained.

    Parameters
    ----------
    released, rows : pandas.DataFrame (n, p), (m, p)
        With the features as their columns, in their order.

    Returns
    -------
    Space, array (m, p) of int32
        The space, and the codes of ``rows``.
    """
    for table, what in ((released, "the released rows"), (rows, "the explained rows")):
        refuse_other_columns(features, table, what)
    found = [_coded(feature, released[feature.name], rows[feature.name]) for feature in features]
    values, places, missing, codes = zip(*found, strict=True)
    whole = np.stack(codes, axis=1).astype(np.int32)
    space = Space(tuple(features), values, places, missing, whole[: len(released)])
    return space, whole[len(released) :]


def _coded(feature: Feature, released: Any, rows: Any) -> tuple[Any, Array, int | None, Array]:
    """Distinct values, their places, the code of a missing one, and the codes of both columns."""
    import pandas as pd

    both = pd.concat([released, rows], ignore_index=True)
    codes, values = pd.factorize(both, sort=True, use_na_sentinel=False)
    absent = np.flatnonzero(np.asarray(pd.isna(values)))
    missing = int(absent[0]) if len(absent) else None
    if feature.kind == "level":
        places = np.arange(len(values), dtype=np.float32)
    else:
        places = _places(values, released)
    return values, places, missing, codes


def _places(values: Any, released: Any) -> Array:
    import pandas as pd

    numbers = pd.Series(values).to_numpy(dtype=float, na_value=np.nan)
    known = released.to_numpy(dtype=float, na_value=np.nan)
    known = known[np.isfinite(known)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    width = high - low if high > low else 1.0
    return np.where(np.isnan(numbers), FAR, (numbers - low) / width).astype(np.float32)


@dataclass(frozen=True)
class Model:
    """A model that is asked in blocks, with its classes as numbers."""

    predict: Predict
    space: Space

    def scores(self, codes: Array) -> Array:
        """Probabilities (n, k) of rows of codes; k is at least 2."""
        parts = [
            two_columns(self.predict(self.space.table(codes[at : at + PREDICTED])))
            for at in range(0, len(codes), PREDICTED)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 2))


@dataclass
class ReleasedClasses:
    """The predicted classes of released rows, each predicted when it is first asked for."""

    model: Model
    known: Array | None = None

    def of(self, rows: Array) -> Array:
        """The classes of some released rows."""
        released = self.model.space.released
        if self.known is None:
            self.known = np.full(len(released), -1)
        lacking = np.unique(rows[self.known[rows] < 0])
        if len(lacking):
            self.known[lacking] = self.model.scores(released[lacking]).argmax(axis=1)
        return self.known[rows]


def two_columns(probability: Any) -> Array:
    """Probabilities as (n, k), whichever of the two forms they have.

    Examples
    --------
    >>> two_columns([0.25, 1.0])
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """
    found = np.asarray(probability, dtype=float)
    return np.stack([1 - found, found], axis=1) if found.ndim == 1 else found


def margins(scores: Array, own: Array, target: int | None) -> Array:
    """By how much each row's class is another than its own, or the target; a flip is above 0.

    Parameters
    ----------
    scores : array (n, k)
    own : array (n,) of int
        The class that each row has now.
    target : int, optional
        The class that it should get; by default any other.

    Notes
    -----
    A row of two classes has the second one if its probability is above a half, as scikit-learn's
    ``predict`` has it: a tie goes to the first class. So a tie of a later class isn't a flip.
    """
    n, rows = len(scores), np.arange(len(scores))
    aim = np.full(n, target) if target is not None else None
    if aim is None:
        others = scores.copy()
        others[rows, own] = -np.inf
        aim = others.argmax(axis=1)
    rest = scores.copy()
    rest[rows, aim] = -np.inf
    rival = rest.argmax(axis=1)
    gap = scores[rows, aim] - scores[rows, rival]
    return np.where((gap == 0) & (aim < rival), np.finfo(float).tiny, gap)
