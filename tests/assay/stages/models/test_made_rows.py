"""Made rows beside real ones: as many as asked for, of training rows alone, never tested on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from training_sets import loans, model_file, training_table

from assay.errors import InputError
from assay.stages import models
from assay.stages.models._made_rows import enlarging, learned_rows, levelled
from assay.stages.models._objects import load_record
from assay.training import dump_model, fit, split_rows

METHODS = ("smote", "mixup", "noise", "copula")


def asking(method: str = "smote", share: float = 0.25, **changes: Any) -> Any:
    synthetic = {"method": method, "share": share, "rationale": "A test."}
    return model_file(synthetic=synthetic, **changes)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any), st.integers(0, 200))
def test_the_smallest_classes_become_as_large_as_they_can(counts: list[int], number: int) -> None:
    given_ = levelled(np.array(counts), number)
    after = np.array(counts) + given_
    assert given_.sum() == number
    assert (given_ >= 0).all()
    assert (given_[np.array(counts) == 0] == 0).all()
    # A class that got a row is at most one larger than every other.
    there = after[np.array(counts) > 0]
    assert all(after[i] - there.min() <= 1 for i in np.flatnonzero(given_))


@pytest.mark.parametrize("method", METHODS)
def test_made_rows_have_their_share_and_look_like_real_ones(method: str) -> None:
    model = asking(method)
    real = training_table(model, loans(rows=200))
    table = learned_rows(model, real)
    made = table.rows - real.rows
    assert made / table.rows == pytest.approx(0.25, abs=0.001)
    assert table.features.schema == real.features.schema
    assert set(table.features.column("town").to_pylist()) == {"Ely", "Rye", "Ware"}
    for name in ("income", "debt", "age"):
        values = real.features.column(name).to_numpy()
        new = table.features.column(name).to_numpy()[real.rows :]
        assert new.min() >= values.min()
        assert new.max() <= values.max()
    assert (table.batch[real.rows :] == "").all()
    assert len(np.unique(table.id[real.rows :])) == made
    assert learned_rows(model, real).features == table.features
    assert learned_rows(model_file(), real) is real


def test_the_rarer_class_gets_the_rows() -> None:
    model = asking(share=0.2)
    real = training_table(model, loans(rows=200))
    rare = real.only(~((real.label == 1) & (np.arange(real.rows) % 4 > 0)))
    before, after = (np.bincount(t.label) for t in (rare, learned_rows(model, rare)))
    assert before[1] < before[0] / 2
    assert after[0] == before[0]
    assert after[1] > before[1]


@pytest.mark.parametrize("method", METHODS)
def test_no_made_row_knows_a_test_row(method: str) -> None:
    """Other values in the test rows leave the model as it is, bit for bit."""
    model = asking(method)
    table = training_table(model, loans(rows=200))
    split = split_rows(table, model)
    income = table.features.column("income").to_numpy().copy()
    income[split.test] += 50
    place = table.features.column_names.index("income")
    other = replace(
        table,
        features=table.features.set_column(place, "income", [income]),
        label=np.where(split.test, 1 - table.label, table.label),
    )
    one, two = (dump_model(fit(model, t, split, enlarging(model))) for t in (table, other))
    assert one == two
    assert one != dump_model(fit(model, table, split))


def test_a_search_sees_real_rows_alone() -> None:
    search = {"method": "grid", "metric": "roc_auc", "folds": 3, "space": {"C": [0.01, 1.0]}}
    estimator = {"estimator": {"search": search}}
    plain, model = model_file(**estimator), asking(**estimator)
    table = training_table(model, loans(rows=200))
    split = split_rows(table, model)
    found = fit(model, table, split, enlarging(model))
    assert found.best_params == fit(plain, table, split).best_params
    assert found.estimator[-1].get_params()["C"] == found.best_params["C"]


def test_what_no_row_can_be_made_of_is_refused_with_the_feature() -> None:
    model = asking()
    table = training_table(model, loans(rows=400))
    names = [f"t{place}" for place in range(table.rows)]
    place = table.features.column_names.index("town")
    table = replace(table, features=table.features.set_column(place, "town", [names]))
    with pytest.raises(InputError, match=r"town: nothing can be learned.*Leave the feature out"):
        learned_rows(model, table)


def test_the_file_says_method_share_and_why() -> None:
    assert model_file().hash == model_file(synthetic=None).hash
    assert asking().hash != model_file().hash
    with pytest.raises(ValidationError, match="rationale"):
        model_file(synthetic={"method": "smote", "share": 0.2})
    with pytest.raises(ValidationError, match="need a class as label"):
        asking(label={"column": "rate", "kind": "number", "favourable": None})


def test_a_training_run_says_how_many_rows_were_made_and_is_reproduced(
    home: Any, model: Any
) -> None:
    plain = model.train_model(home)
    synthetic = {"method": "smote", "share": 0.2, "rationale": "A test."}
    model.write_model(home.project, synthetic=synthetic)
    run = model.train_model(home, "with made rows")

    assert run.version != plain.version
    said = " ".join(run.done["fit"].messages)
    version = run.done["promote"].version
    found = models.find_version(home.services, version)
    record = load_record(home.services, found)
    assert record.rows_train == 3 * record.rows_test  # real rows alone
    assert record.parameters["synthetic"] == "smote"
    assert record.parameters["synthetic_rows"] == record.rows_train // 4
    assert f"{record.rows_train // 4:,} made of them (smote)" in said
    again = models.reproduce(home.services, version)
    assert [c.what for c in again.comparisons if not c.same] == []
