"""Lists that may not be whole, and tails beyond the greatest value: figures and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import genpareto, t

from assay.onboarding.evidence._level_list import measure_unseen
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
