"""Average precision against scikit-learn, its variance against a jackknife."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from assay.statistics.scores.precision_recall import average_precision, ranked
from assay.statistics.scores.units import units

FIXED = settings(deadline=None, derandomize=True, max_examples=100)


def draw(rows: int, levels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.3
    truth[0] = True
    return truth, np.round((random.normal(size=rows) + truth) * levels)


@FIXED
@given(st.integers(2, 200), st.sampled_from([1, 3, 10**6]), st.integers(0, 10**6))
def test_it_equals_scikit_learn(rows, levels, seed):
    truth, score = draw(rows, levels, seed)
    found = average_precision(truth, score, alpha=0.05)
    assert found.value == pytest.approx(average_precision_score(truth, score), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


@settings(FIXED, max_examples=20)
@given(st.integers(3, 30), st.sampled_from([1, 3, 10**6]), st.integers(0, 10**6))
def test_influence_is_the_derivative_by_the_weight_of_a_row(rows, levels, seed):
    truth, score = draw(rows, levels, seed)
    figure = ranked(truth, score, units(None, rows), 0.05)
    step = 1e-5

    def weighted(row: int, by: float) -> float:
        weight = np.ones(rows)
        weight[row] += by
        return average_precision_score(truth, score, sample_weight=weight)

    slopes = [(weighted(r, step) - weighted(r, -step)) / (2 * step) for r in range(rows)]
    assert figure.influence == pytest.approx(slopes, abs=1e-7)
    assert figure.influence.sum() == pytest.approx(0, abs=1e-12)


def test_a_perfect_order_of_few_positives_is_not_certain():
    found = average_precision(np.array([0, 0, 1, 1]), np.arange(4.0), alpha=0.05)
    assert found.value == 1
    assert found.low == pytest.approx(2 / (2 + 1.959963984540054**2))


@pytest.mark.parametrize(
    ("truth", "score", "why"),
    [([0, 0], [0.1, 0.2], "no row is positive"), ([0, 1], [0.1, math.nan], "a score is missing")],
)
def test_no_area_is_given_where_there_is_none(truth, score, why):
    found = average_precision(np.array(truth), np.array(score), alpha=0.05)
    assert (found.value, found.how) == (None, why)
