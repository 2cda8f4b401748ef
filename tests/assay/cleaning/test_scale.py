from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from assay.cleaning import clean, fit, judge_cleaning, load_transformer, scale
from assay.cleaning._scaler import render_scaler
from assay.engine import Session
from assay.errors import InputError

_FRAME = pd.DataFrame({
    "b": np.random.default_rng(2).normal(50, 9, 200),
    "a": np.random.default_rng(3).exponential(3, 200),
})  # fmt: skip


def _step(method: str, **more: Any) -> dict[str, Any]:
    return {"step": "scale", "columns": ["b", "a"], "method": method, **more}


@pytest.mark.parametrize(
    ("method", "theirs"), [("standardise", StandardScaler()), ("normalise", MinMaxScaler())]
)
def test_the_artefact_is_scikit_learns_scaler(
    session: Session, table: Any, policy: Any, tmp_path: Path, method: str, theirs: Any
) -> None:
    t, p = table({"b": _FRAME["b"], "a": _FRAME["a"]}), policy(_step(method, output="derived"))
    state = fit(session, t, p)
    text = render_scaler(state)
    assert text is not None
    path = tmp_path / "scaler.json"
    path.write_text(text)
    ours = load_transformer(path)
    expected = theirs.fit_transform(_FRAME[["a", "b"]])
    assert np.abs(ours.transform(_FRAME) - expected).max() < 1e-9
    assert np.abs(ours.inverse_transform(ours.transform(_FRAME)) - _FRAME[["a", "b"]]).max(
        axis=None
    ) < 1e-9  # fmt: skip
    piped = make_pipeline(FunctionTransformer(), clone(ours)).fit(_FRAME).transform(_FRAME)
    assert np.array_equal(piped, ours.transform(_FRAME))
    assert list(ours.get_feature_names_out()) == ["a", "b"]
    done = clean(session, t, p, state)
    assert done.table.to_pyarrow().equals(t.to_pyarrow())
    scaled = scale(done.table, done.scaler).order_by("__row").to_pandas()[["a", "b"]]
    assert np.abs(scaled - expected).max(axis=None) < 1e-9


@pytest.mark.parametrize("fitted_on", ["batch", "moving"])
def test_without_a_pinned_reference_nothing_is_scaled(
    session: Session, table: Any, policy: Any, fitted_on: Any
) -> None:
    t, p = table({"b": [1.0, 2.0], "a": [1.0, 2.0]}), policy(_step("normalise", output="derived"))
    state = fit(session, t, p, fitted_on=fitted_on)
    done = clean(session, t, p, state)
    assert render_scaler(state) is None
    assert done.scaler is None
    assert done.report.fitted_on == fitted_on
    verdict = judge_cleaning(done.report, p)
    assert verdict.outcome == "WARN"
    assert {r.code for r in verdict.reasons} == {"cleaning_scaling_refused"}


def test_no_spread_scales_by_one_and_says_so(session: Session, table: Any, policy: Any) -> None:
    t, p = table({"b": [5.0, 5.0], "a": [1.0, 2.0]}), policy(_step("standardise"))
    state = fit(session, t, p)
    assert state.steps[0].columns["b"].values == {"center": 5.0, "scale": 1.0}
    verdict = judge_cleaning(clean(session, t, p, state).report, p)
    assert [(r.code, r.column) for r in verdict.reasons] == [("cleaning_spread_zero", "b")]
    assert "(scale) only centred b: no spread" in verdict.reasons[0].message


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": "other"}'])
def test_what_is_no_scaler_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scaler.json"
    path.write_text(text)
    with pytest.raises(InputError, match="isn't a scaler"):
        load_transformer(path)
