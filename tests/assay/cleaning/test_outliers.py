from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.ensemble import IsolationForest

from assay.cleaning import clean, fit, judge_cleaning
from assay.cleaning._fitted_state import ColumnFit, StepFit
from assay.cleaning._marked_table import MarkedTable
from assay.cleaning._sklearn import average_path_length, grow_forest
from assay.cleaning.steps._isolation_forest import score_rows
from assay.cleaning.steps._outlier_bounds import is_within
from assay.cleaning.steps._outlier_methods import MAD_SCALE, largest_z
from assay.cleaning.steps._outliers import Outliers
from assay.engine import Session
from assay.policy.cleaning_steps import OutliersStep

_RNG = np.random.default_rng(5)
_X = np.concatenate([_RNG.normal(10, 2, 300), [40.0, -30.0]])


def _step(by: dict[str, Any], action: str, columns: list[str] | None = None) -> dict[str, Any]:
    return {"step": "outliers", "columns": columns or ["x"], "by": by, "action": action}


_METHODS: dict[str, tuple[dict[str, Any], Any]] = {
    "zscore": (
        {"method": "zscore", "threshold": 3, "ddof": 1},
        np.abs(stats.zscore(_X, ddof=1)) > 3,
    ),
    "mad": (
        {"method": "mad", "threshold": 3.5},
        np.abs(_X - np.median(_X)) / stats.median_abs_deviation(_X, scale="normal") > 3.5,
    ),
    "iqr": (
        {"method": "iqr", "factor": 1.5},
        (np.quantile(_X, 0.25) - 1.5 * stats.iqr(_X) > _X)
        | (np.quantile(_X, 0.75) + 1.5 * stats.iqr(_X) < _X),
    ),
}


@pytest.mark.parametrize("method", sorted(_METHODS))
def test_the_flagged_are_those_of_scipy(
    session: Session, table: Any, policy: Any, rows: Any, method: str
) -> None:
    by, expected = _METHODS[method]
    t, p = table({"x": _X}), policy(_step(by, "flag"))
    done = clean(session, t, p, fit(session, t, p))
    assert [r["x__outlier"] for r in rows(done.table)] == list(expected)
    assert [r["x"] for r in rows(done.table)] == list(_X)
    assert done.report.steps[0].columns["x"].flagged == expected.sum()
    assert done.report.cells_changed == 0


def test_clip_is_pandas_clip_and_does_nothing_twice(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t, p = table({"x": _X}), policy(_step(_METHODS["iqr"][0], "clip"))
    state = fit(session, t, p)
    bounds = state.steps[0].columns["x"].values
    done = clean(session, t, p, state)
    clipped = pd.Series(_X).clip(bounds["low"], bounds["high"])
    assert [r["x"] for r in rows(done.table)] == pytest.approx(list(clipped), rel=1e-12)
    assert clean(session, done.table, p, state).report.cells_changed == 0


def test_null_and_drop(session: Session, table: Any, policy: Any, rows: Any) -> None:
    t = table({"x": _X})
    by, expected = _METHODS["zscore"]
    null, drop = policy(_step(by, "null")), policy(_step(by, "drop"))
    emptied = clean(session, t, null, fit(session, t, null))
    assert [r["x"] is None for r in rows(emptied.table)] == list(expected)
    dropped = clean(session, t, drop, fit(session, t, drop))
    assert rows(dropped.dropped) == [
        {"__row": int(i), "disposition": "dropped", "reasons": ["clean.outliers:x"]}
        for i in np.flatnonzero(expected)
    ]
    assert dropped.report.rows_out == len(_X) - expected.sum()


def test_bounds_come_from_the_reference(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    reference, batch = table({"x": _X}), table({"x": [100.0, 10.0, float("inf"), float("nan")]})
    p = policy(_step(_METHODS["iqr"][0], "flag"))
    done = clean(session, batch, p, fit(session, reference, p))
    assert [r["x__outlier"] for r in rows(done.table)] == [True, False, True, False]


def test_whole_numbers_stay_whole(session: Session, table: Any, policy: Any, rows: Any) -> None:
    t = table({"x": [1, 2, 3, 4, 5, 6, 7, 100]}, {"x": "int64"})
    p = policy(_step({"method": "iqr", "factor": 1.2}, "clip"))
    state = fit(session, t, p)
    done = clean(session, t, p, state)
    assert str(done.table.schema()["x"]) == "int64"
    assert rows(done.table)[-1]["x"] == int(state.steps[0].columns["x"].values["high"])


@pytest.mark.parametrize(
    ("values", "by", "code"),
    [
        ([1.0] * 5 + [99.0] * 5, {"method": "zscore", "threshold": 3, "ddof": 1}, "n_too_small"),
        ([2.0] * 20, {"method": "zscore", "threshold": 3, "ddof": 1}, "spread_zero"),
        ([2.0] * 20 + [9.0], {"method": "mad", "threshold": 3}, "spread_zero"),
        ([2.0] * 20 + [9.0], {"method": "iqr", "factor": 1.5}, "spread_zero"),
        ([None, None], {"method": "iqr", "factor": 1.5}, "n_too_small"),
        ([1.0, 2.0, 3.0], {"method": "mad", "threshold": 3, "min_n": 10}, "n_too_small"),
    ],
)
def test_what_cannot_be_fitted_is_inconclusive_and_left_alone(
    session: Session, table: Any, policy: Any, rows: Any, values: list[Any], by: Any, code: str
) -> None:
    t, p = table({"x": values}), policy(_step(by, "drop"))
    done = clean(session, t, p, fit(session, t, p))
    assert [r["x"] for r in rows(done.table)] == values
    verdict = judge_cleaning(done.report, p)
    assert verdict.outcome == "INCONCLUSIVE"
    assert [(r.code, r.column) for r in verdict.reasons] == [(f"cleaning_{code}", "x")]


@pytest.mark.parametrize("n", [2, 5, 10, 11, 40])
@pytest.mark.parametrize("ddof", [0, 1])
def test_the_largest_z_is_reached_by_one_value_apart(n: int, ddof: int) -> None:
    values = np.array([0.0] * (n - 1) + [1.0])
    assert np.abs(stats.zscore(values, ddof=ddof)).max() == pytest.approx(largest_z(n, ddof))


def test_the_mad_scale_is_the_normal_distributions() -> None:
    assert pytest.approx(1 / stats.norm.ppf(0.75), rel=1e-15) == MAD_SCALE


class TestForest:
    sample = np.column_stack([_RNG.normal(size=400), _RNG.exponential(size=400)])

    def by(self, **more: Any) -> dict[str, Any]:
        return {"method": "isolation_forest", "trees": 20, "rows": 400, "contamination": 0.05,
                "seed": 3, "key": ["id"], **more}  # fmt: skip

    def test_scores_are_scikit_learns(self) -> None:
        trees, seen = grow_forest(self.sample, 25, 3)
        ours = score_rows(self.sample, trees, average_path_length(seen))
        theirs = IsolationForest(n_estimators=25, random_state=3).fit(self.sample)
        assert np.abs(ours - theirs.score_samples(self.sample)).max() < 1e-9

    def test_scores_can_be_computed_again_from_an_exported_state(
        self, session: Session, table: Any, policy: Any, tmp_path: Path
    ) -> None:
        """By the few lines of plain Python on the page about figures."""
        x, y = self.sample.T
        t, p = (
            table({"id": range(400), "x": x, "y": y}),
            policy(_step(self.by(), "flag", ["x", "y"])),
        )
        state = fit(session, t, p)
        (tmp_path / "state.json").write_text(state.to_json())
        page = (Path(__file__).parents[3] / "include/docs/figures.md").read_text()
        names: dict[str, Any] = {}
        exec(page.split("```python\n")[-1].split("```")[0], names)
        forest = names["forest_of"](tmp_path / "state.json")
        scores = [names["score"](row, forest) for row in self.sample]
        trees, normaliser = state.steps[0].forest.trees, state.steps[0].forest.normaliser
        assert np.abs(scores - score_rows(self.sample, trees, normaliser)).max() < 1e-11
        assert sum(score < forest["threshold"] for score in scores) == 20

    def test_flags_the_share_of_the_reference_and_no_row_with_a_gap(
        self, session: Session, table: Any, policy: Any, rows: Any
    ) -> None:
        x = [*self.sample[:, 0], None]
        t = table({"id": range(401), "x": x, "y": [*self.sample[:, 1], 0.0]}, {"id": "int64"})
        p = policy(_step(self.by(), "flag", ["x", "y"]))
        state = fit(session, t, p)
        done = rows(clean(session, t, p, state).table)
        assert sum(r["forest__outlier"] for r in done) == 20
        assert done[-1]["forest__outlier"] is False
        assert state.steps[0].forest is not None
        assert state.steps[0].forest.sklearn

    def test_sample_and_state_do_not_depend_on_the_order_of_rows(
        self, session: Session, table: Any, policy: Any
    ) -> None:
        p = policy(_step(self.by(rows=100), "drop", ["x", "y"]))
        states, dropped = [], []
        for order in (np.arange(400), np.random.default_rng(1).permutation(400)):
            part = self.sample[order]
            t = table({"id": order, "x": part[:, 0], "y": part[:, 1]}, {"id": "int64"})
            states.append(fit(session, t, p))
            gone = clean(session, t, p, states[-1]).dropped.to_pyarrow()["__row"].to_pylist()
            dropped.append(sorted(int(order[i]) for i in gone))
        assert states[0].to_json() == states[1].to_json()
        assert dropped[0] == dropped[1]
        assert len(dropped[0]) == 20

    def test_one_row_is_too_few(self, session: Session, table: Any, policy: Any) -> None:
        t = table({"id": [1], "x": [1.0], "y": [1.0]}, {"id": "int64"})
        p = policy(_step(self.by(), "flag", ["x", "y"]))
        verdict = judge_cleaning(clean(session, t, p, fit(session, t, p)).report, p)
        assert [r.code for r in verdict.reasons] == ["cleaning_n_too_small"]


_CENTRES = st.sampled_from([0.0, 1.0, -3.7, 1e15, -1e-200, 1e300])
_HALVES = st.sampled_from([1e-9, 0.25, 4.0, 1e12, 1e300])


@settings(max_examples=40, deadline=None)
@given(_CENTRES, _HALVES, st.lists(st.floats(), max_size=12))
def test_no_rounding_moves_a_bound(
    session: Session, centre: float, half: float, values: list[float]
) -> None:
    low, high = centre - half, centre + half
    assume(low < high)
    assume(math.isfinite(high - low))
    ends = [f(end, to) for end in (low, high) for f, to in (
        (math.nextafter, -math.inf), (math.nextafter, math.inf), (max, -math.inf))]  # fmt: skip
    cells = np.array([*values, *ends, centre, math.inf, -math.inf, math.nan])
    column = pa.array([*cells, None], from_pandas=False)
    rows = session.set_aside(pa.table({"__row": range(len(column)), "x": column}))
    fit_of_x = ColumnFit(n=9, values={"low": low, "high": high})
    fitted = StepFit(index=0, step="outliers", columns={"x": fit_of_x})
    step = OutliersStep.model_validate(
        _step({"method": "zscore", "threshold": 3, "ddof": 0}, "clip", ["x"])
    )
    done = Outliers(0, step).apply(session, MarkedTable.begin(rows), fitted)
    found = done.table.order_by("__row").select("x", "__m0").to_pyarrow()
    expected = np.clip(cells, low, high)
    np.testing.assert_array_equal(found["x"].to_numpy()[:-1], expected)
    assert found["x"][len(cells)].as_py() is None
    beyond = (cells < low) | (cells > high)
    assert found["__m0"].to_pylist() == [*beyond.tolist(), False]
    for strict in (False, True):
        within = is_within(rows["x"], fit_of_x, null_if_missing=strict)
        told = rows.select("__row", told=within).order_by("__row").to_pyarrow()["told"]
        inside = ~beyond & (~np.isnan(cells) if strict else True)
        assert told.to_pylist() == [*inside.tolist(), None if strict else True]
