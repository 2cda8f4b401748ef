"""Krippendorff's alpha: agreement of any number of annotators, with labels missing or not.

References
----------
Krippendorff K (2011), Computing Krippendorff's alpha-reliability,
https://repository.upenn.edu/asc_papers/43.
"""

from __future__ import annotations

import numpy as np

from assay.labelling._annotations import Array
from assay.labelling.agreement._disagreement import Disagreement, too_few
from assay.labelling.agreement._task_counts import TaskCounts


def nominal_alpha(found: TaskCounts) -> Disagreement:
    """Krippendorff's alpha of labels without an order: 1 is perfect, 0 is what chance gives.

    Notes
    -----
    With n_uc annotations of label c in task u, m_u = Σ_c n_uc, n_c = Σ_u n_uc and n = Σ_c n_c:
    observed Σ_u Σ_c n_uc(m_u − n_uc)/(m_u − 1) / n, expected Σ_c n_c(n − n_c) / (n(n − 1)).

    Examples
    --------
    >>> counts = np.array([[2, 0], [0, 2], [1, 1]])
    >>> found = nominal_alpha(TaskCounts.of_rows(counts)).estimate(alpha=0.05, seed=1)
    >>> round(found.value, 6), found.how
    (0.444444, 'fewer than 10 tasks with another label than the commonest')
    """
    counts, sizes = found.counts, found.sizes[:, None]
    unlike = (counts * (sizes - counts)).sum(axis=1, keepdims=True) / (sizes - 1)

    def ratio(sums: Array) -> tuple[Array, Array]:
        of_label = sums[:, 1:]
        n = of_label.sum(axis=1)
        return sums[:, 0] / n, (n**2 - (of_label**2).sum(axis=1)) / (n * (n - 1))

    few = too_few(counts, found.tasks)
    return Disagreement(np.hstack([unlike, counts]), found.tasks, ratio, few=few)


def ordinal_alpha(found: TaskCounts) -> Disagreement:
    """Krippendorff's alpha of labels with an order: two labels differ by the ranks between them.

    Notes
    -----
    The squared difference of labels c < k is (n_c/2 + Σ_{c<g<k} n_g + n_k/2)², that of their
    mid-ranks, so that it follows from the totals n_c, and each resample has its own.
    """
    counts, sizes = found.counts, found.sizes
    k = counts.shape[1]
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(k), np.arange(k)] -= counts
    pairs /= (sizes - 1)[:, None, None]

    def ratio(sums: Array) -> tuple[Array, Array]:
        of_label, together = sums[:, :k], sums[:, k:].reshape(-1, k, k)
        n = of_label.sum(axis=1)
        rank = np.cumsum(of_label, axis=1) - of_label / 2
        own = (of_label * rank**2).sum(axis=1)
        crossed = np.einsum("rck,rc,rk->r", together, rank, rank)
        total = (of_label * rank).sum(axis=1)
        return 2 * (own - crossed) / n, 2 * (n * own - total**2) / (n * (n - 1))

    totals = found.totals
    worst = float((totals.sum() - (totals[0] + totals[-1]) / 2) ** 2) if k else 1.0
    parts = np.hstack([counts, pairs.reshape(len(counts), k * k)])
    return Disagreement(parts, found.tasks, ratio, worst, too_few(counts, found.tasks))


def interval_alpha(task: Array, values: Array, tasks: Array | None = None) -> Disagreement:
    """Krippendorff's alpha of labels that are numbers: two differ by their squared difference.

    Parameters
    ----------
    task : array (n,) of int
        Task of each annotation, from 0.
    values : array (n,) of float
        Its number.
    tasks : array (t,) of int, optional
        How many tasks each one stands for; one by default.

    Examples
    --------
    >>> found = interval_alpha(np.array([0, 0, 1, 1, 2, 2]), np.array([1.0, 1, 5, 5, 2, 3]))
    >>> round(found.estimate(alpha=0.05, seed=1).value, 4)
    0.9505
    """
    weight = np.ones(int(task.max(initial=-1)) + 1, dtype=np.intp) if tasks is None else tasks
    # The figure doesn't depend on where the numbers begin; far from 0 their squares lose digits.
    near = values - (values.mean() if len(values) else 0.0)
    sizes, first, second = (
        np.bincount(task, one, len(weight)) for one in (np.ones_like(near), near, near**2)
    )
    # A sum of squares about the task's mean is 0 to the last digit where its labels are equal.
    mean = first / np.maximum(sizes, 1)
    apart = np.bincount(task, (near - mean[task]) ** 2, len(weight))
    unlike = 2 * apart * sizes / np.maximum(sizes - 1, 1)
    shared = sizes >= 2
    parts = np.column_stack([unlike, sizes, first, second])[shared]

    def ratio(sums: Array) -> tuple[Array, Array]:
        of_pairs, n, total, squares = sums.T
        return of_pairs / n, 2 * (n * squares - total**2) / (n * (n - 1))

    worst = float(np.ptp(near) ** 2) if len(near) else 1.0
    return Disagreement(parts, weight[shared], ratio, worst)
