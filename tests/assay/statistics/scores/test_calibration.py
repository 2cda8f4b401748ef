"""Calibration against scikit-learn's curve, and its p-value by simulation of whole models."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from statsmodels.stats.proportion import proportion_confint

from assay.statistics.scores.calibration import expected_calibration_error, reliability_table

FIXED = settings(deadline=None, derandomize=True, max_examples=80)


def draw(rows: int, seed: int, power: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Truth and stated probability; calibrated if the power is 1."""
    random = np.random.default_rng(seed)
    stated = random.beta(2, 2, size=rows)
    return random.random(rows) < stated**power, stated


@FIXED
@given(st.integers(1, 400), st.integers(0, 10**6), st.sampled_from([1, 5, 10, 20]))
def test_the_table_equals_scikit_learn(rows, seed, bins):
    truth, stated = draw(rows, seed)
    stated = np.round(stated, 1)
    table = reliability_table(truth, stated, alpha=0.05, bins=bins)
    filled = [one for one in table if one.n]
    observed, mean = calibration_curve(truth, stated, n_bins=bins)
    assert [one.observed.value for one in filled] == pytest.approx(list(observed), abs=1e-12)
    assert [one.mean_probability for one in filled] == pytest.approx(list(mean), abs=1e-12)
    assert sum(one.n for one in table) == rows
    assert [one.low for one in table] == pytest.approx([i / bins for i in range(bins)])
    error = sum(one.n * abs(one.observed.value - one.mean_probability) for one in filled) / rows
    found = expected_calibration_error(truth, stated, alpha=0.05, seed=1, bins=bins)
    assert found.value == pytest.approx(error, abs=1e-12)
    assert found.inconclusive if rows == 1 else 0 <= found.low <= found.value <= found.high <= 1


def test_shares_have_the_interval_of_statsmodels():
    truth, stated = draw(500, 3)
    for one in reliability_table(truth, stated, alpha=0.1):
        if one.n:
            hits = round(one.observed.value * one.n)
            ends = proportion_confint(hits, one.n, 0.1, method="wilson")
            assert (one.observed.low, one.observed.high) == pytest.approx(ends, abs=1e-9)


def test_p_equals_a_simulation_of_every_row():
    """The same null by drawing each row from its own probability, not each bin from its mean."""
    truth, stated = draw(300, 5, power=1.05)
    found = expected_calibration_error(truth, stated, alpha=0.05, seed=1)
    random = np.random.default_rng(2)
    draws = [
        expected_calibration_error(random.random(300) < stated, stated, alpha=0.05, seed=1).value
        for _ in range(500)
    ]
    p = np.mean(np.array(draws) >= found.value)
    assert 0.02 < p < 0.98
    assert found.p == pytest.approx(p, abs=0.06)


def test_a_model_that_is_off_is_found_and_its_true_error_held():
    truth, stated = draw(3000, 4, power=2.0)
    found = expected_calibration_error(truth, stated, alpha=0.05, seed=1)
    assert found.p == 1 / 2000
    true = expected_calibration_error(*draw(10**6, 9, power=2.0), alpha=0.05, seed=1).value
    assert found.low <= true <= found.high


def rejected(rows: int, times: int, groups: int | None, seed: int) -> float:
    """Share of calibrated models that are called uncalibrated."""
    random = np.random.default_rng(seed)
    wrong = 0
    for one in range(times):
        of = None if groups is None else np.repeat(np.arange(groups), rows // groups)
        if of is None:
            truth, stated = draw(rows, seed + one)
        else:
            stated = random.beta(2, 2, size=groups)[of]
            # All rows of a group come true or none does: the most dependent they can be.
            truth = (random.random(groups)[of]) < stated
        found = expected_calibration_error(truth, stated, alpha=0.05, groups=of, seed=one)
        wrong += found.p <= 0.05
        assert (found.low == 0) or found.p <= 0.2
    return wrong / times


@pytest.mark.parametrize("groups", [None, 200])
def test_a_calibrated_model_is_seldom_accused(groups):
    assert rejected(1000, 200, groups, seed=10) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 200)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [50, 200, 2000])
@pytest.mark.parametrize("grouped", [False, True])
def test_calibrated_models_are_accused_at_the_level(rows, grouped):
    found = rejected(rows, 3000, rows // 5 if grouped else None, seed=20)
    # Groups are taken as normal, which few of them aren't.
    most = 0.05 + 2 * math.sqrt(0.05 * 0.95 / 3000) + (0.03 if grouped else 0)
    assert found <= most


def test_no_error_is_given_where_there_is_none():
    empty = expected_calibration_error(np.array([]), np.array([]), alpha=0.05, seed=1)
    assert (empty.value, empty.how) == (None, "there are no rows")
    missing = np.array([0.1, math.nan])
    found = expected_calibration_error(np.array([0, 1]), missing, alpha=0.05, seed=1)
    assert (found.value, found.how) == (None, "a probability is missing")
    assert reliability_table(np.array([0, 1]), missing, alpha=0.05) == ()
