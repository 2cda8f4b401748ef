"""What labels have given: where more of them help, where none would, and against a simulation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from assay.labelling.selection import Family
from assay.labelling.selection.worth import Labels, StopRule, _Curves, measure_worth

RULE = StopRule(gain=0.01, probability=0.8, labels=5000)
ROWS, CERTAIN, DRAWN = 3000, 150, 150


@cache
def problem(features: int) -> tuple[Family, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    x = random.normal(size=(ROWS, features))
    truth = (x @ random.normal(size=features) + 0.5 * random.normal(size=ROWS) > 0).astype(int)
    return Family("logistic", LogisticRegression(), pd.DataFrame(x)), truth, x


def labelled(features: int, number: int, rounds: int = 1) -> tuple[Family, Labels]:
    family, truth, _ = problem(features)
    place = np.arange(number)
    labels = Labels(place, truth[place], np.full(number, 0.1), place * rounds // number + 1)
    return family, labels


def test_a_hard_problem_gains_and_an_easy_one_stops():
    hard = measure_worth(*labelled(60, 150), budget=150, alpha=0.05, seed=1, rule=RULE)
    easy = measure_worth(*labelled(1, 600), budget=100, alpha=0.05, seed=1, rule=RULE)
    assert hard.gain.value > 0.02
    assert hard.below < 0.2
    assert hard.stop is None
    assert easy.below > 0.8
    assert "gain less than 0.01" in easy.stop


def test_rounds_are_shown_in_turn_and_the_last_is_the_whole():
    found = measure_worth(*labelled(20, 400, rounds=4), budget=100, alpha=0.05, seed=1)
    assert list(found.rounds) == [1, 2, 3, 4]
    assert found.rounds[4] == found.accuracy
    assert found.rounds[1].value < found.rounds[4].value
    assert (found.below, found.stop) == (None, None)


def test_the_accuracy_of_all_rows_is_held_though_hard_rows_are_labelled():
    """Half of the labels are of the rows that lie nearest to the border."""
    family, truth, x = problem(5)
    whole = LogisticRegression().fit(x, truth)
    border = np.argsort(np.abs(whole.decision_function(x)), kind="stable")
    held, plain, estimated, random = 0, [], [], np.random.default_rng(3)
    for _ in range(50):
        drawn = random.choice(border[CERTAIN:], DRAWN, replace=False)
        place = random.permutation(np.r_[border[:CERTAIN], drawn])
        certain = np.isin(place, border[:CERTAIN])
        inclusion = np.where(certain, 1.0, DRAWN / (ROWS - CERTAIN))
        labels = Labels(place, truth[place], inclusion, np.ones(len(place), dtype=int))
        curve = _Curves(family, labels, 1, 0.05, lambda _: None)
        one = curve.accuracy(curve.learned)
        learned = place[curve.learned]
        model = LogisticRegression().fit(x[learned], truth[learned])
        right = model.predict(x) == truth
        held += one.low <= right.mean() <= one.high
        estimated.append(one.value - right.mean())
        plain.append(right[place].mean() - right.mean())
    assert abs(np.mean(estimated)) < 0.02
    assert np.mean(plain) < -0.1
    assert held >= 41


def test_what_random_selection_would_have_given_is_extended_from_its_rows():
    family, labels = labelled(20, 500)
    random = np.random.default_rng(1).random(500) < 0.5
    mixed = Labels(labels.place, labels.given, np.where(random, 0.5, 1.0), labels.round)
    found = measure_worth(family, mixed, budget=100, alpha=0.05, seed=1)
    # All are drawn at random here, whatever their probabilities say: both give the same.
    assert found.random.value == pytest.approx(found.accuracy.value, abs=0.03)
    assert found.random.low < found.random.value < found.random.high
    none = measure_worth(family, Labels(labels.place, labels.given, np.full(500, np.nan),
                                        labels.round), budget=9, alpha=0.05, seed=1)  # fmt: skip
    assert none.random.value is None
    assert "Wilson" in none.accuracy.how


def test_few_labels_say_nothing_and_a_used_budget_stops():
    family, labels = labelled(5, 40)
    found = measure_worth(family, labels, budget=10, alpha=0.05, seed=1,
                          rule=StopRule(0.01, 0.9, 40))  # fmt: skip
    assert (found.accuracy.value, found.learned) == (None, 0)
    assert "asks for 40 at most" in found.stop
