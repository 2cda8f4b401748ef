"""Rows that differ from each other, and rows that are like many others.

Distances are Euclidean, over standardised features.

References
----------
Arthur D, Vassilvitskii S (2007), k-means++: the advantages of careful seeding, Proceedings of the
18th ACM-SIAM Symposium on Discrete Algorithms.
Zhdanov F (2019), Diverse mini-batch active learning, https://doi.org/10.48550/arXiv.1901.05954.
Sener O, Savarese S (2018), Active learning for convolutional neural networks: a core-set approach,
https://doi.org/10.48550/arXiv.1708.00489.
Gonzalez TF (1985), Clustering to minimize the maximum intercluster distance,
https://doi.org/10.1016/0304-3975(85)90224-5.
"""

from __future__ import annotations

import numpy as np

from assay.labelling._annotations import Array

Picked = tuple[Array, Array]
"""Places of rows in the order in which they were chosen, and the distance of each to the nearest
row before it; infinite where there was none."""


def k_means_plus_plus(
    features: Array, number: int, *, seed: int, weight: Array | None = None,
    known: Array | None = None,
) -> Picked:  # fmt: skip
    """Draw rows one after the other, with probability by squared distance to the nearest so far.

    Parameters
    ----------
    features : array (n, d) of float
    number : int
        Rows to draw. Fewer are drawn where fewer differ.
    seed : int
        Of the draws.
    weight : array (n,) of float, optional
        Not below 0; the probability is in proportion to it too.
    known : array (l, d) of float, optional
        Rows that are labelled already: the drawn ones differ from them as well.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.0], [0.0], [9.0]])
    >>> sorted(rows[k_means_plus_plus(rows, 3, seed=1)[0], 0].tolist())
    [0.0, 9.0]
    """
    random = np.random.default_rng(seed)
    weights = np.ones(len(features)) if weight is None else weight
    nearest = _nearest(features, known)
    chosen, distances = list[int](), list[float]()
    for _ in range(number):
        finite = np.where(np.isfinite(nearest), nearest, 1.0)  # the first row has no other
        mass = np.cumsum(weights * finite)
        if not len(mass) or mass[-1] <= 0:
            break
        place = int(np.searchsorted(mass, random.random() * mass[-1], side="right"))
        distances.append(float(np.sqrt(nearest[place])))
        chosen.append(place)
        nearest = np.minimum(nearest, _squared(features, features[place]))
    return np.array(chosen, dtype=np.intp), np.array(distances)


def core_set(features: Array, number: int, *, known: Array | None = None) -> Picked:
    """Choose the row that is farthest from all chosen and labelled ones, one after the other.

    Nothing is drawn. Outliers come early; :func:`k_means_plus_plus` takes fewer of them.

    Parameters
    ----------
    features, number, known
        As of :func:`k_means_plus_plus`. Without labelled rows, the row nearest to the mean is the
        first.

    Examples
    --------
    >>> core_set(np.array([[0.0], [1.0], [2.0], [9.0]]), 3)[0].tolist()
    [2, 3, 0]
    """
    nearest = _nearest(features, known)
    chosen, distances = list[int](), list[float]()
    while len(chosen) < min(number, len(features)) and nearest.max(initial=0.0) > 0:
        if np.isinf(nearest).all():
            place = int(_squared(features, features.mean(axis=0)).argmin())
        else:
            place = int(nearest.argmax())
        distances.append(float(np.sqrt(nearest[place])))
        chosen.append(place)
        nearest = np.minimum(nearest, _squared(features, features[place]))
    return np.array(chosen, dtype=np.intp), np.array(distances)


def density(features: Array, others: Array) -> Array:
    """Score each row by how near it is to other rows: high where a row stands for many.

    Parameters
    ----------
    features, others : array (n, d), array (l, d) of float
        A random part of the pool is enough for ``others``.

    Returns
    -------
    array (n,) of float
        Mean of 1 / (1 + distance), from 0 to 1.

    Examples
    --------
    >>> density(np.array([[0.0], [3.0]]), np.array([[0.0], [0.0]])).tolist()
    [1.0, 0.25]
    """
    found = np.zeros(len(features))
    for other in others:
        found += 1.0 / (1.0 + np.sqrt(_squared(features, other)))
    return np.asarray(found / max(len(others), 1))


def _nearest(features: Array, known: Array | None) -> Array:
    nearest = np.full(len(features), np.inf)
    for one in () if known is None else known:
        np.minimum(nearest, _squared(features, one), out=nearest)
    return nearest


def _squared(features: Array, centre: Array) -> Array:
    away = features - centre
    return np.asarray(np.einsum("ij,ij->i", away, away))
