"""Predictions joined with their outcomes, as arrays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.errors import InputError, unknown

Array = np.ndarray[Any, Any]
MISSING: Final = "missing"
"""Name of the level of missing values in a segment."""


@dataclass(frozen=True)
class FeedbackColumns:
    """What the columns of joined predictions are.

    Parameters
    ----------
    truth : str
        The outcome; null where it hasn't come yet.
    prediction : str
    batch : str
        Key of the batch that a row belongs to.
    probability : tuple of str
        With two classes the column of the favourable one's; with more, of each class in their
        order. Empty if the model gives none, and for a number.
    version : str, optional
        The model version that said it.
    """

    truth: str
    prediction: str
    batch: str
    probability: tuple[str, ...] = ()
    version: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        given = (self.truth, self.prediction, self.batch, *self.probability, self.version)
        return tuple(name for name in given if name is not None)


def refuse_missing(rows: pa.Table, names: Collection[str]) -> None:
    """Raise an error for the first column that the rows don't have."""
    for name in names:
        if name not in rows.column_names:
            found = unknown(name, rows.column_names)
            raise InputError("the joined predictions have no such column", **found)


def texts(column: pa.ChunkedArray) -> Array:
    """Values as their own text (n,), None where missing: ``true``, ``1``, ``2.5``.

    Examples
    --------
    >>> texts(pa.chunked_array([[True, None]])), texts(pa.chunked_array([[1.0, 2.5]]))
    (array(['true', None], dtype=object), array(['1', '2.5'], dtype=object))
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return np.asarray(pc.cast(column, pa.string()).to_numpy(), dtype=object)


def missing(values: Array) -> Array:
    """Where texts (n,) are missing."""
    return np.asarray(np.equal(values, np.array([None], dtype=object)), dtype=bool)


def floats(column: pa.ChunkedArray) -> Array:
    """Values as float64 (n,), NaN where missing."""
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)


def codes_of(column: pa.ChunkedArray) -> Array:
    """A number for each value (n,), equal where values are; a missing value is one too."""
    coded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    return np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
