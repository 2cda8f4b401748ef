"""How uncertain a model is of a row: the higher the score, the more its label would say.

References
----------
Settles B, Craven M (2008), An analysis of active learning strategies for sequence labeling tasks,
https://doi.org/10.3115/1613715.1613855.
Scheffer T, Decomain C, Wrobel S (2001), Active hidden Markov models for information extraction,
https://doi.org/10.1007/3-540-44816-0_31 (the margin).
"""

from __future__ import annotations

import numpy as np

from assay.labelling._annotations import Array


def least_confidence(probability: Array) -> Array:
    """Score each row by one minus the probability of its most probable class.

    Parameters
    ----------
    probability : array (n, k) of float
        Of each class.

    Returns
    -------
    array (n,) of float
        From 0, certain, to 1 − 1/k.

    Examples
    --------
    >>> least_confidence(np.array([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]])).tolist()
    [0.5, 0.0]
    """
    return np.asarray(1.0 - probability.max(axis=1))


def margin(probability: Array) -> Array:
    """Score each row by one minus the lead of the most probable class over the next.

    Parameters
    ----------
    probability : array (n, k) of float
        Of each class, two at least.

    Returns
    -------
    array (n,) of float
        From 0, certain, to 1, two classes equally probable.

    Examples
    --------
    >>> margin(np.array([[0.5, 0.5, 0.0], [0.75, 0.25, 0.0]])).tolist()
    [1.0, 0.5]
    """
    best = np.sort(probability, axis=1)
    return np.asarray(1.0 - (best[:, -1] - best[:, -2]))


def entropy(probability: Array) -> Array:
    """Score each row by the entropy of its probabilities, as a share of the greatest there is.

    Parameters
    ----------
    probability : array (..., n, k) of float
        Of each class, two at least.

    Returns
    -------
    array (..., n) of float
        From 0, certain, to 1, all classes equally probable.

    Notes
    -----
    −Σ p·log p / log k, where 0·log 0 is 0.

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    logs = np.log(np.where(probability > 0, probability, 1.0))
    sums = (probability * logs).sum(axis=-1)
    return np.asarray(np.maximum(-sums / np.log(probability.shape[-1]), 0.0))
