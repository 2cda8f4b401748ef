"""The training table holds the rows that the file says, in an order of their own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from training_sets import loans, model_file, training_table, with_column

from assay.errors import InputError, PolicyError
from assay.training import build_table


def _shuffled(blocks, seed):
    random = np.random.default_rng(seed)
    return {
        b: blocks[b].take(pa.array(random.permutation(len(blocks[b])))) for b in reversed(blocks)
    }


def test_the_order_in_which_rows_and_batches_are_given_never_matters():
    model = model_file(gates={"performance": {"slices": ["sex"]}})
    one, other = (build_table(b, {}, model) for b in (loans(), _shuffled(loans(), 7)))
    assert one.features.equals(other.features)
    assert one.watched.equals(other.watched)
    assert (one.label == other.label).all()
    keys = list(zip(one.batch, one.id, strict=True))
    assert keys == sorted(keys)


def test_a_label_is_an_expression_over_typed_values():
    model = model_file(label={"column": None, "expression": "income > 10", "favourable": True})
    rows = loans(batches=1)
    rows = with_column(rows, "income", lambda t: [9.0, 10.5, None] + [100.0] * (len(t) - 3))
    rows = with_column(rows, "__id", lambda t: range(len(t)))
    table = build_table(rows, {}, model)
    assert table.classes == ("false", "true")
    # As texts, 9 would be above 10 and 100 below it.
    assert table.label.tolist()[:3] == [0, 1, 1]
    assert table.unlabelled == 1
    assert table.rows == 399


def test_whole_numbers_and_texts_have_the_names_that_a_file_writes():
    blocks = with_column(loans(), "repaid", lambda t: [float(n % 3) for n in range(len(t))])
    table = build_table(blocks, {}, model_file(label={"favourable": 2}))
    assert table.classes == ("0", "1", "2")
    number = model_file(label={"favourable": None, "kind": "number"},
                        estimator={"name": "Ridge", "parameters": None})  # fmt: skip
    assert build_table(blocks, {}, number).classes == ()
    assert sorted(set(build_table(blocks, {}, number).label)) == [0.0, 1.0, 2.0]


def test_where_keeps_the_rows_that_it_says():
    table = training_table(model_file(data={"where": "town in ('Ely', 'Rye') and income > 0"}))
    assert set(table.features.column("town").to_pylist()) == {"Ely", "Rye"}
    assert min(table.features.column("income").to_pylist()) > 0


JOIN = {
    "data": {"joins": {"towns": {"by": {"town": "name"}, "columns": ["people"]}}},
    "known_from": {"asked": ["income", "town", "towns.people"]},
    "features": ["income", "towns.people"],
    "preprocessing": [],
}


def test_a_joined_column_is_found_by_its_key_and_missing_where_the_key_is():
    model = model_file(**JOIN)
    towns = pa.table({"name": ["Ely", "Rye", None], "people": [20_000, 5_000, 1]})
    table = build_table(loans(), {"towns": towns}, model)
    assert table.rows == 1600
    assert set(table.features.column("towns.people").to_pylist()) == {20_000, 5_000, None}


@pytest.mark.parametrize(
    ("joined", "said"),
    [
        ({}, "a joined data set isn't there"),
        ({"towns": pa.table({"name": ["Ely", "Ely"], "people": [1, 2]})}, "isn't unique"),
        ({"towns": pa.table({"name": ["Ely"], "folk": [1]})}, "no such column"),
    ],
)
def test_a_join_that_would_multiply_or_lose_rows_is_refused(joined, said):
    with pytest.raises(InputError, match=said):
        build_table(loans(), joined, model_file(**JOIN))


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"data": {"where": "income"}}, PolicyError, "no condition"),
        ({"data": {"where": "income > 99"}}, InputError, "fewer than two classes"),
        ({"label": {"favourable": "maybe"}}, InputError, "no row has the favourable class"),
        ({"label": {"column": "repayed"}}, InputError, "Did you mean 'repaid'"),
        ({"label": {"kind": "number", "favourable": None}}, InputError, "no number"),
    ],
)
def test_what_cannot_be_learned_is_said(changes, error, said):
    with pytest.raises(error, match=said):
        training_table(model_file(**changes))


def test_batches_of_different_types_are_refused():
    blocks = loans(batches=2)
    other = with_column({"b": blocks["2024-02"]}, "income", lambda t: ["x"] * len(t))
    with pytest.raises(InputError, match="different types"):
        training_table(model_file(), blocks | {"2024-02": other["b"]})


def test_a_moment_is_no_feature():
    blocks = with_column(loans(), "income", lambda t: pa.array([0] * len(t), pa.timestamp("s")))
    table = training_table(model_file(), blocks)
    with pytest.raises(InputError, match="a type that no model sees"):
        table.frame()
