"""The tests of an ordered column, by the name that a policy gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from assay.drift.tests import _anderson_darling, _kolmogorov_smirnov
from assay.drift.tests._permutation import permutation_p, permuted

if TYPE_CHECKING:
    from assay.drift.columns._column_task import ColumnTask
    from assay.drift.columns._ordered_counts import OrderedCounts

Array = np.ndarray[Any, Any]
_FEW: Final = 30
"""Up to so many distinct values Anderson-Darling's limit law rejects too often: a permutation."""
_PERMUTED: Final = 2_000
"""Most distinct values under permutations; beyond, ties are rare enough for the law without."""


class Result(NamedTuple):
    """A statistic, its p, and the law that p comes from."""

    statistic: float
    p: float
    law: str


@dataclass(frozen=True)
class OrderedTest:
    """A test of an ordered column.

    ``needs_midranks`` says whether the pass over the values must sum up Anderson-Darling's
    statistic.
    """

    run: Callable[[OrderedCounts, ColumnTask], Result]
    needs_midranks: bool = False


def kolmogorov_smirnov(seen: OrderedCounts, _: ColumnTask) -> Result:
    """Test the largest distance of the two distribution functions."""
    return Result(seen.statistic, *_kolmogorov_smirnov.p_value(seen.statistic, seen.n, seen.m))


def anderson_darling(seen: OrderedCounts, task: ColumnTask) -> Result:
    """Test the weighted squared distance, by permutations where few values tie."""
    if seen.counts is not None and seen.distinct <= _FEW:
        simulated = permuted(seen.counts, task.level, task.rng, _anderson_darling.statistics)
        return Result(seen.a2, permutation_p(seen.a2, simulated), "permutation")
    return Result(seen.a2, _anderson_darling.p_value(seen.a2), "adinf")


def permutation(seen: OrderedCounts, task: ColumnTask) -> Result:
    """Test Kolmogorov-Smirnov's distance by permutations, which keep the size under ties."""
    if seen.counts is None or seen.distinct > _PERMUTED:
        return kolmogorov_smirnov(seen, task)
    simulated = permuted(seen.counts, task.level, task.rng, _largest_gap)
    return Result(seen.statistic, permutation_p(seen.statistic, simulated), "permutation")


def _largest_gap(reference: Array, current: Array) -> Array:
    """Compute D of many tables of counts."""
    n, m = reference.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True)
    gaps = np.abs(reference.cumsum(axis=-1) * m - current.cumsum(axis=-1) * n)
    return np.asarray(gaps.max(axis=-1) / (n * m)[..., 0])


ORDERED_TESTS: Final[Mapping[str, OrderedTest]] = {
    "kolmogorov_smirnov": OrderedTest(kolmogorov_smirnov),
    "anderson_darling": OrderedTest(anderson_darling, needs_midranks=True),
    "permutation": OrderedTest(permutation),
}
