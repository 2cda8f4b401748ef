"""The figures of a regression against scikit-learn and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from assay.statistics.scores.regression import measure_regression

FIXED = settings(deadline=None, derandomize=True, max_examples=60)


def draw(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction, whose R² is 3/4 and error of deviation 1/2."""
    random = np.random.default_rng(seed)
    known = random.normal(size=rows) * math.sqrt(3) / 2
    return known + random.normal(size=rows) / 2, known


@FIXED
@given(st.integers(2, 300), st.integers(0, 10**6))
def test_they_equal_scikit_learn(rows, seed):
    truth, prediction = draw(rows, seed)
    found = measure_regression(truth, prediction, alpha=0.05, seed=1)
    expected = {
        "mae": metrics.mean_absolute_error(truth, prediction),
        "rmse": metrics.root_mean_squared_error(truth, prediction),
        "r2": metrics.r2_score(truth, prediction),
    }
    assert {n: e.value for n, e in found.items()} == pytest.approx(expected, abs=1e-9)
    for estimate in found.values():
        if not estimate.inconclusive:
            assert estimate.low <= estimate.value <= estimate.high


def test_rows_that_are_written_twice_add_nothing_if_groups_say_so():
    rows, groups = draw(100, 2), np.arange(100)
    once = measure_regression(*rows, alpha=0.05, seed=1, groups=groups)
    twice = [np.tile(part, 2) for part in rows]
    grouped = measure_regression(*twice, alpha=0.05, seed=1, groups=np.tile(groups, 2))
    for name, found in once.items():
        other = grouped[name]
        assert (other.value, other.low, other.high) == pytest.approx(
            (found.value, found.low, found.high), abs=1e-9
        )


@pytest.mark.parametrize(
    ("truth", "prediction", "undefined"),
    [
        ([], [], {"mae", "rmse", "r2"}),
        ([1.0], [2.0], {"r2"}),
        ([1.0, 1.0], [2.0, 3.0], {"r2"}),
        ([1.0, math.nan], [2.0, 3.0], {"mae", "rmse", "r2"}),
        ([1.0, 2.0], [2.0, math.inf], {"mae", "rmse", "r2"}),
        ([1.0, 2.0], [1.0, 2.0], set()),
    ],
)
def test_no_figure_is_given_where_there_is_none(truth, prediction, undefined):
    found = measure_regression(np.array(truth), np.array(prediction), alpha=0.05, seed=1)
    for estimate in found.values():
        estimate.model_dump_json()
    assert {name for name, estimate in found.items() if estimate.value is None} == undefined


def covered(rows: int, times: int, seed: int) -> dict[str, float]:
    true = {"mae": 0.5 * math.sqrt(2 / math.pi), "rmse": 0.5, "r2": 0.75}
    held = dict.fromkeys(true, 0)
    for one in range(times):
        for name, found in measure_regression(*draw(rows, seed + one), alpha=0.05, seed=1).items():
            held[name] += found.low <= true[name] <= found.high
    return {name: count / times for name, count in held.items()}


def test_coverage_of_a_short_simulation():
    found = covered(150, times=200, seed=1)
    assert all(0.9 <= share <= 0.99 for share in found.values()), found


@pytest.mark.slow
@pytest.mark.parametrize("rows", [50, 200, 1000])
def test_coverage(rows):
    found = covered(rows, times=2000, seed=500)
    assert all(0.93 <= share <= 0.97 for share in found.values()), found
