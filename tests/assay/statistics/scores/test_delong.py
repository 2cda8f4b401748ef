"""DeLong's area against its definition over pairs, scikit-learn and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from assay.errors import InputError
from assay.statistics.auc import Auc
from assay.statistics.scores.delong import auc, auc_difference

FIXED = settings(deadline=None, derandomize=True, max_examples=150)


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two scores of few rows with both classes and, mostly, ties."""
    n = draw(st.integers(4, 40))
    truth = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    truth[:2], truth[2:4] = True, False
    values = st.integers(0, draw(st.sampled_from([1, 5, 1000])))
    sides = [np.array(draw(st.lists(values, min_size=n, max_size=n)), float) for _ in range(2)]
    return truth, *sides


def by_pairs(truth: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Each pair of a positive (row) and a negative (column): 1 in order, ½ tied, 0."""
    positive, negative = score[truth][:, None], score[~truth][None, :]
    return (positive > negative) + (positive == negative) / 2


def variance_by_pairs(pairs: np.ndarray) -> float:
    ends = pairs.mean(axis=1), pairs.mean(axis=0)
    return math.fsum(float(np.var(end, ddof=1)) / len(end) for end in ends)


@FIXED
@given(scored())
def test_area_and_variance_equal_their_definition(rows):
    truth, score, _ = rows
    pairs = by_pairs(truth, score)
    found = auc(truth, score, alpha=0.05)
    assert found.value == pytest.approx(pairs.mean(), abs=1e-12)
    assert found.value == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
    area = Auc(pairs.mean(), variance_by_pairs(pairs), *pairs.shape[::-1])
    assert (found.low, found.high) == pytest.approx(area.bounds(0.025), abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1


@FIXED
@given(scored())
def test_difference_equals_its_definition(rows):
    truth, a, b = rows
    gap = by_pairs(truth, a) - by_pairs(truth, b)
    found = auc_difference(truth, a, b, alpha=0.05)
    assert found.value == pytest.approx(gap.mean(), abs=1e-12)
    deviation = math.sqrt(variance_by_pairs(gap))
    if deviation < 1e-9:
        assert found.inconclusive
        assert found.p is None
        return
    z = gap.mean() / deviation
    assert found.p == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), abs=1e-9)
    ends = [gap.mean() + side * 1.959963984540054 * deviation for side in (-1, 1)]
    assert (found.low, found.high) == pytest.approx(np.clip(ends, -1, 1), abs=1e-9)
    other = auc_difference(truth, b, a, alpha=0.05)
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


@FIXED
@given(scored(), st.integers(0, 1000))
def test_order_of_rows_and_scale_of_scores_change_nothing(rows, seed):
    truth, score, _ = rows
    order = np.random.default_rng(seed).permutation(len(truth))
    assert auc(truth[order], np.exp(score[order] / 1000), alpha=0.1) == auc(truth, score, alpha=0.1)


@FIXED
@given(scored())
def test_groups_of_one_row_give_nearly_what_rows_give(rows):
    truth, score, _ = rows
    alone, grouped = (
        auc(truth, score, alpha=0.05, groups=groups) for groups in (None, np.arange(len(truth)))
    )
    assert grouped.value == pytest.approx(alone.value, abs=1e-12)
    assert grouped.how == f"DeLong, rows in {len(truth)} groups"


def test_rows_that_are_written_twice_add_nothing_if_groups_say_so():
    random = np.random.default_rng(5)
    truth = random.random(200) < 0.4
    score = random.normal(size=200) + truth
    once = auc(truth, score, alpha=0.05, groups=np.arange(200))
    twice = auc(np.tile(truth, 2), np.tile(score, 2), alpha=0.05, groups=np.tile(np.arange(200), 2))
    blind = auc(np.tile(truth, 2), np.tile(score, 2), alpha=0.05)
    assert twice.value == pytest.approx(once.value, abs=1e-12)
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high), abs=1e-9)
    assert blind.high - blind.low < 0.8 * (once.high - once.low)


@pytest.mark.parametrize(
    ("truth", "score", "why"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], "all rows are of one class"),
        ([0], [0.5], "all rows are of one class"),
        ([], [], "all rows are of one class"),
        ([0, 1, 1], [0.1, math.nan, 0.3], "a score is missing"),
    ],
)
def test_no_area_is_given_where_there_is_none(truth, score, why):
    found = auc(np.array(truth), np.array(score), alpha=0.05)
    assert (found.value, found.low, found.high, found.how) == (None, None, None, why)
    two = auc_difference(np.array(truth), np.array(score), np.array(score), alpha=0.05)
    assert two.value is None


def test_scores_that_are_all_tied_say_nothing():
    found = auc(np.array([0, 0, 1, 1, 1]), np.full(5, 0.3), alpha=0.05)
    assert found.value == 0.5
    assert found.low < 0.1
    assert found.high > 0.9


def test_equal_models_have_no_interval_of_a_difference():
    truth, score = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.3, 0.2])
    found = auc_difference(truth, score, score * 2, alpha=0.05)
    assert (found.value, found.inconclusive, found.p) == (0.0, True, None)


def test_a_truth_that_is_no_label_is_an_error():
    with pytest.raises(InputError, match="other values than 0 and 1"):
        auc(np.array([0, 2]), np.array([0.1, 0.2]), alpha=0.05)
    with pytest.raises(InputError, match="other values than 0 and 1"):
        auc(np.array([0, math.nan]), np.array([0.1, 0.2]), alpha=0.05)
    with pytest.raises(InputError, match="one number a row"):
        auc(np.array([0, 1]), np.array([0.1, 0.2, 0.3]), alpha=0.05)


def covered(rows: int, shift: float, positives: float, times: int, seed: int) -> float:
    """Share of samples whose interval holds the true area Φ(shift/√2)."""
    random = np.random.default_rng(seed)
    true = 0.5 * math.erfc(-shift / 2)
    held = 0
    for _ in range(times):
        truth = random.random(rows) < positives
        truth[:2] = True, False
        found = auc(truth, random.normal(size=rows) + shift * truth, alpha=0.05)
        held += found.low <= true <= found.high
    return held / times


def test_coverage_of_a_short_simulation():
    assert 0.92 <= covered(200, 1.0, 0.4, times=500, seed=1) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("rows", [60, 200, 1000])
@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("positives", [0.2, 0.5])
def test_coverage(rows, shift, positives):
    # A dozen positives near an area of 1 show too little of how they vary.
    least = 0.93 if rows * positives >= 30 else 0.9
    assert least <= covered(rows, shift, positives, times=4000, seed=2) <= 0.975


def false_alarms(rows: int, noise: float, times: int, seed: int) -> float:
    """Share of samples in which one of two equally good models is called better."""
    random = np.random.default_rng(seed)
    wrong = 0
    for _ in range(times):
        truth = random.random(rows) < 0.4
        truth[:2] = True, False
        shared = random.normal(size=rows) + truth
        a, b = (shared + noise * random.normal(size=rows) for _ in range(2))
        found = auc_difference(truth, a, b, alpha=0.05)
        wrong += found.p is not None and found.p <= 0.05 and found.value > 0
    return wrong / times


def test_equal_models_are_seldom_called_better():
    assert false_alarms(200, 0.5, times=400, seed=3) <= 0.025 + 2 * math.sqrt(0.025 * 0.975 / 400)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [60, 200, 1000])
@pytest.mark.parametrize("noise", [0.2, 1.0])
def test_equal_models_are_called_better_at_most_at_the_level(rows, noise):
    most = 0.025 + 2 * math.sqrt(0.025 * 0.975 / 4000)
    assert false_alarms(rows, noise, times=4000, seed=4) <= most
