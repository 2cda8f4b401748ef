"""Lists that may not be whole, and tails beyond the greatest value: figures and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import genpareto, ks_2samp, norm, t

from assay.onboarding.evidence._level_list import measure_unseen
from assay.onboarding.evidence._predicted_distance import (
    SAMPLED_ORDER,
    BatchDistance,
    predicted_distance,
    sampled_levels,
)
from assay.onboarding.evidence._value_range import Tail, fit_tail
from assay.onboarding.evidence._versions import prediction_band


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_unseen_is_good_turing_and_chao1(counts: list[int]) -> None:
    found = measure_unseen(counts)
    once, twice = counts.count(1), counts.count(2)
    assert found.mass == once / sum(counts)
    assert found.richness == len(counts) + once * (once - 1) / 2 / (twice + 1)
    assert found.richness >= len(counts)


def test_the_unseen_share_is_what_comes_unseen() -> None:
    """Good and Turing's estimate against what a second draw brings, over 400 draws."""
    rng = np.random.default_rng(5)
    p = 1.0 / np.arange(1, 201)
    p /= p.sum()
    estimated, came = [], []
    for _ in range(400):
        first, second = rng.choice(200, (2, 300), p=p)
        estimated.append(measure_unseen(np.unique(first, return_counts=True)[1].tolist()).mass)
        came.append(np.isin(second, first, invert=True).mean())
    assert np.mean(estimated) == pytest.approx(np.mean(came), abs=0.003)


def test_a_tail_gives_back_its_parameters() -> None:
    x = genpareto.rvs(0.25, scale=3.0, size=200_000, random_state=8) + 10
    tail = fit_tail([*sorted(x, reverse=True), 10.0])
    assert tail is not None
    assert (tail.shape, tail.scale) == (pytest.approx(0.25, abs=0.02), pytest.approx(3, rel=0.02))
    beyond = genpareto.sf((tail.exceeded(50) - 10) / 3.0, 0.25) * len(x)
    assert beyond == pytest.approx(50, rel=0.15)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: rng.normal(0, 1, n),
        lambda rng, n: rng.exponential(1, n),
        lambda rng, n: rng.uniform(0, 1, n),
        lambda rng, n: rng.lognormal(0, 1, n),
    ],
)
def test_another_batch_hardly_leaves_the_range(draw: object) -> None:
    """0.01 rows beyond are meant; with 256 extremes of 20 000 the fit's own error adds to it."""
    rng = np.random.default_rng(3)
    left = 0
    for _ in range(150):
        first, second = draw(rng, 20_000), draw(rng, 20_000)  # type: ignore[operator]
        tail = fit_tail(np.sort(first)[::-1][:256].tolist())
        assert tail is not None
        left += int((second > max(tail.exceeded(0.01), first.max())).any())
    assert left <= 9  # 6 %


def test_equal_few_and_infinite_values_have_no_tail() -> None:
    assert fit_tail([23.0] * 200) is None
    assert fit_tail([3.0, 2.0, 1.0]) is None
    assert fit_tail([math.inf, *range(100)]) is None
    assert Tail(1.0, 2.0, 0.0, 100).exceeded(1) == pytest.approx(1 + 2 * math.log(100))


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=20))
def test_the_band_is_the_prediction_interval(values: list[float]) -> None:
    low, high = prediction_band(values)
    v = len(values)
    half = t.ppf(0.995, v - 1) * np.std(values, ddof=1) * math.sqrt(1 + 1 / v)
    assert low == pytest.approx(np.mean(values) - half, rel=1e-9, abs=1e-6)
    assert high == pytest.approx(np.mean(values) + half, rel=1e-9, abs=1e-6)


def test_a_predicted_distance_is_that_of_the_predicted_shift() -> None:
    """Of four batches that lie at −1, 0, 0, 1 by so many standard deviations of their rows."""
    places = np.array([-1.0, 0.0, 0.0, 1.0]) * 0.2
    shifts = [abs(p - (places.sum() - p) / 3) for p in places]
    found = [BatchDistance(2 * norm.cdf(s / 2) - 1, 0.0) for s in shifts]
    shift = t.ppf(0.995, 3) * np.std(places, ddof=1) * math.sqrt(1.25)
    assert predicted_distance(found) == pytest.approx(2 * norm.cdf(shift / 2) - 1, abs=1e-9)
    assert predicted_distance(found[:3]) == 0.0  # three show no spread
    assert predicted_distance([BatchDistance(1.0, 0.0)] * 4) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.5])
def test_the_next_batch_keeps_below_what_four_predict_or_twice_what_they_reach(
    spread: float,
) -> None:
    """Normal batches whose places are normal too: 1 % beyond is meant, and two standard errors."""
    rng = np.random.default_rng(11)
    runs, rows, beyond = 300, 100, 0
    for _ in range(runs):
        day = [rng.normal(place, 1, rows) for place in rng.normal(0, spread, 5)]
        each = [_ks(day[i], np.concatenate(day[:i] + day[i + 1 : 4])) for i in range(4)]
        sampled = SAMPLED_ORDER * (1 / rows + 1 / (3 * rows))
        limit = predicted_distance([BatchDistance(d, sampled) for d in each])
        beyond += _ks(day[4], np.concatenate(day[:4])) > max(limit, 2 * max(each))
    assert beyond <= (0.01 + 2 * math.sqrt(0.01 * 0.99 / runs)) * runs


def _ks(one: np.ndarray, other: np.ndarray) -> float:
    return float(ks_2samp(one, other, method="asymp").statistic)


def test_what_sampling_adds_to_a_distance_is_what_simulation_gives() -> None:
    rng = np.random.default_rng(12)
    n, m, p = 200, 600, np.array([0.4, 0.3, 0.2, 0.1])
    per_row = 1 / n + 1 / m
    ks = [_ks(rng.normal(size=n), rng.normal(size=m)) ** 2 for _ in range(400)]
    assert np.mean(ks) == pytest.approx(SAMPLED_ORDER * per_row, rel=0.1)
    pairs = [(rng.multinomial(n, p) / n, rng.multinomial(m, p) / m) for _ in range(2000)]
    js = [jensenshannon(*pair, base=2) ** 2 for pair in pairs]
    assert np.mean(js) == pytest.approx(sampled_levels(4) * per_row, rel=0.06)
