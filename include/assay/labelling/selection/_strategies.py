"""The strategies: each takes a pool and some of its rows, and chooses among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from assay.labelling._annotations import Array
from assay.labelling.selection._disagreement import consensus_entropy, divergence, vote_entropy
from assay.labelling.selection._diversity import core_set, density, k_means_plus_plus
from assay.labelling.selection._pool import MOST, MOST_KNOWN, Pool
from assay.labelling.selection._uncertainty import entropy, least_confidence, margin

Chosen = tuple[Array, Array]
"""Places of rows, and their scores."""


def _dense_entropy(pool: Pool) -> Array:
    """Entropy of each row, times how near it is to the others of the pool."""
    features = pool.features[pool.unlabelled]
    return entropy(pool.probability) * density(features, features[:MOST_KNOWN])


def _committee(pool: Pool) -> Array:
    return np.zeros((1, 0, 2)) if pool.chances is None else pool.chances


SCORES: Final[dict[str, Callable[[Pool], Array]]] = {
    "least_confidence": lambda pool: least_confidence(pool.probability),
    "margin": lambda pool: margin(pool.probability),
    "entropy": lambda pool: entropy(pool.probability),
    "vote_entropy": lambda pool: vote_entropy(_committee(pool)),
    "consensus_entropy": lambda pool: consensus_entropy(_committee(pool)),
    "divergence": lambda pool: divergence(_committee(pool)),
    "density": _dense_entropy,
}
"""Strategies that need a committee → the score of each row without a label."""
DIVERSE: Final = ("k_means", "core_set")
"""Strategies that need no label."""
RELABEL: Final = "suspects"
"""The strategy that asks again for labels that look wrong."""
RANDOM: Final = "random"


def choose_by_score(
    pool: Pool, score: Array, free: Array, number: int, *, spread: int, seed: int
) -> Chosen:
    """Choose rows with high scores that differ from each other.

    Parameters
    ----------
    score : array (u,) of float
        Of the pool's rows without a label.
    free : array of int
        Places of the rows that may be chosen, among all rows.
    number : int
        Rows to choose; fewer are chosen where fewer differ.
    spread : int
        Candidates for each row: the best ones, of which rows are drawn by k-means++ in proportion
        to the score. With 1 the best rows are taken. Of equal rows only one is a candidate.
    """
    of_row = np.zeros(len(pool.given))
    of_row[pool.unlabelled] = score
    ranked = free[np.argsort(-of_row[free], kind="stable")]
    best = _distinct(pool.features, ranked, number * spread)
    if len(best) > number:
        weight = np.maximum(of_row[best], 1e-12)
        drawn, _ = k_means_plus_plus(pool.features[best], number, seed=seed, weight=weight)
        best = best[drawn]
    return best, of_row[best]


def choose_diverse(pool: Pool, name: str, free: Array, number: int, *, seed: int) -> Chosen:
    """Choose rows that differ from each other and from labelled ones; the score is the distance.

    The first row of a pool without labels has no score.
    """
    some = free[:MOST]
    known = pool.known if len(pool.known) else None
    if name == "core_set":
        places, distance = core_set(pool.features[some], number, known=known)
    else:
        places, distance = k_means_plus_plus(pool.features[some], number, seed=seed, known=known)
    return some[places], np.where(np.isfinite(distance), distance, np.nan)


def choose_suspects(pool: Pool, number: int) -> Chosen:
    """Choose labelled rows whose label fits least."""
    if pool.suspicion is None:
        return np.zeros(0, dtype=np.intp), np.zeros(0)
    rows = np.flatnonzero(np.isfinite(pool.suspicion))
    best = rows[np.argsort(-pool.suspicion[rows], kind="stable")][:number]
    return best, pool.suspicion[best]


def _distinct(features: Array, ranked: Array, most: int) -> Array:
    """The first rows of a ranking, of equal ones the first alone."""
    found, seen = list[int](), set[bytes]()
    for place in ranked:
        row = features[place].tobytes()
        if row not in seen:
            seen.add(row)
            found.append(place)
        if len(found) == most:
            break
    return np.array(found, dtype=np.intp)
