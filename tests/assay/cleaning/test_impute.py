from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer

from assay.cleaning import clean, fit, judge_cleaning
from assay.engine import Session
from assay.errors import PolicyError

_X = [1.5, None, 3.25, 10.0, None, 3.25, float("nan")]


def _impute(**columns: Any) -> dict[str, Any]:
    return {"step": "impute", "columns": columns}


@pytest.mark.parametrize(
    ("method", "strategy"), [("mean", "mean"), ("median", "median"), ("mode", "most_frequent")]
)
def test_fills_are_scikit_learns(
    session: Session, table: Any, policy: Any, rows: Any, method: str, strategy: str
) -> None:
    t, p = table({"x": _X}), policy(_impute(x={"method": method}))
    done = rows(clean(session, t, p, fit(session, t, p)).table)
    values = np.array([np.nan if v is None else v for v in _X]).reshape(-1, 1)
    expected = SimpleImputer(strategy=strategy).fit_transform(values)[:, 0]
    assert [r["x"] for r in done] == pytest.approx(list(expected), rel=1e-9)
    assert [r["x__imputed"] for r in done] == [v is None or v != v for v in _X]


def test_a_modes_ties_go_to_the_smallest(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t = table({"s": ["b", "a", "b", "a", None]}, {"s": "string"})
    p = policy(_impute(s={"method": "mode"}))
    assert rows(clean(session, t, p, fit(session, t, p)).table)[-1]["s"] == "a"


@pytest.mark.parametrize(
    ("dtype", "values", "fill"),
    [
        ("int64", [1, 2, None], {"method": "mean"}),
        ("boolean", [True, None], {"method": "constant", "value": False}),
        ("string", ["a", None], {"method": "constant", "value": "unknown"}),
        ("date", ["2013-02-04", None], {"method": "mode"}),
        ("timestamp", ["2013-02-04T10:00:00", None], {"method": "mode"}),
        ("date", ["2013-02-04", None], {"method": "constant", "value": "2013-01-01"}),
    ],
)
def test_a_column_keeps_its_type(
    session: Session, table: Any, policy: Any, rows: Any, dtype: str, values: Any, fill: Any
) -> None:
    text = table({"v": values}, {"v": "string" if dtype in {"date", "timestamp"} else dtype})
    t = text.mutate(v=text.v.cast(dtype))
    p = policy(_impute(v=fill))
    done = clean(session, t, p, fit(session, t, p))
    assert type(done.table.schema()["v"]) is type(t.schema()["v"])
    assert rows(done.table)[-1]["v"] is not None


def test_a_mean_of_whole_numbers_is_rounded_to_even(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t, p = table({"v": [2, 3, None]}, {"v": "int64"}), policy(_impute(v={"method": "mean"}))
    state = fit(session, t, p)
    assert state.steps[0].columns["v"].values == {"exact": 2.5, "fill": 2}
    assert rows(clean(session, t, p, state).table)[-1]["v"] == 2


def test_drop_drops_rows_and_adds_no_flag(session: Session, table: Any, policy: Any) -> None:
    t, p = table({"x": _X}), policy(_impute(x={"method": "drop"}))
    done = clean(session, t, p, fit(session, t, p))
    assert done.report.rows_dropped == 3
    assert "x__imputed" not in done.table.columns


def test_an_all_null_column_is_inconclusive_and_keeps_its_flag_column(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t = table({"x": [None, None], "y": [1.0, None]})
    p = policy(_impute(x={"method": "mean"}, y={"method": "mean"}))
    done = clean(session, t, p, fit(session, t, p))
    assert [r["x"] for r in rows(done.table)] == [None, None]
    assert [r["x__imputed"] for r in rows(done.table)] == [False, False]
    verdict = judge_cleaning(done.report, p)
    assert [(r.code, r.column) for r in verdict.reasons] == [("cleaning_no_values", "x")]


def test_imputing_twice_changes_nothing_and_forgets_nothing(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t, p = table({"x": _X}), policy(_impute(x={"method": "median"}))
    state = fit(session, t, p)
    once = clean(session, t, p, state)
    twice = clean(session, once.table, p, state)
    assert rows(twice.table) == rows(once.table)
    assert twice.report.cells_changed == 0


@pytest.mark.parametrize(
    ("fill", "dtype", "what"),
    [
        ({"method": "constant", "value": "a"}, "float64", "isn't of the column's type"),
        ({"method": "constant", "value": 1.5}, "int64", "isn't of the column's type"),
        ({"method": "constant", "value": "not a date"}, "date", "isn't of the column's type"),
        ({"method": "mean"}, "string", "isn't numeric"),
    ],
)
def test_the_wrong_type_is_refused(
    session: Session, table: Any, policy: Any, fill: Any, dtype: str, what: str
) -> None:
    t, p = table({"v": [None]}, {"v": dtype}), policy(_impute(v=fill))
    with pytest.raises(PolicyError, match=what):
        clean(session, t, p, fit(session, t, p))
