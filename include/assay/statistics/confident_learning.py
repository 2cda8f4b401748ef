"""Confident learning: how given and true labels go together, by a model's probabilities.

A row counts as truly of class j where its probability of j is at least as high as that of the rows
that are labelled j, on average. That needs no calibrated model, only out-of-fold probabilities.

References
----------
Northcutt CG, Jiang L, Chuang IL (2021), Confident learning: estimating uncertainty in dataset
labels, https://doi.org/10.1613/jair.1.12125.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]
NO_CLASS: Final = -1
"""Of a row that is confidently of no class."""
_LAST_DIGIT: Final = 1e-9
"""A mean of equal numbers may be a last digit above them."""


def confident_classes(given: Array, probability: Array) -> Array:
    """Find the class that each row confidently has.

    Parameters
    ----------
    given : array (n,) of int
        Label of each row, from 0 to k - 1.
    probability : array (n, k) of float
        Of each class, by a model that didn't learn from the row.

    Returns
    -------
    array (n,) of int
        -1 for a row that is confidently of no class.

    Notes
    -----
    The threshold of class j is the mean of p_j over the rows labelled j. Of several classes above
    their thresholds the most probable counts; a class that no row is labelled has none.

    Examples
    --------
    >>> given = np.array([0, 0, 0, 1, 1])
    >>> chance = np.array([0.1, 0.2, 0.9, 0.9, 0.8])
    >>> confident_classes(given, np.column_stack([1 - chance, chance])).tolist()
    [0, 0, 1, 1, -1]
    """
    k = probability.shape[1]
    number = np.bincount(given, minlength=k)
    own = np.bincount(given, probability[np.arange(len(given)), given], k)
    threshold = np.where(number > 0, own / np.maximum(number, 1), np.inf)
    above = probability >= threshold - _LAST_DIGIT
    likeliest = np.where(above, probability, -1.0).argmax(axis=1)
    return np.where(above.any(axis=1), likeliest, NO_CLASS)


def confident_joint(given: Array, probability: Array) -> Array:
    """Count rows by given label and by the class that they confidently have.

    Parameters
    ----------
    given, probability : array (n,) of int, array (n, k) of float
        As :func:`confident_classes` takes them.

    Returns
    -------
    array (k, k) of int
        Given label by true label. Rows that are confidently of no class aren't in it.

    Examples
    --------
    >>> given = np.array([0, 0, 0, 1, 1])
    >>> chance = np.array([0.1, 0.2, 0.9, 0.9, 0.8])
    >>> confident_joint(given, np.column_stack([1 - chance, chance])).tolist()
    [[2, 1], [0, 1]]
    """
    k, true = probability.shape[1], confident_classes(given, probability)
    confident = true != NO_CLASS
    cell = given[confident] * k + true[confident]
    return np.bincount(cell, minlength=k * k).reshape(k, k)
