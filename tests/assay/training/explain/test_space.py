"""Codes, distances and classes of candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from assay.training.explain import describe_features
from assay.training.explain._choice import choose_rows
from assay.training.explain._space import make_space, margins


def test_codes_become_the_same_table_again() -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([3, 1, None], dtype="Int64"),
            "x": [0.5, np.nan, -1.0],
            "flag": [True, False, True],
            "kind": pd.Categorical(["b", "a", "b"], categories=["b", "a", "c"]),
            "name": ["u", "v", "u"],
        }
    )
    space, codes = make_space(describe_features(table, actionable=[]), table, table.iloc[[2, 0]])
    pd.testing.assert_frame_equal(space.table(space.released), table)
    pd.testing.assert_frame_equal(space.table(codes), table.iloc[[2, 0]].reset_index(drop=True))


def test_distances_are_gowers() -> None:
    table = pd.DataFrame({"x": [0.0, 10.0, np.nan, 5.0], "k": ["a", "b", "a", None]})
    space, rows = make_space(describe_features(table, actionable=[]), table, table)
    expected = [
        [0.0, 1.0, 0.5, 0.75],
        [1.0, 0.0, 1.0, 0.75],
        [0.5, 1.0, 0.0, 1.0],
        [0.75, 0.75, 1.0, 0.0],
    ]
    np.testing.assert_allclose(space.distances(rows, rows), expected)
    np.testing.assert_allclose(space.gower(rows, rows[::-1]), np.diag(np.fliplr(expected)))


@given(
    st.integers(2, 4).flatmap(
        lambda k: st.lists(
            st.lists(st.sampled_from([0.0, 0.25, 0.5]), min_size=k, max_size=k), min_size=1
        )
    ),
    st.data(),
)
def test_a_flip_is_what_predict_says(scores: list[list[float]], data: Any) -> None:
    """Ties go to the first class, as ``argmax`` has it."""
    table = np.array(scores)
    k = table.shape[1]
    own = np.array(
        data.draw(st.lists(st.integers(0, k - 1), min_size=len(table), max_size=len(table)))
    )
    predicted = table.argmax(axis=1)
    np.testing.assert_array_equal(margins(table, own, None) > 0, predicted != own)
    target = data.draw(st.integers(0, k - 1))
    np.testing.assert_array_equal(margins(table, own, target) > 0, predicted == target)


def test_by_turns_the_least_certain_and_the_misclassified() -> None:
    probability = np.array([0.99, 0.51, 0.02, 0.97, 0.45, 0.6])
    truth = np.array([1, 1, 1, 0, 0, 1])
    assert choose_rows(probability, truth, 4).tolist() == [1, 2, 4, 3]
    assert choose_rows(probability, truth, 99).tolist() == [1, 2, 4, 3, 5, 0]
    assert choose_rows(probability[:0], truth[:0], 3).tolist() == []


@given(st.integers(0, 2**32 - 1))
def test_the_nearest_other_row_is_the_nearest_of_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(2, 40))
    table = pd.DataFrame({
        "x": random.choice([0.0, 1.0, 2.5, np.nan], n), "y": random.normal(size=n).round(1),
        "k": random.choice(["a", "b", None], n), "m": random.choice(["u", "v"], n),
    })  # fmt: skip
    space, _ = make_space(describe_features(table, actionable=[]), table, table)
    whole = space.distances(space.released, space.released)
    np.fill_diagonal(whole, np.inf)
    found = [space.nearest_other(row) for row in range(n)]
    np.testing.assert_allclose(found, whole.min(axis=1), atol=1e-6)


def test_which_rows_may_be_asked_for() -> None:
    probability, truth = np.array([0.99, 0.51, 0.02, 0.97]), np.array([1, 1, 1, 0])
    assert choose_rows(probability, truth, 2, which=["misclassified"]).tolist() == [2, 3]
    assert choose_rows(probability, truth, 2, which=["least_certain"]).tolist() == [1, 3]
