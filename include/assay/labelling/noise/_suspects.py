"""Rows whose label is probably wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.errors import InputError
from assay.labelling._annotations import Array
from assay.labelling.noise._joint_counts import joint_counts
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.shares import share
from assay.statistics.scores.units import units


@dataclass(frozen=True)
class LabelNoise:
    """What confident learning suspects; a suspect isn't yet an error.

    Parameters
    ----------
    suspect : array (n,) of bool
        Whether the row's label is probably wrong.
    proposed : array (n,) of int
        The most probable label of each row.
    margin : array (n,) of float
        By how much it is more probable than the given one.
    share : Estimate
        Share of suspects among all rows. The interval is that of drawing rows; it holds the errors
        of neither the model nor the detector.
    by_class, by_group : mapping
        The same among rows of a label, and of a group.
    estimated : float
        Share of wrong labels that the joint distribution gives.
    """

    suspect: Array
    proposed: Array
    margin: Array
    share: Estimate
    by_class: Mapping[str, Estimate]
    by_group: Mapping[str, Estimate]
    estimated: float


def find_suspects(
    given: Array, probability: Array, *, classes: Sequence[Any], alpha: float,
    groups: Mapping[str, Array] | None = None,
) -> LabelNoise:  # fmt: skip
    """Find rows whose label is probably wrong.

    Parameters
    ----------
    given : array (n,) of int
        Label of each row: its place in ``classes``.
    probability : array (n, k) of float
        Of each class, by a model that didn't learn from the row.
    classes : sequence
        Names of the labels (k,).
    alpha : float
        One minus the confidence.
    groups : mapping of str to array (n,) of bool, optional
        Which rows are in each group.

    Raises
    ------
    InputError
        If the shapes differ, or a probability is missing.

    Notes
    -----
    Of the rows labelled i, as many as the joint distribution says are truly j, those with the
    greatest p_j − p_i, are suspects (pruning by noise rate), unless the given label is the most
    probable one.

    Examples
    --------
    >>> given = np.array([0] * 6 + [1] * 6)
    >>> chance = np.array([0.1, 0.1, 0.2, 0.1, 0.1, 0.95, 0.9, 0.9, 0.8, 0.9, 0.9, 0.9])
    >>> found = find_suspects(given, np.column_stack([1 - chance, chance]), classes=["no", "yes"],
    ...                       alpha=0.05)
    >>> np.flatnonzero(found.suspect).tolist(), found.share.n
    ([5], 12)
    """
    if probability.shape != (len(given), len(classes)) or np.isnan(probability).any():
        raise InputError(
            "the probabilities don't fit the labels", got=probability.shape,
            expected=f"shape ({len(given)}, {len(classes)}), none missing",
        )  # fmt: skip
    joint = joint_counts(given, probability)
    own = probability[np.arange(len(given)), given]
    suspect = np.zeros(len(given), dtype=bool)
    for i, j in np.argwhere(~np.eye(len(joint), dtype=bool)):
        number = round(float(joint[i, j]))
        rows = np.flatnonzero(given == i)
        margin = probability[rows, j] - own[rows]
        suspect[rows[np.argsort(-margin, kind="stable")[:number]]] = True
    proposed = probability.argmax(axis=1)
    suspect &= proposed != given
    wrong = float(joint.sum() - np.trace(joint))
    return LabelNoise(
        suspect, proposed, probability.max(axis=1, initial=0.0) - own,
        _share(suspect, np.ones(len(given), dtype=bool), alpha),
        {str(name): _share(suspect, given == i, alpha) for i, name in enumerate(classes)},
        {name: _share(suspect, rows, alpha) for name, rows in (groups or {}).items()},
        wrong / max(len(given), 1),
    )  # fmt: skip


def _share(suspect: Array, among: Array, alpha: float) -> Estimate:
    return share(suspect, among, units(None, len(among)), alpha, "there are no rows").estimate
