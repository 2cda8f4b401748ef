"""Suspected labels: planted wrong ones of real rows are found, by fits that haven't seen them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay.errors import InputError
from assay.feedback import suspect_labels


def test_planted_wrong_labels_of_real_rows_are_found():
    x, truth = load_breast_cancer(return_X_y=True)
    random = np.random.default_rng(1)
    wrong = random.choice(len(truth), 40, replace=False)
    label = truth.copy()
    label[wrong] = 1 - label[wrong]

    def fit(learned: np.ndarray, left: np.ndarray) -> np.ndarray:
        assert not (learned & left).any()
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(
            x[learned], label[learned]
        )
        return model.predict_proba(x[left])

    found = suspect_labels(label, 2, fit, folds=5, seed=1)
    assert found[wrong].mean() >= 0.7
    assert found[np.setdiff1d(np.arange(len(truth)), wrong)].mean() <= 0.06
    assert (suspect_labels(label, 2, fit, folds=5, seed=1) == found).all()


def test_rows_of_a_group_stay_in_one_fold():
    groups, label = np.repeat(np.arange(20), 10), np.tile([0, 1], 100)
    seen = np.zeros(200, dtype=int)

    def fit(learned: np.ndarray, left: np.ndarray) -> np.ndarray:
        seen[left] += 1
        assert not set(groups[learned]) & set(groups[left])
        return np.full((left.sum(), 2), 0.5)

    suspect_labels(label, 2, fit, folds=4, seed=1, groups=groups)
    assert (seen == 1).all()


@pytest.mark.parametrize("label", [[], [0, 0, 0, 0, 1]])
def test_a_class_of_few_rows_is_an_error(label):
    with pytest.raises(InputError, match="fewer rows than there are folds"):
        suspect_labels(np.array(label, dtype=int), 2, lambda *_: np.zeros(0), folds=3, seed=1)
