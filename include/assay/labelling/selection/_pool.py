"""The pool: all rows, which of them are labelled, and what a committee says of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from assay.labelling._annotations import Array

MOST: Final = 20_000
"""Rows among which distances are measured: a random part of a larger pool."""
MOST_KNOWN: Final = 1000
"""Labelled rows, and rows of the pool, from which distances are measured."""


@dataclass(frozen=True)
class Pool:
    """Rows that could be labelled, beside those that are.

    Rows stand in an order that follows from their keys and a seed, so that the first of them are a
    random part, and no tie follows from the order in which rows arrived.

    Parameters
    ----------
    features : array (n, d) of float
        Of all rows, standardised.
    given : array (n,) of int
        Label of each row, from 0; -1 where it has none.
    chances : array (m, u, k) of float, optional
        Probability of each class by each member of a committee, of the u rows without a label.
    suspicion : array (n,) of float, optional
        By how much another label is more probable than the given one; NaN where it isn't suspect.
    """

    features: Array
    given: Array
    chances: Array | None = None
    suspicion: Array | None = None
    filters: dict[str, Array] = field(default_factory=dict)

    @cached_property
    def unlabelled(self) -> Array:
        """Places of the rows without a label (u,)."""
        return np.flatnonzero(self.given < 0)

    @cached_property
    def known(self) -> Array:
        """Features of labelled rows, of a random part if there are many."""
        return self.features[np.flatnonzero(self.given >= 0)[:MOST_KNOWN]]

    @cached_property
    def probability(self) -> Array:
        """The committee's mean probabilities (u, k) of the rows without a label."""
        return np.zeros((0, 2)) if self.chances is None else self.chances.mean(axis=0)
