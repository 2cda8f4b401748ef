"""Label noise: on planted errors, and where there is nothing to say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from assay.errors import InputError
from assay.labelling.noise import (
    feature_table,
    find_suspects,
    out_of_fold_probabilities,
)

FIXED = settings(deadline=None, derandomize=True, max_examples=60)


def draw(rows: int, labels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    chance = random.dirichlet(np.full(labels, 0.5), size=rows)
    given_ = np.array([random.choice(labels, p=row) for row in chance], dtype=int)
    return given_, chance


@FIXED
@given(st.integers(1, 200), st.integers(2, 4), st.integers(0, 10**6))
def test_suspects_are_never_rows_whose_label_is_the_most_probable(rows, labels, seed):
    labelled, chance = draw(rows, labels, seed)
    group = np.arange(rows) % 2 == 0
    found = find_suspects(
        labelled, chance, classes=range(labels), alpha=0.05, groups={"even": group}
    )
    assert not (found.suspect & (chance.argmax(axis=1) == labelled)).any()
    assert (found.margin[found.suspect] > 0).all()
    assert found.share.value == pytest.approx(found.suspect.mean())
    assert found.by_group["even"].value == pytest.approx(found.suspect[group].mean())
    by_class = sum(e.n * (e.value or 0) for e in found.by_class.values())
    assert by_class == pytest.approx(found.suspect.sum())
    assert 0 <= found.estimated <= 1


@FIXED
@given(st.integers(0, 10**6))
def test_the_order_of_classes_doesnt_matter(seed):
    labelled, chance = draw(150, 3, seed)
    turned = np.array([2, 0, 1])
    found = find_suspects(labelled, chance, classes="abc", alpha=0.05)
    other = find_suspects(turned[labelled], chance[:, [1, 2, 0]], classes="bca", alpha=0.05)
    assert found.suspect.tolist() == other.suspect.tolist()


@pytest.mark.parametrize(("flipped", "precision", "recall"), [(0.02, 0.4, 0.7), (0.1, 0.8, 0.7)])
def test_flipped_digits_are_found(flipped, precision, recall):
    digits = load_digits(as_frame=True)
    truth = digits.target.to_numpy()
    random = np.random.default_rng(3)
    wrong = random.random(len(truth)) < flipped
    labelled = np.where(wrong, (truth + random.integers(1, 10, len(truth))) % 10, truth)
    chance = out_of_fold_probabilities(
        digits.data, labelled, folds=5, seed=1, model=KNeighborsClassifier(10)
    )
    suspect = find_suspects(labelled, chance, classes=range(10), alpha=0.05).suspect
    assert (suspect & wrong).sum() / suspect.sum() >= precision
    assert (suspect & wrong).sum() / wrong.sum() >= recall


def test_clean_labels_of_a_certain_model_have_no_suspect():
    labelled = np.tile([0, 1], 50)
    found = find_suspects(labelled, np.eye(2)[labelled], classes=["a", "b"], alpha=0.05)
    assert (found.share.value, found.share.low, found.estimated) == (0.0, 0.0, 0.0)
    assert found.share.high > 0


def test_no_row_is_predicted_by_a_model_that_learnt_from_it():
    """Labels at random: who remembers them would be right, who doesn't is at chance."""
    random = np.random.default_rng(1)
    features = pd.DataFrame({"x": random.normal(size=400), "c": pd.Categorical(["a", "b"] * 200)})
    labelled = random.integers(2, size=400)
    chance = out_of_fold_probabilities(features, labelled, folds=4, seed=1)
    assert abs((chance.argmax(axis=1) == labelled).mean() - 0.5) < 0.12
    with pytest.raises(InputError, match="too rare"):
        out_of_fold_probabilities(features, np.r_[2, labelled[1:]], folds=4, seed=1)


def test_features_are_numbers_and_levels():
    rows = pd.DataFrame({
        "n": [1, 2, None], "b": [True, False, True], "t": ["x", None, "y"],
        "d": pd.to_datetime(["2024-01-01"] * 3),
    })  # fmt: skip
    many = pd.DataFrame({"id": [f"r{i}" for i in range(300)], "n": range(300)})
    found, left_out = feature_table(rows)
    assert (list(found), left_out) == (["n", "b", "t"], ["d"])
    assert [str(t) for t in found.dtypes] == ["float64", "float64", "category"]
    assert feature_table(many)[1] == ["id"]


def test_missing_probabilities_are_refused():
    with pytest.raises(InputError, match="don't fit"):
        find_suspects(np.array([0]), np.array([[np.nan, 1.0]]), classes="ab", alpha=0.05)
