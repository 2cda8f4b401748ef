"""How much the members of a committee disagree about a row.

References
----------
Dagan I, Engelson SP (1995), Committee-based sampling for training probabilistic classifiers,
https://doi.org/10.1016/B978-1-55860-377-6.50027-X (vote entropy).
McCallum A, Nigam K (1998), Employing EM and pool-based active learning for text classification,
Proceedings of the 15th International Conference on Machine Learning (the divergence).
"""

from __future__ import annotations

import numpy as np

from assay.labelling._annotations import Array
from assay.labelling.selection._uncertainty import entropy


def vote_entropy(chances: Array) -> Array:
    """Score each row by the entropy of its members' votes.

    Parameters
    ----------
    chances : array (m, n, k) of float
        Probability of each class by each member. A member votes for its most probable class.

    Returns
    -------
    array (n,) of float
        From 0, all agree, to 1, each class has as many votes.

    Examples
    --------
    >>> votes = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.1, 0.9]]])
    >>> vote_entropy(votes).tolist()
    [0.0, 1.0]
    """
    votes = np.eye(chances.shape[2])[chances.argmax(axis=2)]
    return entropy(votes.mean(axis=0))


def consensus_entropy(chances: Array) -> Array:
    """Score each row by the entropy of the members' mean probabilities.

    It is high where the members disagree, and where all are uncertain.

    Parameters
    ----------
    chances : array (m, n, k) of float

    Examples
    --------
    >>> consensus_entropy(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).tolist()
    [1.0]
    """
    return entropy(chances.mean(axis=0))


def divergence(chances: Array) -> Array:
    """Score each row by the members' mean Kullback-Leibler divergence from their consensus.

    It is 0 where all members give the same probabilities, however uncertain: more labels near the
    row wouldn't change that.

    Parameters
    ----------
    chances : array (m, n, k) of float

    Returns
    -------
    array (n,) of float
        From 0 to 1.

    Notes
    -----
    The mean divergence is the entropy of the consensus less the mean entropy of the members, here
    as a share of log k.

    Examples
    --------
    >>> divergence(np.array([[[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.0, 1.0]]])).tolist()
    [0.0, 1.0]
    """
    gap = consensus_entropy(chances) - entropy(chances).mean(axis=0)
    return np.asarray(np.maximum(gap, 0.0))
