"""Which rows are explained, where nobody names some."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np

from assay.training.explain._space import Array, two_columns

CLOSE: Final = "least_certain"
WRONG: Final = "misclassified"


def choose_rows(
    probability: Any, truth: Any, most: int, which: Collection[str] = (CLOSE, WRONG)
) -> Array:
    """Choose the rows that ask for an explanation: the least certain and the misclassified.

    Parameters
    ----------
    probability : array (n,) of the second class, or (n, k)
    truth : array (n,) of int
        Each row's true class, as the column of its probability.
    most : int
        How many rows.
    which : collection of str
        ``least_certain``, ``misclassified`` or both.

    Returns
    -------
    array of int
        Positions. By turns the row whose two likeliest classes are nearest to each other, and the
        misclassified row whose prediction is surest; one kind fills the other's places if it runs
        out.

    Examples
    --------
    >>> choose_rows([0.9, 0.52, 0.1, 0.8], [1, 1, 1, 0], 3).tolist()
    [1, 2, 3]
    """
    scores = two_columns(probability)
    two = np.sort(scores, axis=1)[:, -2:]
    gap = two[:, 1] - two[:, 0]
    uncertain = np.argsort(gap, kind="stable")
    wrong = np.flatnonzero(scores.argmax(axis=1) != np.asarray(truth))
    wrong = wrong[np.argsort(-gap[wrong], kind="stable")]
    if CLOSE not in which:
        return wrong[:most]
    if WRONG not in which:
        return uncertain[:most]
    turns = [row for pair in zip(uncertain, wrong, strict=False) for row in pair]
    ordered = dict.fromkeys([*turns, *wrong[len(turns) // 2 :], *uncertain])
    return np.array(list(ordered)[:most], dtype=int)
