"""The same rows and the same file give the same model, and its bytes hold no pickle."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from training_sets import loans, model_file, training_table, with_column

from assay.errors import InputError
from assay.training import dump_model, fit, load_model_object, predict, split_rows

MODELS = {
    "linear": {},
    "boosted": {
        "preprocessing": [{"step": "OrdinalEncoder", "columns": ["town"]}],
        "estimator": {"name": "HistGradientBoostingClassifier",
                      "parameters": {"max_iter": 10, "max_leaf_nodes": 8}},
    },
    "forest": {"estimator": {"name": "RandomForestClassifier", "parameters": {"max_iter": None,
                             "n_estimators": 10}}},
    "neighbours": {"estimator": {"name": "KNeighborsClassifier", "parameters": {"max_iter": None}}},
    "calibrated": {"estimator": {"name": "CalibratedClassifierCV", "parameters": {"max_iter": None,
                   "estimator": {"name": "LinearSVC", "parameters": {"C": 0.5}}}}},
}  # fmt: skip


def _fitted(changes, rows=400):
    model = model_file(**changes)
    table = training_table(model, loans(rows=rows))
    split = split_rows(table, model)
    return table, split, fit(model, table, split)


@pytest.mark.parametrize("changes", MODELS.values(), ids=MODELS)
def test_a_model_is_the_same_twice_and_from_its_bytes(changes):
    table, _, one = _fitted(changes)
    data = dump_model(one)
    assert data == dump_model(_fitted(changes)[2])
    loaded = load_model_object(data)
    said, again = (predict(f, table.features) for f in (one, loaded))
    assert (said.prediction == again.prediction).all()
    assert (said.probability == again.probability).all()
    assert said.probability.shape == (table.rows,)
    assert all(e.date_time[0] == 1980 for e in zipfile.ZipFile(io.BytesIO(data)).infolist())


@pytest.mark.parametrize("name", ["boosted", "forest"])
@pytest.mark.parametrize("even", [False, True], ids=["", "two classes as likely"])
def test_the_predicted_class_is_the_estimators_own(name, even):
    table, _, fitted = _fitted(MODELS[name])
    rows = table.frame()
    last = fitted.estimator[-1]
    if even and name == "boosted":  # every leaf says nothing, and the start is even
        last._baseline_prediction[:] = 0
        for (tree,) in last._predictors:
            tree.nodes["value"] = 0
    elif even:
        for tree in last.estimators_:
            tree.tree_.value[:] = 0.5
    said = predict(fitted, table.features)
    assert (said.prediction == fitted.estimator.predict(rows)).all()
    assert (said.probability == 0.5).all() == even


def test_the_preprocessing_learns_from_training_rows_alone():
    changes = {"preprocessing": [{"step": "StandardScaler", "columns": ["income"]},
                                 {"step": "OneHotEncoder", "columns": ["town"]}]}  # fmt: skip
    table, split, fitted = _fitted(changes)
    scaler = fitted.estimator.named_steps["columns"].named_transformers_["part0"][0]
    income = np.array(table.features.column("income").to_pylist())
    assert scaler.mean_[0] == pytest.approx(income[split.train].mean(), abs=1e-12)
    assert scaler.mean_[0] != pytest.approx(income.mean(), abs=1e-12)


def test_columns_with_the_same_steps_go_through_them_together_and_in_order():
    changes = {"preprocessing": [
        {"step": "SimpleImputer", "columns": ["income", "debt"]},
        {"step": "StandardScaler", "columns": ["debt", "income"]},
        {"step": "OneHotEncoder", "columns": ["town"]},
    ]}  # fmt: skip
    _, _, fitted = _fitted(changes)
    (_, chain, columns), *_ = fitted.estimator.named_steps["columns"].transformers_
    assert columns == ["income", "debt"]
    assert [type(step).__name__ for _, step in chain.steps] == ["SimpleImputer", "StandardScaler"]


PROGRAM = """
import hashlib, sys
from assay.training import _threads, dump_model, predict
from test_fit import MODELS, _fitted
name, rows, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
_threads.idle_threads = lambda: threads
table, split, fitted = _fitted(MODELS[name], rows)
said = predict(fitted, table.features)
print(hashlib.sha256(dump_model(fitted) + said.probability.tobytes()).hexdigest())
"""


def _in_a_process(name: str, rows: int, threads: int) -> str:
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    here = Path(__file__).parent
    paths = [str(here), str(here.parents[1] / "support")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name, str(rows), str(threads)],
        env={**os.environ, **dict.fromkeys(variables, str(threads)),
             "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        pytest.param("boosted", 18_000, marks=pytest.mark.slow),
        ("linear", 2_000),
    ],
)
def test_one_thread_and_eight_give_the_same_bits(name, rows):
    """18 000 rows a batch are enough for gradient boosting to use threads."""
    one, eight = (_in_a_process(name, rows, threads) for threads in (1, 8))
    assert one == eight
    assert len(one) == len(hashlib.sha256().hexdigest())


def test_a_class_that_no_training_row_has_gets_no_probability():
    def labels(table):
        return ["rare" if i == 0 else "yes" if i % 2 else "no" for i in range(len(table))]

    blocks = with_column(loans(batches=2), "repaid", labels)
    first = with_column({"b": blocks["2024-01"]}, "repaid", lambda t: ["yes", "no"] * 200)
    model = model_file(split={"by": "time", "test_batches": 1, "test_share": None})
    table = training_table(model, blocks | {"2024-01": first["b"]})
    said = predict(fit(model, table, split_rows(table, model)), table.features)
    assert said.classes == ("no", "rare", "yes")
    assert said.probability.shape == (800, 3)
    assert (said.probability[:, 1] == 0).all()
    assert set(said.named) <= {"no", "yes"}


def test_rows_that_scikit_learn_refuses_are_explained_without_a_value():
    with pytest.raises(InputError, match="OneHotEncoder for text") as caught:
        _fitted({"preprocessing": []})
    assert "Ely" not in str(caught.value)


@pytest.mark.parametrize("method", ["grid", "random", "halving"])
def test_a_search_finds_the_better_parameter_and_says_which(method):
    search = {
        "method": method, "space": {"C": [1e-6, 1.0]}, "metric": "roc_auc", "folds": 3,
        "candidates": 2 if method == "random" else None,
    }  # fmt: skip
    changes = {"estimator": {"search": search}, "split": {"by": "group", "group": "person"}}
    _, _, fitted = _fitted(changes)
    assert set(fitted.best_params) == {"C"}
    assert fitted.best_params == _fitted(changes)[2].best_params


def test_a_number_is_predicted_as_one():
    model = model_file(
        label={"column": "rate", "kind": "number", "favourable": None},
        estimator={"name": "Ridge", "parameters": None},
    )
    table = training_table(model)
    said = predict(fit(model, table, split_rows(table, model)), table.features)
    assert said.probability is None
    assert said.prediction.dtype == np.float64


def test_a_model_with_a_foreign_part_is_not_loaded():
    import skops.io as skops
    from sklearn.preprocessing import FunctionTransformer

    harmful = skops.dumps({"format": "assay.model/1", "estimator": FunctionTransformer(os.system)})
    with pytest.raises(InputError, match="isn't trusted"):
        load_model_object(harmful)
    with pytest.raises(InputError, match="isn't a model"):
        load_model_object(b"PK\x03\x04")


@pytest.mark.parametrize(
    ("steps", "town", "income"),
    [
        ([], None, 1),
        ([("OneHotEncoder", {}, ["town"])], "levels", 1),
        ([("OneHotEncoder", {"drop": "first"}, ["town", "income"])], "levels - 1", "many"),
        ([("OrdinalEncoder", {}, ["town"]), ("StandardScaler", {}, ["town"])], 1, 1),
        (
            [("OrdinalEncoder", {}, ["town"]), ("PolynomialFeatures", {}, ["income", "age"])],
            1,
            None,
        ),
    ],
)
def test_the_columns_that_come_of_a_feature_are_counted(steps, town, income):
    changes = {"preprocessing": [{"step": s, "parameters": p, "columns": c} for s, p, c in steps],
               "estimator": MODELS["boosted"]["estimator"]}  # fmt: skip
    if not steps:
        changes["features"] = ["age", "income"]
    table, split, fitted = _fitted(changes)
    levels = len(set(table.only(split.train).features.column("town").to_pylist())) if steps else 0
    if town is None:
        assert "town" not in fitted.widths
    else:
        assert fitted.widths["town"] == {"levels": levels, "levels - 1": levels - 1}.get(town, town)
    if income == "many":
        assert fitted.widths["income"] > 50
    else:
        assert fitted.widths.get("income") == income
    learnt = table.only(split.train).frame()
    columns = fitted.estimator.named_steps["columns"].transform(learnt)
    known = set(fitted.widths) == set(fitted.features)
    assert not known or sum(fitted.widths.values()) == columns.shape[1]
