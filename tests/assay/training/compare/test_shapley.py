"""The parts of a change: the definition by orders, their sum, and how often intervals hold them."""

from __future__ import annotations

from itertools import permutations
from math import isclose
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from assay.errors import InputError
from assay.training.compare import shapley_parts, split_change

FACTORS = st.integers(min_value=1, max_value=4)


def by_orders(values: Any, factor: int) -> float:
    """The part of a factor by its definition: the mean change in its turn, over all orders."""
    factors = (len(values) - 1).bit_length()
    changes = []
    for order in permutations(range(factors)):
        before = sum(1 << one for one in order[: order.index(factor)])
        changes.append(values[before | 1 << factor] - values[before])
    return float(np.mean(changes))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), FACTORS)
def test_a_part_is_the_mean_over_all_orders(seed: int, factors: int) -> None:
    values = np.random.default_rng(seed).normal(scale=10, size=1 << factors)
    parts = shapley_parts(values)
    expected = [by_orders(values, factor) for factor in range(factors)]
    assert parts == pytest.approx(expected, abs=1e-9)
    assert isclose(parts.sum(), values[-1] - values[0], abs_tol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), FACTORS)
def test_parts_of_rows_add_up_to_the_whole(seed: int, factors: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(1 << factors, 30))
    whole, parts = split_change(scores, alpha=0.1, seed=1)
    assert whole.value == pytest.approx(scores[-1].mean() - scores[0].mean(), abs=1e-9)
    assert sum(p.value or 0.0 for p in parts) == pytest.approx(whole.value, abs=1e-9)
    means = scores.mean(axis=1)
    expected = [by_orders(means, factor) for factor in range(factors)]
    assert [p.value for p in parts] == pytest.approx(expected, abs=1e-9)


def test_a_factor_that_changes_nothing_has_no_part_and_two_alike_have_equal_ones() -> None:
    random = np.random.default_rng(3)
    base, gain = random.normal(size=(2, 200))
    # Factors 0 and 1 each add half of the gain; factor 2 does nothing.
    scores = np.array([base + gain * ((c & 1) + (c >> 1 & 1)) / 2 for c in range(8)])
    whole, (first, second, none) = split_change(scores, alpha=0.05, seed=1)
    assert first.value == pytest.approx(second.value)
    assert first.value == pytest.approx((whole.value or 0.0) / 2)
    assert none.value == 0
    assert none.low is None


def test_one_factor_has_the_whole_change() -> None:
    scores = np.random.default_rng(4).normal(size=(2, 50))
    whole, (part,) = split_change(scores, alpha=0.05, seed=1)
    assert part == whole


def test_a_table_with_a_crossing_too_few_is_refused() -> None:
    with pytest.raises(InputError, match="no whole table"):
        split_change(np.zeros((3, 5)), alpha=0.05, seed=1)


def rows_in_groups(random: Any, groups: int, size: int) -> tuple[Any, Any]:
    """Scores of four crossings, whose parts are .3 and .1, with what the rows of a group share."""
    shared = np.repeat(random.normal(size=(2, groups)), size, axis=1)
    own = random.normal(size=(2, groups * size))
    first, second = 0.3 + 0.5 * (shared[0] + own[0]), 0.1 + 0.5 * (shared[1] + own[1])
    base = random.normal(size=groups * size)
    return np.array([base, base + first, base + second, base + first + second]), np.repeat(
        np.arange(groups), size
    )


def test_intervals_hold_the_parts_as_often_as_they_say() -> None:
    random, held, times = np.random.default_rng(11), [0, 0], 200
    for turn in range(times):
        scores, groups = rows_in_groups(random, 60, 3)
        _, parts = split_change(scores, alpha=0.1, groups=groups, seed=turn)
        for place, (part, truth) in enumerate(zip(parts, (0.3, 0.1), strict=True)):
            assert part.low is not None
            assert part.high is not None
            held[place] += part.low <= truth <= part.high
    for count in held:
        found = binomtest(count, times).proportion_ci(0.999)
        assert found.low <= 0.9 <= found.high or count / times > 0.9
