"""Corrections of p-values for many tests.

scipy and statsmodels have them too; their packages take longer to import than a whole comparison
takes. Tests hold these equal to theirs.

References
----------
Holm S (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
Statistics 6:65.
Benjamini Y, Hochberg Y (1995), Controlling the false discovery rate,
https://doi.org/10.1111/j.2517-6161.1995.tb02031.x.
Benjamini Y, Yekutieli D (2001), The control of the false discovery rate in multiple testing under
dependency, https://doi.org/10.1214/aos/1013699998.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the chance of any false rejection is at most alpha.

    Each test is rejected if its adjusted p is at most alpha. Holds under any dependence.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    left = np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.maximum.accumulate(np.minimum(p[order] * left, 1.0))
    return [float(value) for value in found]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the expected share of false rejections is at most alpha.

    Holds for independent and for positively dependent tests.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    return _step_up(p_values, 1.0)


def benjamini_yekutieli(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values as :func:`benjamini_hochberg` does, under any dependence.

    Examples
    --------
    >>> [round(p, 6) for p in benjamini_yekutieli([0.01, 0.04, 0.03])]
    [0.055, 0.073333, 0.073333]
    """
    return _step_up(p_values, float((1 / np.arange(len(p_values), 0, -1)).sum()))


def _step_up(p_values: Sequence[float], factor: float) -> list[float]:
    p = np.asarray(p_values, dtype=float)
    ranks = np.arange(len(p), 0, -1)
    order = np.argsort(p)[::-1]
    found = np.empty(len(p))
    found[order] = np.minimum.accumulate(np.minimum(p[order] * len(p) * factor / ranks, 1.0))
    return [float(value) for value in found]


CORRECTIONS: Final[Mapping[str, Callable[[Sequence[float]], list[float]]]] = {
    "holm": holm,
    "benjamini_hochberg": benjamini_hochberg,
    "benjamini_yekutieli": benjamini_yekutieli,
}
"""Corrections by the name that a policy gives."""
