"""The kappas: Cohen's for two annotators, Fleiss' for any number.

References
----------
Cohen J (1960), A coefficient of agreement for nominal scales,
https://doi.org/10.1177/001316446002000104.
Cohen J (1968), Weighted kappa, https://doi.org/10.1037/h0026256.
Fleiss JL (1971), Measuring nominal scale agreement among many raters,
https://doi.org/10.1037/h0031619.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from assay.labelling._annotations import Array
from assay.labelling.agreement._disagreement import Disagreement, too_few
from assay.labelling.agreement._pairs import PairedLabels
from assay.labelling.agreement._task_counts import TaskCounts

Weights = Literal["none", "linear"]


def fleiss_kappa(found: TaskCounts) -> Disagreement:
    """Fleiss' kappa of labels without an order: 1 is perfect, 0 is what chance gives.

    Notes
    -----
    With m_u annotations of a task, n_uc of label c: observed 1 − mean_u Σ_c n_uc(n_uc − 1) /
    (m_u(m_u − 1)), expected 1 − Σ_c p_c², p_c the share of label c among all annotations. Fleiss
    has the same m_u everywhere, and so do the peers; tasks of different m_u weigh the same here.
    """
    counts, sizes = found.counts, found.sizes[:, None]
    unlike = (counts * (sizes - counts)).sum(axis=1, keepdims=True) / (sizes * (sizes - 1))

    def ratio(sums: Array) -> tuple[Array, Array]:
        of_label = sums[:, 2:]
        share = of_label / of_label.sum(axis=1, keepdims=True)
        return sums[:, 0] / sums[:, 1], 1 - (share**2).sum(axis=1)

    parts = np.hstack([unlike, np.ones_like(sizes), counts])
    return Disagreement(parts, found.tasks, ratio, few=too_few(counts, found.tasks))


def cohen_kappa(pair: PairedLabels, weights: Weights = "none") -> Disagreement:
    """Cohen's kappa of two annotators: 1 is perfect, 0 is what chance gives.

    Parameters
    ----------
    pair : PairedLabels
        The labels that both gave to the same tasks.
    weights : {'none', 'linear'}
        Whether two labels differ wholly, or by the distance of their places.

    Examples
    --------
    >>> confusion = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
    >>> first, second = np.nonzero(confusion)
    >>> pair = PairedLabels(0, 1, first, second, confusion[first, second])
    >>> plain, weighted = (cohen_kappa(pair, w) for w in ("none", "linear"))
    >>> [round(one.estimate(alpha=0.05, seed=1).value, 4) for one in (plain, weighted)]
    [0.4842, 0.4701]
    """
    places, cells = np.unique(np.stack([pair.first, pair.second]), return_inverse=True)
    first, second = cells.reshape(2, -1)
    k, apart = len(places), np.abs(places[:, None] - places[None, :])
    cost = (apart > 0).astype(float) if weights == "none" else apart.astype(float)
    one, two = np.eye(k)[first], np.eye(k)[second]

    def ratio(sums: Array) -> tuple[Array, Array]:
        n, of_first, of_second = sums[:, 1], sums[:, 2 : 2 + k], sums[:, 2 + k :]
        return sums[:, 0] / n, ((of_first @ cost) * of_second).sum(axis=1) / n**2

    parts = np.hstack([cost[first, second][:, None], np.ones((len(first), 1)), one, two])
    few = too_few(one + two, pair.tasks)
    return Disagreement(parts, pair.tasks, ratio, float(cost.max(initial=0.0)), few)
