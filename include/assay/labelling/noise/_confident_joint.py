"""Confident learning: how given and true labels go together, by a model's probabilities.

A row counts as truly of class j where its probability of j is at least as high as that of the rows
that are labelled j, on average. That needs no calibrated model, only out-of-fold probabilities.

References
----------
Northcutt CG, Jiang L, Chuang IL (2021), Confident learning: estimating uncertainty in dataset
labels, https://doi.org/10.1613/jair.1.12125.
"""

from __future__ import annotations

import numpy as np

from assay.labelling._annotations import Array


def confident_joint(given: Array, probability: Array) -> Array:
    """Count rows by given label and by the label that they confidently have.

    Parameters
    ----------
    given : array (n,) of int
        Label of each row, from 0 to k - 1.
    probability : array (n, k) of float
        Of each class, by a model that didn't learn from the row.

    Returns
    -------
    array (k, k) of int
        Given label by true label. Rows that are confidently of no class aren't in it.

    Notes
    -----
    The threshold of class j is the mean of p_j over the rows labelled j. Of several classes above
    their thresholds the most probable counts; a class that no row is labelled has none.

    Examples
    --------
    >>> given = np.array([0, 0, 0, 1, 1])
    >>> chance = np.array([0.1, 0.2, 0.9, 0.9, 0.8])
    >>> confident_joint(given, np.column_stack([1 - chance, chance])).tolist()
    [[2, 1], [0, 1]]
    """
    k = probability.shape[1]
    number = np.bincount(given, minlength=k)
    own = np.bincount(given, probability[np.arange(len(given)), given], k)
    threshold = np.where(number > 0, own / np.maximum(number, 1), np.inf)
    # A mean of equal numbers may be a last digit above them.
    above = probability >= threshold - 1e-9
    true = np.where(above, probability, -1.0).argmax(axis=1)
    confident = above.any(axis=1)
    cell = given[confident] * k + true[confident]
    return np.bincount(cell, minlength=k * k).reshape(k, k)


def joint_counts(given: Array, probability: Array) -> Array:
    """Estimate how many rows have each given and each true label (k, k); sums to n.

    Notes
    -----
    Each row of the confident joint is scaled to the number of rows with that label. A label whose
    rows are confidently of no class is taken to be right.
    """
    joint = confident_joint(given, probability).astype(float)
    number = np.bincount(given, minlength=len(joint)).astype(float)
    found = joint.sum(axis=1)
    joint[found == 0] = np.eye(len(joint))[found == 0]
    return np.asarray(joint / joint.sum(axis=1, keepdims=True) * number[:, None])
