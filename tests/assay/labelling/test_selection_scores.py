"""Scores of rows: against scipy, by hand, and what must hold for all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy
from sklearn.metrics import pairwise_distances

from assay.labelling.selection._disagreement import consensus_entropy, divergence, vote_entropy
from assay.labelling.selection._diversity import core_set, density, k_means_plus_plus
from assay.labelling.selection._uncertainty import entropy, least_confidence, margin

FIXED = settings(deadline=None, derandomize=True, max_examples=60)


def draw(members: int, rows: int, classes: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.dirichlet(np.full(classes, 0.4), size=(members, rows))


@FIXED
@given(st.integers(1, 5), st.integers(1, 30), st.integers(2, 5), st.integers(0, 10**6))
def test_scores_are_scipys_and_stay_in_their_range(members, rows, classes, seed):
    chances = draw(members, rows, classes, seed)
    mean = chances.mean(axis=0)
    assert entropy(mean) == pytest.approx(scipy_entropy(mean, base=classes, axis=1))
    away = scipy_entropy(chances, mean[None], base=classes, axis=2).mean(axis=0)
    assert divergence(chances) == pytest.approx(away, abs=1e-9)
    votes = np.apply_along_axis(np.bincount, 0, chances.argmax(axis=2), minlength=classes)
    assert vote_entropy(chances) == pytest.approx(scipy_entropy(votes, base=classes, axis=0))
    assert least_confidence(mean) == pytest.approx([1 - max(row) for row in mean])
    assert margin(mean) == pytest.approx(
        [1 - (sorted(row)[-1] - sorted(row)[-2]) for row in mean]
    )  # fmt: skip
    for one in (divergence, vote_entropy, consensus_entropy):
        assert ((one(chances) >= 0) & (one(chances) <= 1 + 1e-12)).all()


def test_of_two_classes_the_uncertainties_have_one_order():
    mean = draw(1, 50, 2, 1)[0]
    orders = [np.argsort(score(mean)).tolist() for score in (least_confidence, margin, entropy)]
    assert orders[0] == orders[1] == orders[2]


def test_certain_rows_of_a_split_committee_disagree_and_uncertain_ones_of_a_united_one_do_not():
    split = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])
    assert divergence(split).tolist() == [1.0, 0.0]
    assert consensus_entropy(split).tolist() == [1.0, 1.0]


@FIXED
@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 10**6))
def test_the_core_set_takes_the_farthest_row_each_time(rows, number, seed):
    features = np.random.default_rng(seed).normal(size=(rows, 3))
    known = features[:2] + 0.1
    places, distance = core_set(features, number, known=known)
    gaps = pairwise_distances(features, np.vstack([known, features]))
    there = [0, 1]
    for place, far in zip(places, distance, strict=True):
        nearest = gaps[:, there].min(axis=1)
        assert far == pytest.approx(nearest.max())
        assert nearest[place] == pytest.approx(far)
        there.append(place + 2)


@pytest.mark.parametrize("weight", [None, "two"])
def test_k_means_plus_plus_draws_by_squared_distance_and_weight(weight):
    features = np.array([[0.0], [1.0], [2.0], [3.0]])
    weights = np.array([1.0, 1.0, 2.0, 1.0]) if weight else None
    known = np.array([[0.0]])
    drawn = [
        int(k_means_plus_plus(features, 1, seed=s, weight=weights, known=known)[0][0])
        for s in range(2000)
    ]
    expected = np.square(features[:, 0]) * (1.0 if weights is None else weights)
    found = np.bincount(drawn, minlength=4) / len(drawn)
    assert found == pytest.approx(expected / expected.sum(), abs=0.04)


def test_equal_rows_are_drawn_once():
    features = np.repeat(np.arange(3.0), 50)[:, None]
    for choose in (lambda: k_means_plus_plus(features, 9, seed=1)[0],
                   lambda: core_set(features, 9)[0]):  # fmt: skip
        assert sorted(features[choose(), 0].tolist()) == [0.0, 1.0, 2.0]
    assert len(k_means_plus_plus(features[:0], 2, seed=1)[0]) == 0
    assert len(core_set(features[:0], 2)[0]) == 0


def test_a_row_in_a_crowd_is_dense_and_an_outlier_is_not():
    features = np.vstack([np.random.default_rng(1).normal(size=(60, 2)), [[9.0, 9.0]]])
    score = density(features, features)
    assert score.argmin() == 60
    gaps = 1 / (1 + pairwise_distances(features))
    assert score == pytest.approx(gaps.mean(axis=1))
