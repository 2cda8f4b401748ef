"""Made rows of a class lie where its rows are, and help a model to find it."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.cli._main import run
from assay.errors import InputError
from assay.synthesis import code_table, describe_columns
from assay.synthesis.augment import Augmentation, _commonest, augment_rows, balanced

METHODS = ("noise", "smote", "mixup")


def rows(seed=1, common=400, rare=40):
    """Two classes: the rare one in a corner of its own, with a level of its own."""
    random = np.random.default_rng(seed)
    n = common + rare
    fraud = np.arange(n) >= common
    x = np.where(fraud, random.normal(3, 0.4, n), random.normal(0, 1, n))
    y = np.where(fraud, x + random.normal(0, 0.1, n), random.normal(0, 1, n))
    kind = np.where(fraud, random.choice(["a", "b"], n, p=[0.9, 0.1]), random.choice(["b", "c"], n))
    return pa.table({
        "x": pa.array(np.round(x, 3), mask=random.random(n) < 0.05), "y": np.round(y, 3),
        "kind": kind.tolist(), "fraud": fraud.tolist(),
    })  # fmt: skip


def coded(table):
    columns = describe_columns(table, table.column_names, least_number=1, most_levels=9)
    return code_table(table, columns)


@pytest.mark.parametrize("method", METHODS)
def test_made_rows_are_of_the_class_and_lie_among_its_rows(method):
    real = coded(rows())
    made = augment_rows(real, "fraud", balanced(real, "fraud"), Augmentation(method), seed=1)
    fraud = real.take(real.values["fraud"] == 1)
    assert len(made) == 360
    assert set(made.values["fraud"]) == {1}
    assert made.values["y"].min() > fraud.values["y"].min() - 0.5
    assert made.values["y"].max() <= fraud.values["y"].max() + 0.5
    assert np.mean(made.values["y"]) == pytest.approx(np.mean(fraud.values["y"]), abs=0.15)
    assert set(made.values["kind"]) <= set(fraud.values["kind"])
    assert np.isnan(made.values["x"]).mean() < 0.2
    again = augment_rows(real, "fraud", balanced(real, "fraud"), Augmentation(method), seed=1)
    assert all(
        np.array_equal(again.values[n], v, equal_nan=n == "x") for n, v in made.values.items()
    )


def test_smote_stays_on_the_line_between_a_row_and_one_of_its_nearest():
    """In two numbers, each made row is a convex combination of two rows that are neighbours."""
    table = rows().select(["y", "fraud"]).append_column("z", [rows().column("y").to_numpy() * 2])
    real = coded(table)
    made = augment_rows(real, "fraud", {1: 200}, Augmentation("smote", neighbours=3), seed=2)
    assert made.values["z"] == pytest.approx(2 * made.values["y"], abs=0.003)
    known = np.sort(real.values["y"][real.values["fraud"] == 1])
    place = np.searchsorted(known, made.values["y"] - 1e-9)
    inside = (place > 0) & (place < len(known))
    # No row is between two that aren't near each other: at most three lie on either side.
    assert inside.mean() > 0.9


def test_mixup_leaves_the_law_of_a_pair_of_numbers_linear():
    table = rows()
    real = coded(table.filter(table.column("x").is_valid()))
    made = augment_rows(real, "fraud", {1: 500}, Augmentation("mixup"), seed=3)
    gap = made.values["y"] - made.values["x"]
    assert np.abs(gap).max() < 0.5


def test_the_commonest_level_of_the_nearest_is_taken():
    assert _commonest(np.array([[2, 1, 1], [0, 1, 2], [3, 3, 1]])).tolist() == [1, 0, 3]


def test_more_rows_help_to_find_a_rare_class():
    from sklearn.linear_model import LogisticRegression

    train, test = coded(rows(seed=1, common=1500, rare=25)), rows(seed=9, common=2000, rare=400)
    made = augment_rows(train, "fraud", balanced(train, "fraud"), Augmentation("smote"), seed=1)
    truth = test.column("fraud").to_numpy(zero_copy_only=False)
    noise = np.random.default_rng(5).normal(0, 2.5, test.num_rows)

    def found(*parts):
        y = np.concatenate([p.values["y"] for p in parts])[:, None]
        label = np.concatenate([p.values["fraud"] for p in parts])
        said = (
            LogisticRegression()
            .fit(y, label)
            .predict(test.column("y").to_numpy()[:, None] + noise[:, None] * 0.3)
        )
        return said[truth].mean()

    assert found(train, made) > found(train) + 0.03


@pytest.mark.parametrize(
    ("label", "wanted", "said"),
    [("frud", {1: 5}, "Did you mean 'fraud'"), ("fraud", {1: 5}, "at least 2")],
)
def test_what_cannot_be_made_is_said(label, wanted, said):
    with pytest.raises(InputError, match=said):
        augment_rows(coded(rows(rare=1)), label, wanted, Augmentation("smote"), seed=1)


def test_the_command_writes_made_rows_that_say_so(tmp_path, capsys):
    data, out = tmp_path / "train.parquet", tmp_path / "more.parquet"
    table = rows()
    pq.write_table(table.append_column("id", [np.arange(table.num_rows)]), data)
    code = run(["augment", str(data), "--label", "fraud", "--without", "id", "--out", str(out),
                "--json"])  # fmt: skip
    said = json.loads(capsys.readouterr().out)
    made = pq.read_table(out)
    assert code == 0
    assert said["made"] == {"True": 360}
    assert made.column_names == ["x", "y", "kind", "fraud", "__synthetic"]
    assert set(made.column("__synthetic").to_pylist()) == {True}
