"""Means of losses: their intervals by definition, by scipy and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import bootstrap

from assay.statistics.scores.means import RESAMPLED, mean_estimate

FIXED = settings(deadline=None, derandomize=True, max_examples=60)


@FIXED
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.sampled_from([0.2, 0.05, 1e-5]))
def test_an_estimate_is_finite_and_holds_its_value(values, alpha):
    found = mean_estimate(np.array(values), alpha=alpha, seed=1, tested=True)
    found.model_dump_json()
    assert found.value == pytest.approx(np.mean(values), rel=1e-12, abs=1e-9)
    if not found.inconclusive:
        assert found.low <= found.value <= found.high
        assert 0 <= found.p <= 1


def test_ends_are_near_those_of_bca_which_is_of_the_same_order():
    values = np.random.default_rng(1).gamma(2, size=400)
    ours = mean_estimate(values, alpha=0.05, seed=1)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=9999, method="BCa", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.01 * values.std())


def test_the_closed_form_and_the_resampling_meet_where_one_takes_over():
    values = np.random.default_rng(2).gamma(1, size=RESAMPLED + 1)
    drawn = mean_estimate(values[1:], alpha=0.05, seed=1)
    closed = mean_estimate(values, alpha=0.05, seed=1)
    assert drawn.how == "bootstrap-t, 1,999 resamples"
    assert closed.how == "ABC"
    width = closed.high - closed.low
    assert (drawn.low, drawn.high) == pytest.approx((closed.low, closed.high), abs=0.06 * width)


def test_p_is_the_level_at_which_the_closed_form_leaves_0_out():
    values = np.random.default_rng(3).normal(0.03, 1, size=RESAMPLED + 500)
    p = mean_estimate(values, alpha=0.05, seed=1, tested=True).p

    def nearer_end(alpha: float) -> float:
        found = mean_estimate(values, alpha=alpha, seed=1, tested=True)
        return found.low if found.value > 0 else found.high

    assert p == pytest.approx(brentq(nearer_end, 1e-12, 0.999), rel=1e-6)


@pytest.mark.parametrize("shift", [0.0, 0.2, 0.5])
def test_p_and_the_interval_agree_on_0(shift):
    random = np.random.default_rng(4)
    for _ in range(20):
        values = random.gamma(1, size=40) - 1 + shift
        found = mean_estimate(values, alpha=0.05, seed=1, tested=True)
        assert (found.p <= 0.05) == (not found.low <= 0 <= found.high)


def test_the_seed_alone_decides():
    values = np.random.default_rng(5).normal(size=100)
    first, same, other = (mean_estimate(values, alpha=0.05, seed=s) for s in (1, 1, 2))
    assert first == same
    assert first != other


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([], "there are no rows"),
        ([0.1, math.nan], "a value is missing or infinite"),
        ([0.1, math.inf], "a value is missing or infinite"),
    ],
)
def test_no_mean_is_given_where_there_is_none(values, why):
    found = mean_estimate(np.array(values), alpha=0.05, seed=1)
    assert (found.value, found.how) == (None, why)


@pytest.mark.parametrize("values", [[0.3], [0.1, 0.1, 0.1]])
def test_values_that_do_not_vary_have_no_interval(values):
    found = mean_estimate(np.array(values), alpha=0.05, seed=1, tested=True)
    assert found.value == pytest.approx(values[0])
    assert found.inconclusive
    assert found.p is None


def test_ends_stay_in_the_range_of_a_loss():
    found = mean_estimate(np.array([0.0, 0.0, 1.0]), alpha=0.05, seed=1, least=0, most=1)
    assert 0 <= found.low <= found.high <= 1


def covered(kind: str, rows: int, times: int, seed: int) -> float:
    random = np.random.default_rng(seed)
    held = 0
    for one in range(times):
        p = random.beta(2, 2, size=rows)
        hit = random.random(rows) < p
        groups = None
        if kind == "brier":
            values, true = np.square(p - hit), 0.2
        elif kind == "absolute":
            values, true = np.abs(random.normal(size=rows)), math.sqrt(2 / math.pi)
        else:
            groups = np.repeat(np.arange(rows // 4), 4)
            values, true = random.normal(size=rows // 4)[groups] + random.normal(size=rows), 0.0
        found = mean_estimate(values, alpha=0.05, groups=groups, seed=one)
        held += found.low <= true <= found.high
    return held / times


@pytest.mark.parametrize("kind", ["brier", "absolute", "grouped"])
def test_coverage_of_a_short_simulation(kind):
    assert 0.91 <= covered(kind, 80, times=250, seed=6) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["brier", "absolute", "grouped"])
@pytest.mark.parametrize("rows", [40, 200, 8000])
def test_coverage(kind, rows):
    times = 3000 if rows < 1000 else 1000
    assert 0.93 <= covered(kind, rows, times, seed=7) <= 0.97
