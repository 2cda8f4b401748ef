"""Permutation importance and partial dependence are scikit-learn's; intervals cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from assay.errors import InputError
from assay.training.explain import describe_features
from assay.training.explain._dependence import measure_dependence
from assay.training.explain._importance import measure_importance


@pytest.fixture(scope="module")
def fitted() -> tuple[Any, pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "x": random.normal(size=600),
            "y": random.normal(size=600),
            "k": random.choice(["a", "b", "c"], 600),
        }
    )
    score = table["x"] + (table["k"] == "b") + 0.5 * random.normal(size=600)
    label = (score > 0.3).astype(int).to_numpy()
    encoder = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["k"]), remainder="passthrough"
    )
    model = make_pipeline(encoder, HistGradientBoostingClassifier(max_iter=30, random_state=0))
    return model.fit(table, label), table, label


@pytest.mark.parametrize(
    ("loss", "scoring"), [("error", "accuracy"), ("log_loss", "neg_log_loss"),
                          ("brier", "neg_brier_score")],
)  # fmt: skip
def test_means_are_scikit_learns(fitted: Any, loss: str, scoring: str) -> None:
    model, table, label = fitted
    found = measure_importance(
        model.predict_proba, table, label, loss=loss, repeats=4, alpha=0.05, seed=7
    )
    theirs = permutation_importance(
        model, table, label, scoring=scoring, n_repeats=4, random_state=7
    )
    for one in found:
        column = list(table).index(one.feature)
        np.testing.assert_allclose(one.repeats, theirs.importances[column], atol=1e-12)
        assert one.increase.value == pytest.approx(theirs.importances_mean[column], abs=1e-12)
    assert {found[0].feature, found[1].feature} == {"x", "k"}


def test_columns_that_belong_together_are_shuffled_together(fitted: Any) -> None:
    model, table, label = fitted
    found = measure_importance(
        model.predict_proba, table, label, loss="error", repeats=2, alpha=0.05, seed=7,
        together={"both": ["x", "k"]},
    )  # fmt: skip
    assert [one.feature for one in found] == ["both", "y"]
    alone = measure_importance(
        model.predict_proba, table, label, loss="error", repeats=2, alpha=0.05, seed=7
    )
    assert found[0].increase.value > alone[0].increase.value
    with pytest.raises(InputError, match="no such loss"):
        measure_importance(len, table, label, loss="eror", repeats=1, alpha=0.05, seed=7)


def test_the_interval_covers_the_known_importance() -> None:
    """Shuffling x of a model x raises the squared error by twice the variance of x."""
    covered, runs = 0, 200
    for seed in range(runs):
        random = np.random.default_rng(seed)
        table = pd.DataFrame({"x": random.normal(size=200)})
        truth = table["x"].to_numpy() + random.normal(size=200)
        found = measure_importance(
            lambda t: t["x"].to_numpy(), table, truth, loss="squared_error", repeats=5,
            alpha=0.05, seed=seed,
        )[0].increase  # fmt: skip
        covered += found.low <= 2 <= found.high
    assert 0.91 <= covered / runs <= 0.99


def test_dependence_is_scikit_learns(fitted: Any) -> None:
    model, table, _ = fitted
    features = describe_features(table, actionable=[])
    x, k = measure_dependence(model.predict_proba, table, features, ["x", "k"], alpha=0.05)
    ranked = np.sort(table["x"])[np.linspace(0, 599, 20).round().astype(int)]
    for found, name, grid in ((x, "x", ranked), (k, "k", np.array(["a", "b", "c"]))):
        theirs = partial_dependence(
            model, table, [name], custom_values={name: grid}, method="brute",
            response_method="predict_proba", categorical_features=["k"],
        )  # fmt: skip
        means = [point.mean.value for point in found.points]
        np.testing.assert_allclose(means, theirs["average"][0], atol=1e-12)
        assert all(p.mean.low < p.mean.value < p.mean.high for p in found.points)
    assert [p.at for p in k.points] == ["a", "b", "c"]


def test_of_a_classified_feature_no_value_is_shown(fitted: Any) -> None:
    model, table, _ = fitted
    features = describe_features(table, actionable=[], classified=["x", "k"])
    x, k = measure_dependence(model.predict_proba, table, features, ["x", "k"], alpha=0.05)
    assert k.points == ()
    assert all(point.at.endswith("spreads") for point in x.points)


def test_a_number_is_predicted_too() -> None:
    random = np.random.default_rng(2)
    table = pd.DataFrame(
        {"n": random.integers(0, 5, 300).astype(float), "y": random.normal(size=300)}
    )
    model = HistGradientBoostingRegressor(max_iter=20).fit(table, table["n"] * 2.0)
    features = describe_features(table, actionable=[])
    found = measure_dependence(model.predict, table, features, ["n"], alpha=0.05)[0]
    theirs = partial_dependence(
        model, table, ["n"], custom_values={"n": np.arange(5.0)}, method="brute"
    )
    np.testing.assert_allclose([p.mean.value for p in found.points], theirs["average"][0])
    assert [p.at for p in found.points] == ["0", "1", "2", "3", "4"]


def test_a_feature_that_the_model_does_not_see_has_no_importance_at_all(fitted: Any) -> None:
    model, table, label = fitted
    found = measure_importance(
        model.predict_proba, table.assign(unseen=range(len(table))), label, loss="log_loss",
        repeats=3, alpha=0.05, seed=1,
    )  # fmt: skip
    unseen = next(one.increase for one in found if one.feature == "unseen")
    assert unseen.value == pytest.approx(0, abs=1e-12)
    assert max(abs(unseen.low or 0), abs(unseen.high or 0)) < 1e-12
