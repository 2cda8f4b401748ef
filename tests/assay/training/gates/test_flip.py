"""The flip test counts exactly the rows whose prediction changes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from training_sets import loans, model_file, training_table, with_column

from assay.page import PageContext
from assay.statistics.intervals import wilson
from assay.training import fit, predict, split_rows
from assay.training.gates import judge_flip, measure_flip, render_flip
from assay.verdict import Outcome

SEEN = {
    "features": ["income", "debt", "sex"],
    "preprocessing": [{"step": "OneHotEncoder", "columns": ["sex"]}],
    "protected_features": {"sex": "to be tested"},
}


def _biased(strength):
    def repaid(table):
        random = np.random.default_rng(5)
        score = np.array(table["income"]) - np.array(table["debt"])
        score = score + strength * (np.array(table["sex"].to_pylist()) == "m")
        return np.where(score + 0.3 * random.logistic(size=len(score)) > 0, "yes", "no")

    return with_column(loans(), "repaid", repaid)


def _flipped(blocks, most=0.05, follows=None, **changes):
    flip = {"attributes": {"sex": {"follows": follows or {}}}, "max": most}
    model = model_file(**changes, gates={"flip": flip})
    table = training_table(model, blocks)
    split = split_rows(table, model)
    fitted, test = fit(model, table, split), table.only(split.test)
    found = measure_flip(fitted, test, model)
    return fitted, test, found, judge_flip(found, model)


def test_the_share_is_that_of_a_direct_count():
    fitted, test, (found,), verdict = _flipped(_biased(1.0), **SEEN)
    place = test.features.column_names.index("sex")
    other = ["f" if v == "m" else "m" for v in test.features.column("sex").to_pylist()]
    turned = test.features.set_column(place, "sex", pa.array(other))
    changed = predict(fitted, turned).prediction != predict(fitted, test.features).prediction
    assert found.share.value == changed.mean()
    assert (found.share.low, found.share.high) == pytest.approx(
        wilson(int(changed.sum()), test.rows, 0.05)
    )
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reasons[0].code == "prediction_flips"


def test_an_attribute_that_the_model_does_not_see_changes_nothing_and_that_is_said():
    _, _, (found,), verdict = _flipped(_biased(1.0))
    assert (found.seen, found.share.value, verdict.outcome) == (False, 0.0, Outcome.PASS)
    assert verdict.measurements[0].detail["seen"] is False


def test_what_follows_from_the_attribute_is_changed_with_it():
    def title(table):
        return ["Mr" if v == "m" else "Ms" for v in table.column("sex").to_pylist()]

    blocks = with_column(_biased(1.0), "title", title)
    changes = {
        "features": ["income", "debt", "title"],
        "preprocessing": [{"step": "OneHotEncoder", "columns": ["title"]}],
    }
    alone = _flipped(blocks, **changes)[2][0]
    followed = _flipped(blocks, follows={"title": {"m": "Mr", "f": "Ms"}}, **changes)[2][0]
    assert alone.share.value == 0
    assert followed.share.value > 0.05
    assert followed.seen


def test_an_interval_that_holds_the_limit_decides_nothing():
    _, _, (found,), _ = _flipped(_biased(1.0), **SEEN)
    verdict = _flipped(_biased(1.0), most=found.share.value, **SEEN)[3]
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.holds
    assert _flipped(_biased(1.0), most=0.9, **SEEN)[3].outcome is Outcome.PASS


def test_the_page_names_attributes_and_no_row():
    _, _, found, verdict = _flipped(_biased(1.0), **SEEN)
    page = render_flip(verdict, found, PageContext(subject="loans"))
    assert "prediction_flips" in page or "alone is changed" in page
    assert "sex" in page
