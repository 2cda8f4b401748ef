"""Which tasks an expert reviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.labelling._annotations import Annotations, Array
from assay.labelling.aggregation._votes import Aggregated, count_votes

REASONS: Final = ("tie", "low_posterior", "disagreement", "unanimous")
"""Why a task is reviewed; the first reason that applies is given."""


@dataclass(frozen=True)
class Review:
    """Tasks for an expert.

    Parameters
    ----------
    task : array (n,) of int
        Places of the tasks, those of the first reason first, the least certain one of each first.
    reason : array (n,) of int
        Places in ``REASONS``.
    inclusion : array (n,) of float
        The probability with which the task was chosen: 1, or the random share of unanimous ones.
        Weights of 1 / inclusion make an expert's corrections an estimate of all tasks' errors.
    """

    task: Array
    reason: Array
    inclusion: Array


def choose_for_review(
    annotations: Annotations, aggregated: Aggregated, *, least_posterior: float,
    least_agreement: float, unanimous_share: float, seed: int,
) -> Review:  # fmt: skip
    """Choose the tasks whose label an expert should confirm.

    Parameters
    ----------
    least_posterior : float
        A label that is less probable is reviewed.
    least_agreement : float
        So is a task of which a smaller share of annotations has the commonest label.
    unanimous_share : float
        Share of the tasks with two or more equal labels and no other, drawn at random: annotators
        may all be wrong, and nothing else shows it.
    seed : int
        Of the draw.

    Examples
    --------
    >>> from assay.labelling.aggregation._votes import majority_vote
    >>> task, who, label = np.array([[0, 0, 1, 1, 1, 2, 2], [0, 1, 0, 1, 2, 0, 1],
    ...                              [1, 0, 1, 1, 0, 1, 1]])
    >>> given = Annotations(task, who, label, (0, 1, 2), ("a", "b", "c"), (0, 1))
    >>> found = choose_for_review(given, majority_vote(given), least_posterior=0.5,
    ...                           least_agreement=0.7, unanimous_share=1.0, seed=1)
    >>> [(int(t), REASONS[r]) for t, r in zip(found.task, found.reason)]
    [(0, 'tie'), (1, 'disagreement'), (2, 'unanimous')]
    """
    votes = count_votes(annotations)
    number = votes.sum(axis=1)
    agreement = votes.max(axis=1, initial=0.0) / np.maximum(number, 1.0)
    answered = number > 0
    drawn = np.random.default_rng(seed).random(len(number)) < unanimous_share
    unanimous = (number >= 2) & (agreement == 1.0)
    wanted = np.stack([
        answered & (aggregated.label < 0),
        answered & (aggregated.confidence < least_posterior),
        answered & (agreement < least_agreement),
        unanimous & drawn,
    ])  # fmt: skip
    task = np.flatnonzero(wanted.any(axis=0))
    reason = wanted[:, task].argmax(axis=0)
    certain = np.where(reason == REASONS.index("disagreement"), agreement[task],
                       aggregated.confidence[task])  # fmt: skip
    order = np.lexsort((task, certain, reason))
    by_chance = reason == REASONS.index("unanimous")
    inclusion = np.where(by_chance, unanimous_share, 1.0)
    return Review(task[order], reason[order], inclusion[order])
