"""Learning curves: laws that are known, and a model that learns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from assay.errors import InputError
from assay.statistics.learning_curve import LearningCurve, measure_learning_curve

SIZES = (40, 80, 160, 320, 640)


def law(n: float, a: float = 0.9, b: float = 1.5, c: float = 0.5) -> float:
    return a - b * n**-c


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.floats(0.5, 1), st.floats(0.1, 3), st.floats(0.2, 1.2), st.integers(1, 5000))
def test_a_law_without_noise_is_extended_exactly(a, b, c, more):
    scores = tuple(law(n, a, b, c) for n in SIZES)
    found = LearningCurve("s", SIZES, (scores,) * 3).gain(more, alpha=0.05, seed=1)
    expected = law(SIZES[-1] + more, a, b, c) - law(SIZES[-1], a, b, c)
    assert found.value == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_noise_gives_an_interval_that_mostly_holds_the_gain():
    random, held = np.random.default_rng(1), 0
    true = law(1280) - law(640)
    for one in range(40):
        noise = random.normal(0, 0.01, size=(12, len(SIZES)))
        scores = tuple(tuple(law(n) + e for n, e in zip(SIZES, row, strict=True)) for row in noise)
        found = LearningCurve("s", SIZES, scores).gain(640, alpha=0.05, seed=one)
        held += found.low <= true <= found.high
    assert held >= 33


def test_a_curve_that_falls_promises_nothing():
    scores = tuple(0.5 + 1 / n for n in SIZES)
    found = LearningCurve("s", SIZES, (scores,) * 3).gain(1000, alpha=0.05, seed=1)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_score_that_is_missing_and_a_single_repetition():
    missing = LearningCurve("s", (1, 2, 3), ((0.1, float("nan"), 0.3),))
    assert missing.gain(10, alpha=0.05, seed=1).value is None
    single = LearningCurve("s", SIZES, (tuple(law(n) for n in SIZES),))
    found = single.gain(100, alpha=0.05, seed=1)
    assert found.value > 0
    assert found.inconclusive
    assert single.probability_below(1.0, 100, seed=1) is None


def test_the_probability_of_a_small_gain_falls_as_the_limit_does():
    random = np.random.default_rng(1)
    noise = random.normal(0, 0.01, size=(12, len(SIZES)))
    scores = tuple(tuple(law(n) + e for n, e in zip(SIZES, row, strict=True)) for row in noise)
    curve, true = LearningCurve("s", SIZES, scores), law(1280) - law(640)
    below = [curve.probability_below(true * k, 640, seed=1) for k in (0.3, 0.8, 1.2, 3)]
    assert below == sorted(below)
    assert below[0] < 0.2
    assert below[-1] > 0.9


def problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of two slices with other coefficients; slice 1 is rare."""
    random = np.random.default_rng(2)
    slice_ = (random.random(6000) < 0.2).astype(int)
    x = random.normal(size=(6000, 12))
    weights = random.normal(size=(2, 12))
    truth = random.random(6000) < 1 / (1 + np.exp(-2 * (x * weights[slice_]).sum(axis=1)))
    return np.column_stack([x * (slice_ == k)[:, None] for k in (0, 1)]), truth, slice_


def test_a_slice_that_is_short_of_rows_gains_from_more_and_the_other_does_not():
    x, truth, slice_ = problem()
    train, test = np.arange(1500), np.arange(1500, 6000)
    seen: list[np.ndarray] = []

    def fit(rows: np.ndarray) -> dict[str, float]:
        seen.append(rows)
        model = LogisticRegression().fit(x[train[rows]], truth[train[rows]])
        right = model.predict(x[test]) == truth[test]
        return {f"slice={k}": float(right[slice_[test] == k].mean()) for k in (0, 1)}

    curves = {}
    for k in (0, 1):
        places = np.flatnonzero(slice_[train] == k)
        curves[k] = measure_learning_curve(
            fit, len(train), places, name=f"slice={k}", sizes=(20, 40, 80, 160), repetitions=5,
            seed=1,
        )  # fmt: skip
        assert curves[k].sizes[-1] == len(places)
        assert len(curves[k].scores) == 5
    rare, common = (curves[k].gain(300, alpha=0.05, seed=1) for k in (1, 0))
    assert 0 < rare.value < 0.1
    assert rare.value > 2 * common.value
    others = set(np.flatnonzero(slice_[train] != 1))
    nested = [set(rows) for rows in seen[-20:][:4]]
    assert all(others <= one for one in nested)
    assert nested[0] < nested[1] < nested[2] < nested[3]


def test_the_same_seed_gives_the_same_curve():
    def fit(rows: np.ndarray) -> dict[str, float]:
        return {"s": float(rows.sum() % 97)}

    first, same, other = (
        measure_learning_curve(fit, 100, np.arange(50), name="s", sizes=(5, 10), repetitions=3,
                               seed=seed)
        for seed in (1, 1, 2)
    )  # fmt: skip
    assert first == same
    assert first != other


@pytest.mark.parametrize("sizes", [(), (10,), (0, 10), (10, 60)])
def test_sizes_that_give_no_curve_are_an_error(sizes):
    with pytest.raises(InputError, match="can't be drawn"):
        measure_learning_curve(
            lambda _: {"s": 0.5}, 100, np.arange(50), name="s", sizes=sizes, repetitions=1, seed=1
        )
