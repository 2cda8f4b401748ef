"""The labels that two annotators gave to the same tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.labelling._annotations import Annotations, Array


@dataclass(frozen=True)
class PairedLabels:
    """Two annotators' confusion matrix, its filled cells alone.

    Parameters
    ----------
    one, other : int
        The annotators.
    first, second : array (c,) of int
        The label that each of them gave.
    tasks : array (c,) of int
        To how many tasks they gave both.
    """

    one: int
    other: int
    first: Array
    second: Array
    tasks: Array

    @property
    def equal(self) -> Array:
        """How many tasks have equal labels, and how many have not."""
        same = self.first == self.second
        return np.array([self.tasks[same].sum(), self.tasks[~same].sum()])


def pair_labels(annotations: Annotations) -> list[PairedLabels]:
    """Find each two annotators who share a task, and how they labelled what they share.

    Notes
    -----
    The annotations of each task stand side by side. Each one and the j-th after it are a pair, for
    j = 1, 2 … up to the most annotations of a task, so that no loop goes over tasks.

    Examples
    --------
    >>> task, who, label = np.array([[0, 0, 1, 1, 1], [0, 1, 0, 1, 2], [1, 0, 1, 0, 1]])
    >>> given = Annotations(task, who, label, (0, 1), ("a", "b", "c"), (0, 1))
    >>> [(p.one, p.other, p.equal.tolist()) for p in pair_labels(given)]
    [(0, 1, [0, 2]), (0, 2, [1, 0]), (1, 2, [0, 1])]
    """
    order = np.lexsort((annotations.annotator, annotations.task))
    task, who, label = (
        one[order] for one in (annotations.task, annotations.annotator, annotations.label)
    )
    k, people = len(annotations.labels), len(annotations.annotators)
    keys = []
    for step in range(1, len(task)):
        earlier = np.flatnonzero(task[step:] == task[:-step])
        if not len(earlier):
            break
        later = earlier + step
        keys.append(((who[earlier] * people + who[later]) * k + label[earlier]) * k + label[later])
    if not keys:
        return []
    cell, tasks = np.unique(np.concatenate(keys), return_counts=True)
    pair, labels = np.divmod(cell, k * k)
    found = []
    for rows in np.split(np.arange(len(cell)), np.flatnonzero(np.diff(pair)) + 1):
        one, other = divmod(int(pair[rows[0]]), people)
        first, second = np.divmod(labels[rows], k)
        found.append(PairedLabels(one, other, first, second, tasks[rows]))
    return found
