"""How annotations of a task are counted: votes, and the label that most of them give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.labelling._annotations import Annotations, Array


@dataclass(frozen=True)
class Aggregated:
    """What the annotations of each task amount to.

    Parameters
    ----------
    label : array (t,) of int
        The place in ``labels`` of the most probable one; -1 where two are equally probable.
    posterior : array (t, k) of float
        How probable each label is; a row of zeros where a task has no annotation.
    """

    label: Array
    posterior: Array

    @property
    def confidence(self) -> Array:
        """How probable the most probable label of each task is (t,)."""
        return np.asarray(self.posterior.max(axis=1, initial=0.0))

    @classmethod
    def of(cls, posterior: Array) -> Aggregated:
        """Choose the most probable label of each task."""
        best = posterior.max(axis=1, keepdims=True, initial=0.0)
        near = posterior >= best * (1 - 1e-9)
        return cls(np.where(near.sum(axis=1) == 1, near.argmax(axis=1), -1), posterior)


def count_votes(annotations: Annotations) -> Array:
    """How often each label was given to each task (t, k)."""
    t, k = len(annotations.tasks), len(annotations.labels)
    cell = annotations.task * k + annotations.label
    return np.bincount(cell, minlength=t * k).reshape(t, k).astype(float)


def majority_vote(annotations: Annotations) -> Aggregated:
    """Take the label that most annotators gave; every annotator counts the same.

    Returns
    -------
    Aggregated
        ``posterior`` is the share of a task's annotations. A tie has no label.

    Examples
    --------
    >>> task, who, label = np.array([[0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [1, 1, 0, 0, 1]])
    >>> given = Annotations(task, who, label, (0, 1), ("a", "b", "c"), ("no", "yes"))
    >>> majority_vote(given).label.tolist()
    [1, -1]
    """
    votes = count_votes(annotations)
    return Aggregated.of(votes / np.maximum(votes.sum(axis=1, keepdims=True), 1.0))


def incidence(annotations: Annotations) -> Any:
    """Sparse matrix (t, annotators · k) that has a 1 where an annotator gave a label to a task.

    It lies task by task, so that products with it, and with its transpose, read tasks in order.
    """
    from scipy.sparse import csr_array

    k = len(annotations.labels)
    column = (annotations.annotator * k + annotations.label).astype(np.int32)
    shape = len(annotations.tasks), len(annotations.annotators) * k
    place = annotations.task.astype(np.int32), column
    return csr_array((np.ones(len(column)), place), shape=shape)
