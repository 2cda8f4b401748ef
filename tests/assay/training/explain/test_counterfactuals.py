"""Counterfactuals are valid, allowed, plausible, the fewest changes, and those the nearest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from assay.errors import InputError, PolicyError
from assay.training.explain import InSteps, describe_features, find_counterfactuals
from assay.training.explain import _exhaustive as exhaustive
from assay.training.explain._features import Feature

Row = tuple[Any, ...]


def plain_distance(features: tuple[Feature, ...], table: pd.DataFrame) -> Callable[..., float]:
    """Gower's distance, feature by feature and row by row."""
    ranges = {
        f.name: table[f.name].max() - table[f.name].min() for f in features if f.kind == "number"
    }

    def distance(one: Row, other: Row) -> float:
        parts = []
        for feature, a, b in zip(features, one, other, strict=True):
            if feature.kind == "level":
                parts.append(float(a != b))
            else:
                parts.append(min(abs(a - b) / (ranges[feature.name] or 1.0), 1.0))
        return sum(parts) / len(parts)

    return distance


def neighbour_bound(rows: list[Row], distance: Callable[..., float], quantile: float) -> float:
    """The quantile of real rows' distances to their nearest other row."""
    nearest = sorted(
        min(distance(row, other) for j, other in enumerate(rows) if j != i)
        for i, row in enumerate(rows)
    )
    return nearest[math.ceil(quantile * (len(nearest) - 1) - 1e-12)] + 1e-6


def possible(features: tuple[Feature, ...], table: pd.DataFrame, row: Row) -> Iterator[Row]:
    """Each row that the features allow, by itertools alone."""
    values = []
    for feature, now in zip(features, row, strict=True):
        options = [now]
        for value in sorted(set(table[feature.name])) if feature.actionable else ():
            up = feature.direction is None or (value > now) == (feature.direction == "rises")
            if value != now and feature.allows(value) and up:
                options.append(value)
        values.append(options)
    yield from itertools.product(*values)


@st.composite
def problems(draw: Any) -> tuple[tuple[Feature, ...], pd.DataFrame, int]:
    """Small grids of numbers and levels, with constraints, and the seed of a model of any shape."""
    features, columns = [], {}
    rows = draw(st.integers(4, 12))
    for i in range(draw(st.integers(2, 4))):
        kind = draw(st.sampled_from(["number", "level"]))
        direction = draw(st.sampled_from([None, "rises", "falls"])) if kind == "number" else None
        low = draw(st.sampled_from([None, 1.0])) if kind == "number" else None
        levels = draw(st.sampled_from([None, ("a", "b")])) if kind == "level" else None
        actionable = draw(st.sampled_from([True, True, False]))
        features.append(Feature(f"f{i}", kind, actionable, low, None, levels, direction))
        pool = [0.0, 1.0, 2.0, 5.0] if kind == "number" else ["a", "b", "c"]
        columns[f"f{i}"] = draw(st.lists(st.sampled_from(pool), min_size=rows, max_size=rows))
    return tuple(features), pd.DataFrame(columns), draw(st.integers(0, 2**32 - 1))


def odd_model(table: pd.DataFrame, seed: int) -> Callable[[Any], np.ndarray]:
    """A model without any structure: each row of values has a probability of its own."""

    def probability(row: Row) -> float:
        return float(np.random.default_rng(abs(hash((seed, row)))).beta(0.6, 1.2))

    def predict(rows: pd.DataFrame) -> np.ndarray:
        codes = (
            tuple(int(np.flatnonzero(np.unique(table[c]) == v)[0]) for c, v in row.items())
            for _, row in rows.iterrows()
        )
        return np.array([probability(code) for code in codes])

    return predict


@settings(max_examples=40, deadline=None)
@given(problems(), st.sampled_from([0.5, 0.9, 0.99]))
def test_the_first_is_the_optimum_of_all_allowed_rows(problem: Any, quantile: float) -> None:
    features, table, seed = problem
    predict = odd_model(table, seed)
    found = find_counterfactuals(
        predict, table, table, features, each=3, plausible=quantile, seed=1
    )
    distance = plain_distance(features, table)
    real = list(table.itertuples(index=False, name=None))
    bound = neighbour_bound(real, distance, quantile)
    assert found.bound == pytest.approx(bound, abs=2e-6)
    proposed = found.table()
    for at, row in enumerate(real):
        own = predict(table.iloc[[at]])[0] > 0.5
        best = []
        for other in possible(features, table, row):
            one = pd.DataFrame([other], columns=table.columns)
            if (predict(one)[0] > 0.5) != own:
                near = min(distance(other, r) for r in real)
                if near <= bound:
                    changes = sum(a != b for a, b in zip(row, other, strict=True))
                    best.append((changes, distance(row, other)))
        flips = found.flips[at]
        assert bool(flips) == bool(best)
        if flips:
            assert (flips[0].changes, flips[0].distance) == pytest.approx(min(best), abs=1e-5)
            mine = proposed[proposed["row"] == at].drop(columns="row")
            rows = set(possible(features, table, row))
            assert all(r in rows for r in mine.itertuples(index=False, name=None))
            assert ((predict(mine) > 0.5) != own).all()


@settings(max_examples=25, deadline=None)
@given(problems())
def test_towards_real_rows_each_flip_is_valid_and_needs_all_its_changes(problem: Any) -> None:
    """What a large space falls back on, made to work on a small one."""
    features, table, seed = problem
    predict = odd_model(table, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exhaustive, "CANDIDATES", 0)
        found = find_counterfactuals(
            predict, table, table, features, each=2, plausible=0.99, seed=1
        )
    space = found.space
    for row, own, flips in zip(found.rows, found.own, found.flips, strict=True):
        for flip in flips:
            assert int(predict(space.table(flip.codes[None]))[0] > 0.5) != own
            assert flip.neighbour <= found.bound
            changed = np.flatnonzero(flip.codes != row)
            assert all(features[j].actionable for j in changed)
            if len(changed) > 1:
                back = np.repeat(flip.codes[None], len(changed), axis=0)
                back[np.arange(len(changed)), changed] = row[changed]
                assert ((predict(space.table(back)) > 0.5) == own).all()


def linear(weights: np.ndarray, intercept: float) -> Callable[[Any], np.ndarray]:
    def predict(rows: Any) -> np.ndarray:
        return 1 / (1 + np.exp(-(rows.to_numpy(dtype=float) @ weights + intercept)))

    return predict


def test_of_an_additive_model_many_changes_are_the_optimum_too() -> None:
    random = np.random.default_rng(3)
    values = random.integers(0, 5, size=(300, 7)).astype(float)
    table = pd.DataFrame(values, columns=list("abcdefg"))
    features = describe_features(table, actionable=list("abcdefg"))
    weights = np.array([1.0, 0.9, 1.1, 0.7, 0.8, 0.95, 0.6])
    predict = linear(weights, -19.0)
    low = table[table.sum(axis=1) <= 8].head(4)
    found = find_counterfactuals(predict, low, table, features, each=1, plausible=0.999, seed=1)
    grid = np.stack(np.meshgrid(*[np.arange(5.0)] * 7, indexing="ij"), axis=-1).reshape(-1, 7)
    grid = grid[predict(pd.DataFrame(grid)) > 0.5]
    solved = 0
    for row, flips in zip(low.to_numpy(), found.flips, strict=True):
        changes = (grid != row).sum(axis=1)
        distances = (np.abs(grid - row) / 4).mean(axis=1)
        order = np.lexsort((distances, changes))
        best = next(
            i for i in order if (np.abs(values - grid[i]) / 4).mean(axis=1).min() <= found.bound
        )
        assert flips[0].changes == changes[best]
        assert flips[0].distance == pytest.approx(distances[best], abs=1e-5)
        solved += changes[best] > 3
    assert solved


def test_a_number_with_many_values_changes_no_more_than_it_must() -> None:
    values = np.random.default_rng(5).permutation(5_000) / 1_000
    table = pd.DataFrame({"x": values, "y": ["a", "b"] * 2_500})
    features = describe_features(table, actionable=["x"])
    rows = table[table["x"] < 2.4].head(20)
    found = find_counterfactuals(
        lambda t: (t["x"] > 2.637).to_numpy(float), rows, table, features,
        each=1, plausible=0.999, seed=1,
    )  # fmt: skip
    nearest = table.loc[table["x"] > 2.637, "x"].min()
    assert len(found.table()) == 20
    assert set(found.table()["x"]) == {nearest}


def test_no_ones_changes_hold_anothers_and_missing_values_are_not_proposed() -> None:
    random = np.random.default_rng(6)
    table = pd.DataFrame(
        {
            "job": random.choice(["a", "b", "c", None], 400),
            "hours": random.choice([20.0, 30.0, 40.0, 60.0, np.nan], 400),
            "age": random.integers(20, 60, 400),
        }
    )
    features = describe_features(
        table, actionable=["job", "hours", "age"], directions={"age": "rises"}
    )

    def predict(rows: Any) -> np.ndarray:
        hours = rows["hours"].fillna(90).to_numpy()
        high = rows["job"].isna() | (rows["job"] == "c")
        late = 0.04 + 0.006 * hours + 0.33 * high.to_numpy() + 0.002 * rows["age"]
        return np.column_stack([1 - late, late])

    rows = table[predict(table)[:, 1] < 0.5].head(30)
    found = find_counterfactuals(predict, rows, table, features, each=4, plausible=0.99, seed=1)
    proposed = found.table()
    assert max(len(flips) for flips in found.flips) > 1
    for at, (_, row) in enumerate(rows.iterrows()):
        mine = proposed[proposed["row"] == at]
        changed = [
            {
                (c, one[c] if c == "job" else None)
                for c in table
                if one[c] != row[c] and not (pd.isna(one[c]) and pd.isna(row[c]))
            }
            for _, one in mine.iterrows()
        ]
        for i, j in itertools.permutations(range(len(changed)), 2):
            assert not changed[i] <= changed[j]
        for change, (_, one) in zip(changed, mine.iterrows(), strict=True):
            assert one["age"] >= row["age"]
            assert not any(pd.isna(one[c]) for c, _ in change)
    again = find_counterfactuals(predict, rows, table, features, each=4, plausible=0.99, seed=1)
    pd.testing.assert_frame_equal(again.table(), proposed)


def test_a_class_may_be_asked_for() -> None:
    table = pd.DataFrame({"x": np.arange(30.0)})
    features = describe_features(table, actionable=["x"])

    def predict(rows: Any) -> np.ndarray:
        third = np.minimum(rows["x"].to_numpy() // 10, 2).astype(int)
        return np.eye(3)[third]

    found = find_counterfactuals(
        predict, table.iloc[[5]], table, features, each=1, plausible=0.99, seed=1, target=2
    )
    assert found.table()["x"].tolist() == [20.0]


def test_columns_must_be_the_features() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]})
    features = describe_features(table, actionable=["x"])
    with pytest.raises(InputError, match="aren't the described features"):
        find_counterfactuals(len, table[["y", "x"]], table, features, each=1, plausible=0.9, seed=1)
    with pytest.raises(InputError, match="no released row"):
        find_counterfactuals(len, table, table.head(0), features, each=1, plausible=0.9, seed=1)


def test_a_description_names_what_does_not_exist() -> None:
    table = pd.DataFrame({"hours": [1.0, 2.0], "job": ["a", "b"]})
    with pytest.raises(PolicyError, match="Did you mean 'hours'") as error:
        describe_features(table, actionable=["huors"], directions={"job": "rises"})
    assert "levels without an order have no direction" in str(error.value)


def _made(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(seed)
    table = pd.DataFrame({
        "pay": random.normal(size=400).round(2), "age": random.integers(20, 60, 400) * 1.0,
        "town": random.choice(["Ely", "Rye", "Ware"], 400).astype(object),
        "level": random.choice(["2", "10", "7"], 400).astype(object),
    })  # fmt: skip
    score = table["pay"] + (table["town"] == "Rye") + 0.02 * table["age"] - 1.0
    return table, (score + random.logistic(size=400) * 0.3 > 0).to_numpy().astype(int)


@pytest.mark.parametrize("together", [False, True])
def test_looked_up_candidates_give_the_same_as_prepared_ones(together: bool) -> None:
    """Also where preprocessing mixes columns, so that nothing can be looked up."""
    table, label = _made(2)
    encoder = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["town", "level"]),
        (PCA() if together else StandardScaler(), ["pay", "age"]),
    )
    model = make_pipeline(encoder, HistGradientBoostingClassifier(max_iter=20, random_state=0)).fit(
        table, label
    )
    features = describe_features(table, actionable=["pay", "town", "level"])
    asked: dict[str, Any] = {"each": 3, "plausible": 0.99, "seed": 1}
    plain = find_counterfactuals(
        model.predict_proba, table.head(15), table, features, **asked
    ).table()
    steps = InSteps(model[:-1].transform, model[-1].predict_proba)
    pd.testing.assert_frame_equal(
        find_counterfactuals(steps, table.head(15), table, features, **asked).table(), plain
    )
    assert len(plain) > 5


def test_levels_rise_in_the_order_of_their_list() -> None:
    table, _ = _made(4)
    order = ("2", "7", "10")
    features = describe_features(
        table, actionable=["level"], directions={"level": "rises"}, levels={"level": order}
    )
    found = find_counterfactuals(
        lambda t: (t["level"] == "7").to_numpy(float), table, table, features, each=3,
        plausible=0.999, seed=1,
    )  # fmt: skip
    proposed = found.table()
    was = table["level"].to_numpy()[proposed["row"]]
    assert len(proposed)
    assert all(
        order.index(to) > order.index(now) for now, to in zip(was, proposed["level"], strict=True)
    )
