"""Counterfactuals of chosen rows, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from assay.errors import InputError
from assay.training.explain._encoded import Encoded
from assay.training.explain._features import Feature
from assay.training.explain._options import Options
from assay.training.explain._plausible import distance_bound
from assay.training.explain._queue import Flip
from assay.training.explain._search import Search, in_chunks
from assay.training.explain._space import (
    Array,
    Model,
    Predict,
    ReleasedClasses,
    Space,
    make_space,
    margins,
)

RELEASED: Final = 20_000
"""Released rows that candidates are compared with; of more, a sample."""
_TOGETHER: Final = 128
"""Rows that are searched at once."""


@dataclass(frozen=True)
class Counterfactuals:
    """The counterfactuals that were found.

    Parameters
    ----------
    rows : array (m, p)
        Codes of the explained rows.
    own : array (m,) of int
        The class that each is predicted to be.
    flips : list of lists
        The counterfactuals of each row, the one with the fewest and nearest changes first.
    bound : float
        The farthest that one may lie from its nearest released row, as Gower's distance.
    compared : int
        Released rows that they were compared with.
    """

    space: Space
    rows: Array
    own: Array
    flips: list[list[Flip]]
    bound: float
    compared: int

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features, in their order."""
        return self.space.features

    def only(self, rows: Array) -> Counterfactuals:
        """Those of some explained rows, by their positions."""
        flips = [self.flips[at] for at in rows]
        return replace(self, rows=self.rows[rows], own=self.own[rows], flips=flips)

    def table(self) -> Any:
        """The counterfactuals with their values, for who may read them.

        Returns
        -------
        pandas.DataFrame
            The features, and `row`: the position of the explained row.
        """
        parts = [flip.codes[None] for found in self.flips for flip in found]
        of = np.repeat(np.arange(len(self.flips)), [len(found) for found in self.flips])
        codes = np.concatenate(parts) if parts else self.rows[:0]
        table = self.space.table(codes)
        table.insert(0, "row", of)
        return table


def find_counterfactuals(
    predict: Predict,
    rows: Any,
    released: Any,
    features: Sequence[Feature],
    *,
    each: int | Sequence[int] | Array,
    plausible: float,
    seed: int,
    target: int | None = None,
) -> Counterfactuals:
    """Find the nearest actionable changes that give rows another prediction.

    Parameters
    ----------
    predict : callable
        Takes a table of features; gives probabilities, (n,) of the second class or (n, k). An
        :class:`InSteps` is searched faster.
    rows, released : pandas.DataFrame (m, p), (n, p)
        The explained rows, and released rows: only their values are proposed.
    features : sequence of Feature
        The columns, in their order.
    each : int or array (m,) of int
        Most counterfactuals of a row; no one's changes contain another's.
    plausible : float
        Quantile of real rows' distances to their nearest neighbour, which bounds those of
        counterfactuals.
    seed : int
        Of the samples. The same arguments give the same counterfactuals.
    target : int, optional
        The class that rows should get; by default any but their own.

    Returns
    -------
    Counterfactuals
        A row may have none: no released values of its actionable features flip its prediction in a
        plausible row, or the search didn't find any.

    Raises
    ------
    InputError
        If there is no released row, or the columns aren't the features.

    Examples
    --------
    >>> import pandas as pd
    >>> released = pd.DataFrame({"hours": [20.0, 30.0, 40.0], "age": [30.0, 31.0, 32.0]})
    >>> features = (Feature("hours", "number"), Feature("age", "number", actionable=False))
    >>> found = find_counterfactuals(
    ...     lambda table: (table["hours"] > 35) * 1.0, released.head(1), released, features,
    ...     each=1, plausible=0.99, seed=0,
    ... )
    >>> found.table().to_dict("records")
    [{'row': 0, 'hours': 40.0, 'age': 30.0}]
    """
    if not len(released):
        raise InputError(
            "there is no released row to compare with", expected="at least one",
            do="Give the rows that the model was trained on.",
        )  # fmt: skip
    sample = _sampled(released, seed)
    space, codes = make_space(features, sample, rows)
    model, options = Model(predict, space), Options.of(space)
    own = model.scores(codes).argmax(axis=1)
    bound = distance_bound(space, plausible, seed)
    flips: list[list[Flip]] = []
    wanted = np.broadcast_to(np.asarray(each), len(codes))
    released_class = ReleasedClasses(model)
    encoded = Encoded.of(predict, space, codes, options.allowed)
    for chunk in in_chunks(len(codes), _TOGETHER):
        search = Search(
            encoded.scores if encoded else model.scores, options, codes[chunk], own[chunk], target,
            released_class.of, bound, wanted[chunk], seed,
        )  # fmt: skip
        found = search.run()
        if encoded and not _flipped(model, own[chunk], target, found):
            found = replace(search, scores=model.scores, alone=[]).run()
        flips += found
    return Counterfactuals(space, codes, own, flips, bound, len(sample))


def _flipped(model: Model, own: Array, target: int | None, found: list[list[Flip]]) -> bool:
    """Whether the whole model predicts another class of all that was found."""
    of = np.repeat(np.arange(len(found)), [len(flips) for flips in found])
    if not len(of):
        return True
    codes = np.stack([flip.codes for flips in found for flip in flips])
    return bool((margins(model.scores(codes), own[of], target) > 0).all())


def _sampled(released: Any, seed: int) -> Any:
    """All rows, or a sample of many, in the same order."""
    if len(released) <= RELEASED:
        return released
    chosen = np.random.default_rng(seed).choice(len(released), RELEASED, replace=False)
    return released.iloc[np.sort(chosen)]
