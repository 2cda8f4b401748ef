from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay import engine
from assay.cleaning import FittedState, _clean, clean, fit, judge_cleaning
from assay.cleaning._report import CleaningReport
from assay.engine import Session
from assay.errors import InputError
from assay.verdict import Verdict

_STEPS: tuple[dict[str, Any], ...] = (
    {"step": "text", "columns": {"s": {"trim": True, "case": "lower"}}},
    {"step": "deduplicate", "keys": ["id"],
     "order_by": [{"column": "x", "direction": "desc"}]},
    {"step": "outliers", "columns": ["x"], "by": {"method": "iqr", "factor": 1.0},
     "action": "clip"},
    {"step": "outliers", "columns": ["y"], "by": {"method": "mad", "threshold": 3},
     "action": "drop"},
    {"step": "impute", "columns": {"x": {"method": "mean"}, "s": {"method": "drop"}}},
)  # fmt: skip
_TYPES = {"id": "int64", "s": "string"}
_NUMBERS = st.floats(-1e6, 1e6) | st.none() | st.sampled_from([math.nan, math.inf, 1.0])
_ROWS = st.lists(
    st.tuples(st.integers(0, 5) | st.none(), _NUMBERS, _NUMBERS,
              st.sampled_from([None, " A", "a", "b "])),
    max_size=25,
)  # fmt: skip


def _columns(rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {n: [r[i] for r in rows] for i, n in enumerate(("id", "x", "y", "s"))}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(_ROWS, _ROWS)
def test_every_row_comes_out_once_and_cleaning_twice_changes_nothing(
    session: Session, table: Any, policy: Any, reference: Any, batch: Any
) -> None:
    p = policy(*_STEPS, change_log="values")
    t = table(_columns(batch), _TYPES)
    state = fit(session, table(_columns(reference), _TYPES), p)
    done = clean(session, t, p, state)
    kept = done.table.to_pyarrow()["__row"].to_pylist()
    gone = done.dropped.to_pyarrow()
    assert sorted(kept + gone["__row"].to_pylist()) == list(range(len(batch)))
    assert done.report.rows_in == len(batch) == done.report.rows_out + done.report.rows_dropped
    assert all(gone["reasons"].to_pylist())
    log = done.change_log.to_pyarrow().to_pylist()
    assert sum(r["column"] is not None for r in log) == sum(
        c.changed for s in done.report.steps for c in s.columns.values()
    )
    assert sum(r["column"] is None for r in log) == done.report.rows_dropped
    again = clean(session, done.table, p, state).report
    assert (again.cells_changed, again.rows_dropped) == (0, 0)


def test_the_log_undoes_and_replays(session: Session, table: Any, policy: Any) -> None:
    before = {"id": [1, 2, 3, 4, 5], "x": [1.0, None, 3.0, 2.0, 500.0],
              "y": [1.0, 2.0, 3.0, 4.0, 5.0], "s": [" A", "a", "b ", "c", "D"]}  # fmt: skip
    p = policy(*_STEPS[:3], _STEPS[4], change_log="values")
    t = table(before, _TYPES)
    done = clean(session, t, p, fit(session, t, p))
    after = {r["__row"]: r for r in done.table.to_pyarrow().to_pylist()}
    log = sorted(done.change_log.to_pyarrow().to_pylist(), key=lambda r: -r["step"])
    for entry in log:
        cell = after[entry["__row"]][entry["column"]]
        text = entry["after"]
        assert cell == (float(text) if entry["column"] == "x" else text)
        old = entry["before"]
        after[entry["__row"]][entry["column"]] = (
            float(old) if old is not None and entry["column"] == "x" else old
        )
    assert {n: [after[i][n] for i in range(5)] for n in before} == before


def test_bytes_over_threads(tmp_path: Any, policy: Any) -> None:
    rng = np.random.default_rng(8)
    n = 30_000
    arrow = pa.table({
        "__row": range(n), "id": rng.integers(0, n * 9 // 10, n), "x": rng.lognormal(0, 2, n),
        "y": rng.normal(size=n), "s": rng.choice([" a", "B", "c "], n),
    })  # fmt: skip
    p = policy(*_STEPS, {"step": "outliers", "columns": ["x", "y"], "reason": "last look",
        "by": {"method": "isolation_forest", "trees": 10, "rows": 500, "contamination": 0.01,
               "seed": 1, "key": ["id"]}, "action": "flag"})  # fmt: skip
    found = set()
    for threads in (1, 2, 8):
        with engine.open_session(threads=threads) as session:
            t = session.set_aside(arrow)
            state = fit(session, t, p)
            done = clean(session, t, p, state)
            files = [
                session.write_parquet(done.table, tmp_path / "t.parquet", ["id", "__row"]),
                session.write_parquet(done.dropped, tmp_path / "d.parquet", ["__row"]),
                session.write_parquet(
                    done.change_log, tmp_path / "l.parquet", ["__row", "step", "column"]
                ),
            ]
            report = done.report.model_dump_json()
            found.add((state.to_json(), report, *(f.sha256 for f in files)))
    assert len(found) == 1


class TestEdges:
    def run(self, session: Session, table: Any, policy: Any, rows: list[Any]) -> Verdict:
        p, t = policy(*_STEPS), table(_columns(rows), _TYPES)
        state = fit(session, t, p)
        assert FittedState.from_json(state.to_json()) == state
        report = clean(session, t, p, state).report
        assert CleaningReport.model_validate_json(report.model_dump_json()) == report
        return judge_cleaning(report, p)

    def test_an_empty_batch(self, session: Session, table: Any, policy: Any) -> None:
        verdict = self.run(session, table, policy, [])
        assert verdict.outcome == "INCONCLUSIVE"
        assert {r.code for r in verdict.reasons} == {
            "cleaning_empty_batch", "cleaning_n_too_small", "cleaning_no_values",
        }  # fmt: skip

    def test_one_row(self, session: Session, table: Any, policy: Any) -> None:
        verdict = self.run(session, table, policy, [(1, 2.0, 3.0, "a")])
        assert [r.code for r in verdict.reasons] == ["cleaning_spread_zero"] * 2

    def test_all_null(self, session: Session, table: Any, policy: Any) -> None:
        verdict = self.run(session, table, policy, [(None, None, None, None)] * 3)
        assert [r.code for r in verdict.reasons] == [
            "cleaning_n_too_small", "cleaning_n_too_small", "cleaning_no_values",
        ]  # fmt: skip

    def test_no_steps_change_nothing(self, session: Session, table: Any, policy: Any) -> None:
        p, t = policy(), table({"x": [1.0, None]})
        done = clean(session, t, p, fit(session, t, p))
        assert done.table.to_pyarrow().equals(t.to_pyarrow())
        assert judge_cleaning(done.report, p).outcome == "PASS"

    def test_row_numbers_are_needed_and_unique(
        self, session: Session, table: Any, policy: Any
    ) -> None:
        p, t = policy(), table({"x": [1.0, 2.0]})
        state = fit(session, t, p)
        with pytest.raises(InputError, match="no row numbers"):
            clean(session, t.drop("__row"), p, state)
        with pytest.raises(InputError, match="aren't unique"):
            clean(session, t.mutate(__row=0), p, state)

    def test_system_columns_do_not_pass(self, session: Session, table: Any, policy: Any) -> None:
        p, t = policy(), table({"x": [1.0], "__quarantined": [False]}, {"__quarantined": "boolean"})
        assert clean(session, t, p, fit(session, t, p)).table.columns == ("__row", "x")


class TestBudget:
    def verdict(self, session: Session, table: Any, policy: Any, **budget: Any) -> Verdict:
        t = table({"x": [1.0, None, 3.0, 4.0], "y": [1.0, 2.0, 3.0, None]})
        p = policy({"step": "impute", "columns": {"x": {"method": "mean"},
                    "y": {"method": "drop"}}}, budget=budget)  # fmt: skip
        return judge_cleaning(clean(session, t, p, fit(session, t, p)).report, p)

    @pytest.mark.parametrize(
        ("budget", "share", "column"),
        [
            ({"cells": {"max_share": 0.12}}, 0.125, None),
            ({"rows": {"max_share": 0.49}}, 0.5, None),
            ({"dropped": {"max_share": 0.2}}, 0.25, None),
            ({"columns": {"x": {"max_share": 0.2}}}, 0.25, "x"),
        ],
    )
    def test_one_limit_exceeded(
        self, session: Session, table: Any, policy: Any, budget: Any, share: float, column: Any
    ) -> None:
        verdict = self.verdict(session, table, policy, **budget)
        assert verdict.outcome == "FAIL"
        assert verdict.holds
        (reason,) = verdict.reasons
        assert (reason.code, reason.column) == ("cleaning_budget_exceeded", column)
        assert reason.numbers["share"] == share

    def test_a_share_equal_to_the_limit_passes(
        self, session: Session, table: Any, policy: Any
    ) -> None:
        verdict = self.verdict(session, table, policy, cells={"max_share": 0.125},
                               rows={"max_share": 0.5}, dropped={"max_share": 0.25})  # fmt: skip
        assert verdict.outcome == "PASS"


def test_groups_are_named_from_the_closed_list_and_small_counts_hidden(
    session: Session, table: Any, policy: Any
) -> None:
    sex = ["f"] * 12 + ["m"] * 11 + ["secret", None]
    t = table({"sex": sex, "x": [None, *range(24)]}, {"sex": "string"})
    p = policy({"step": "impute", "columns": {"x": {"method": "mean"}}}, roles={"sex": "protected"},
               groups={"least_number": 10, "levels": {"sex": ["f", "m"]}})  # fmt: skip
    report = clean(session, t, p, fit(session, t, p)).report
    assert {g.level: g.rows for g in report.groups} == {
        "f": 12, "m": 11, "missing": "<10", "other": "<10",
    }  # fmt: skip
    assert {g.imputed for g in report.groups} == {"<10"}
    assert "secret" not in report.model_dump_json()


@pytest.mark.parametrize("least", [1, 3])
def test_each_groups_part_of_each_step(
    session: Session, table: Any, policy: Any, least: int
) -> None:
    """Three values of f are filled and two of its rows dropped; m has the outliers."""
    ten = [float(i) for i in range(11)]  # the bounds are -2.5 and 12.5
    reference = table({"sex": [None] * 11, "x": ten, "w": ten, "y": ten}, {"sex": "string"})
    t = table({
        "sex": ["f"] * 6 + ["m"] * 6,
        "x": [None, None, None, 1, 2, 3, None, None, 4, 100, 100, 100],
        "w": [5] * 9 + [100, 5, 5],
        "y": [1, 1, 1, None, None, 1, 1, 1, 1, 1, 1, None],
    }, {"sex": "string"})  # fmt: skip
    p = policy(
        {"step": "outliers", "columns": ["x", "w"], "by": {"method": "iqr", "factor": 1.0},
         "action": "clip"},
        {"step": "impute", "columns": {"x": {"method": "mean"}, "y": {"method": "drop"}}},
        groups={"least_number": least, "levels": {"sex": ["f", "m"]}},
    )  # fmt: skip

    report = clean(session, t, p, fit(session, reference, p)).report

    steps = [(s.rows_changed, s.rows_dropped) for s in report.steps]
    assert (report.rows_changed, report.rows_dropped, steps) == (7, 3, [(3, 0), (5, 3)])
    found = {
        g.level: (
            [g.rows, g.changed, g.dropped, g.imputed, g.clipped, g.outliers],
            [[s.rows_changed, s.rows_dropped, s.cells] for s in g.steps],
        )
        for g in report.groups
    }

    def shown(*counts: int) -> list[Any]:
        return [n if n >= least else f"<{least}" for n in counts]

    assert found == {
        "f": (shown(6, 3, 2, 3, 0, 0), [shown(0, 0, 0), shown(3, 2, 3)]),
        # The row that was clipped and then dropped is no changed row of what is left.
        "m": (shown(6, 4, 1, 2, 3, 3), [shown(3, 0, 4), shown(2, 1, 2)]),
    }


_ORDERS: dict[str, list[dict[str, Any]]] = {
    "clip and fill": [
        {"step": "outliers", "columns": ["x", "k"], "action": "clip",
         "by": {"method": "iqr", "factor": 0.5}},
        {"step": "impute", "columns": {"x": {"method": "median"}}},
    ],
    "empty, fill and drop": [
        {"step": "outliers", "columns": ["x"], "action": "null",
         "by": {"method": "iqr", "factor": 0.5}},
        {"step": "impute", "columns": {"x": {"method": "mean"}, "k": {"method": "drop"},
                                       "s": {"method": "constant", "value": "none"}}},
    ],
    "fill, derive and flag": [
        {"step": "impute", "reason": "gaps first", "columns": {"k": {"method": "median"}}},
        {"step": "derive", "columns": {"twice": "x * 2"}},
        {"step": "outliers", "reason": "of what is derived", "columns": ["twice", "k"],
         "action": "flag", "by": {"method": "iqr", "factor": 0.5}},
    ],
    "drop": [
        {"step": "outliers", "columns": ["x", "k"], "action": "drop",
         "by": {"method": "iqr", "factor": 0.5}},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(_ORDERS))
def test_a_quick_look_finds_the_rows_that_the_steps_touch(
    session: Session, table: Any, policy: Any, rows: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rng = np.random.default_rng(6)
    x = np.where(rng.random(300) < 0.2, np.nan, rng.normal(size=300))
    x[:4] = [np.inf, -np.inf, 50.0, -50.0]
    whole = rng.poisson(9, 300).tolist()
    numbers = [None if v < 0.1 else n for v, n in zip(rng.random(300), whole, strict=True)]
    t = table({"x": x, "k": numbers, "s": [None if v < 0.1 else "a" for v in rng.random(300)]},
              {"k": "int64", "s": "string"})  # fmt: skip
    p = policy(*_ORDERS[name], change_log="values")
    state = fit(session, t, p)
    monkeypatch.setattr(_clean, "MANY", 10**9)
    slow = clean(session, t, p, state)
    monkeypatch.setattr(_clean, "MANY", 0)
    quick = clean(session, t, p, state)
    assert quick.report == slow.report
    assert quick.report.cells_changed + quick.report.rows_dropped > 0 or name.endswith("flag")
    for one in ("change_log", "dropped", "table"):
        a, b = (getattr(done, one).to_pandas() for done in (slow, quick))
        keys = [c for c in ("__row", "step", "column") if c in a]
        pd.testing.assert_frame_equal(
            a.sort_values(keys, ignore_index=True), b.sort_values(keys, ignore_index=True)
        )
