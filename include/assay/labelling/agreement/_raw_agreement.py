"""Agreement without a correction for chance: how often two annotators give the same label.

References
----------
Cicchetti DV, Feinstein AR (1990), High agreement but low kappa: II. Resolving the paradoxes,
https://doi.org/10.1016/0895-4356(90)90159-M.
"""

from __future__ import annotations

import numpy as np

from assay.labelling._annotations import Array
from assay.labelling.agreement._disagreement import Disagreement
from assay.labelling.agreement._task_counts import TaskCounts


def raw_agreement(found: TaskCounts) -> Disagreement:
    """Share of a task's pairs of annotations that agree, on average over tasks.

    Examples
    --------
    >>> counts = np.array([[2, 0], [2, 0], [0, 2], [1, 1]])
    >>> raw_agreement(TaskCounts.of_rows(counts)).estimate(alpha=0.05, seed=1).value
    0.75
    """
    counts, sizes = found.counts, found.sizes[:, None]
    unlike = (counts * (sizes - counts)).sum(axis=1, keepdims=True) / (sizes * (sizes - 1))
    return Disagreement(np.hstack([unlike, np.ones_like(sizes)]), found.tasks, _shares)


def specific_agreement(found: TaskCounts, label: int) -> Disagreement:
    """Share with which a second annotator gives this label too, where one has given it.

    Notes
    -----
    Σ_u n_uc(n_uc − 1)/(m_u − 1) / Σ_u n_uc, for label c.
    """
    given = found.counts[:, label]
    unlike = given * (found.sizes - given) / (found.sizes - 1)
    there = given > 0
    parts = np.column_stack([unlike, given])[there]
    return Disagreement(parts, found.tasks[there], _shares)


def _shares(sums: Array) -> tuple[Array, Array]:
    return sums[:, 0] / sums[:, 1], np.ones(len(sums))
