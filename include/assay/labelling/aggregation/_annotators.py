"""How often each annotator errs, by gold tasks or by what the annotations amount to.

References
----------
Louis TA (1982), Finding the observed information matrix when using the EM algorithm,
https://doi.org/10.1111/j.2517-6161.1982.tb01203.x.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from assay.labelling._annotations import Annotations, Array
from assay.labelling.aggregation._votes import incidence
from assay.statistics.intervals import wilson
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Frozen

_HOW: Final = "Wilson, in as many tasks as the uncertain labels are worth"


class AnnotatorQuality(Frozen):
    """How one annotator labels; a person's figures, which few may see.

    Parameters
    ----------
    annotator : str
        Pseudonym.
    annotations : int
        Labels that they gave.
    accuracy : Estimate
        Share of their labels that are right.
    confusion : tuple of tuple of Estimate
        Of each true label (row), the share of each label that they give.
    gold : Estimate
        Share of their labels of gold tasks that are right; undefined without such tasks.
    """

    annotator: str
    annotations: int
    accuracy: Estimate
    confusion: tuple[tuple[Estimate, ...], ...]
    gold: Estimate


def measure_annotators(
    annotations: Annotations, posterior: Array, *, alpha: float, known: Array | None = None
) -> tuple[AnnotatorQuality, ...]:
    """Measure each annotator against what the annotations amount to, and on gold tasks.

    Parameters
    ----------
    posterior : array (t, k) of float
        How probable each label of a task is, as from Dawid and Skene's model.
    alpha : float
        One minus the confidence.
    known : array (t,) of int, optional
        The true label of gold tasks, -1 for all others.

    Notes
    -----
    With pᵢ the chance that annotation i is of a task of true label c, yᵢ whether it gave label k,
    n = Σ pᵢ and θ = Σ pᵢyᵢ / n: the observed information is that of n − Σ pᵢ(1 − pᵢ)(yᵢ − θ)² /
    (θ(1 − θ)) tasks (Louis), in which Wilson's interval is taken. Errors of other annotators'
    matrices aren't in it.
    """
    k, people = len(annotations.labels), len(annotations.annotators)
    given = incidence(annotations)
    counts = (given.T @ posterior).reshape(people, k, k).transpose(0, 2, 1)
    doubt = (given.T @ (posterior * (1 - posterior))).reshape(people, k, k).transpose(0, 2, 1)
    number = np.bincount(annotations.annotator, minlength=people)
    right = posterior[annotations.task, annotations.label]
    correct = np.bincount(annotations.annotator, right, people)
    unsure = np.bincount(annotations.annotator, right * (1 - right), people)
    gold, asked = _gold(annotations, known)
    return tuple(
        AnnotatorQuality(
            annotator=name, annotations=int(number[i]),
            accuracy=_share(correct[i], number[i], unsure[i], alpha),
            confusion=tuple(_row(counts[i, c], doubt[i, c], alpha) for c in range(k)),
            gold=_exact(int(gold[i]), int(asked[i]), alpha),
        )
        for i, name in enumerate(annotations.annotators)
    )  # fmt: skip


def _gold(annotations: Annotations, known: Array | None) -> tuple[Array, Array]:
    """How many gold tasks each annotator labelled rightly, and how many at all."""
    people = len(annotations.annotators)
    truth = np.full(len(annotations), -1) if known is None else known[annotations.task]
    asked = truth >= 0
    right = asked & (truth == annotations.label)
    return (
        np.bincount(annotations.annotator[right], minlength=people),
        np.bincount(annotations.annotator[asked], minlength=people),
    )


def _row(counts: Array, doubt: Array, alpha: float) -> tuple[Estimate, ...]:
    """Share of each label where one label is true."""
    rows = float(counts.sum())
    found = []
    for count, own in zip(counts, doubt, strict=True):
        share = count / rows if rows > 0 else 0.0
        others = float(doubt.sum() - own)
        lost = own * (1 - share) / share if share > 0 else 0.0
        lost += others * share / (1 - share) if share < 1 else 0.0
        found.append(_estimate(share, rows, rows - lost, alpha))
    return tuple(found)


def _share(correct: float, rows: float, unsure: float, alpha: float) -> Estimate:
    share = correct / rows if rows else 0.0
    spread = share * (1 - share)
    lost = unsure / spread if spread > 0 else 0.0
    return _estimate(share, rows, rows - lost, alpha)


def _estimate(share: float, rows: float, worth: float, alpha: float) -> Estimate:
    n = round(rows)
    if rows < 0.5:
        return Estimate.undefined("no task has this label", n)
    if worth < 1:
        return Estimate(value=min(share, 1.0), n=n, how="the labels of these tasks are too unsure")
    low, high = wilson(min(share, 1.0) * worth, worth, alpha)
    return Estimate(value=min(share, 1.0), low=min(low, share), high=max(high, share), n=n,
                    how=_HOW)  # fmt: skip


def _exact(right: int, asked: int, alpha: float) -> Estimate:
    if not asked:
        return Estimate.undefined("no gold task")
    low, high = wilson(right, asked, alpha)
    return Estimate(value=right / asked, low=low, high=high, n=asked, how="Wilson")
