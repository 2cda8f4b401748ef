"""How often each label was given to a task; tasks with the same counts are kept once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.labelling._annotations import Annotations, Array

_MIX = 0x9E3779B97F4A7C15
"""Seed of the random weights by which equal counts find each other."""


@dataclass(frozen=True)
class TaskCounts:
    """Counts of labels in tasks that at least two annotators labelled.

    Parameters
    ----------
    counts : array (u, k) of float
        Annotations of each label in a task; no two rows are equal.
    tasks : array (u,) of int
        How many tasks have these counts.
    """

    counts: Array
    tasks: Array

    @classmethod
    def of_rows(cls, counts: Array) -> TaskCounts:
        """Merge equal rows of a table with one task a row (t, k), without tasks of one label."""
        several = counts[counts.sum(axis=1) >= 2]
        distinct, tasks = np.unique(several, axis=0, return_counts=True)
        return cls(distinct.astype(float), tasks)

    @property
    def sizes(self) -> Array:
        """Annotations of a task (u,)."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def totals(self) -> Array:
        """Annotations of each label (k,)."""
        return np.asarray(self.tasks @ self.counts)


def count_labels(annotations: Annotations) -> TaskCounts:
    """Count the labels of each task that at least two annotators labelled.

    Notes
    -----
    A task's counts are found by the sum of random 64-bit weights of its labels, which two different
    counts share with a probability of 2⁻⁶⁴: sorting whole rows of counts takes twenty times as
    long.

    Examples
    --------
    >>> task, who, label = np.array([[0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [1, 0, 0, 1, 0]])
    >>> found = count_labels(Annotations(task, who, label, (0, 1, 2), ("a", "b"), (0, 1)))
    >>> found.counts.tolist(), found.tasks.tolist()
    ([[1.0, 1.0]], [2])
    """
    labels = len(annotations.labels)
    if not len(annotations):
        return TaskCounts(np.empty((0, labels)), np.empty(0, dtype=np.intp))
    order = np.argsort(annotations.task, kind="stable")
    task, label = annotations.task[order], annotations.label[order]
    first = np.flatnonzero(np.diff(task, prepend=-1))
    size = np.diff(first, append=len(task))
    weight = np.random.default_rng(_MIX).integers(2**64, size=labels, dtype=np.uint64)
    mark = np.add.reduceat(weight[label], first)[size >= 2]
    first, size = first[size >= 2], size[size >= 2]
    _, example, tasks = np.unique(mark, return_index=True, return_counts=True)
    rows = np.repeat(np.arange(len(example)), size[example])
    starts = np.cumsum(size[example]) - size[example]
    within = np.arange(len(rows)) - starts[rows] + first[example][rows]
    counts = np.bincount(rows * labels + label[within], minlength=len(example) * labels)
    return TaskCounts(counts.reshape(len(example), labels).astype(float), tasks)
