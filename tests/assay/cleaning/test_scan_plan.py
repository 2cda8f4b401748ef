"""One scan for several fitted steps: what it tells follows the steps exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay import engine
from assay.cleaning import _fit, _scan_plan, clean, fit
from assay.engine import Session
from assay.statistics import moments, quantiles
from assay.statistics.profile_scan import scan_profiles

_N = 20_000
_RNG = np.random.default_rng(8)


def _with_gaps(values: Any) -> Any:
    return np.where(_RNG.random(len(values)) < 0.05, np.nan, values)


_SAMPLES = {
    "normal": _with_gaps(_RNG.normal(5, 2, _N)),
    "heavy": _with_gaps(_RNG.standard_t(3, _N)),
    "ties": _with_gaps(_RNG.poisson(30, _N).astype(float)),
    "far": _with_gaps(_RNG.normal(1e9, 1e-3, _N)),
    "infinite": np.where(_RNG.random(_N) < 0.01, np.inf, _with_gaps(_RNG.normal(size=_N))),
}


def _spied(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The scans of a fit over a table that is large enough for a pilot."""
    scans: list[Any] = []

    def spying(table: Any, wanted: Any) -> Any:
        scans.append(sorted(wanted))
        return scan_profiles(table, wanted)

    monkeypatch.setattr(_fit, "MANY", 1000)
    monkeypatch.setattr(_fit, "SAMPLED", 2000)
    monkeypatch.setattr(_scan_plan, "scan_profiles", spying)
    return scans


_CLIP = {
    "step": "outliers",
    "action": "clip",
    "by": {"method": "zscore", "threshold": 4, "ddof": 0},
}
_FENCE = {"step": "outliers", "action": "null", "by": {"method": "iqr", "factor": 3}}
_SCALE = {"step": "scale", "method": "standardise"}


@pytest.mark.parametrize("first", [_CLIP, _FENCE])
@pytest.mark.parametrize("method", ["median", "mean"])
def test_three_steps_take_one_scan(
    session: Session, policy: Any, monkeypatch: pytest.MonkeyPatch, first: Any, method: str
) -> None:
    columns = ["normal", "ties", "float", "whole"]
    numbers = {
        "normal": _SAMPLES["normal"], "ties": _SAMPLES["ties"],
        "float": _SAMPLES["heavy"].astype("float32"),
        "whole": pa.array(_RNG.normal(0, 100, _N).astype(np.int64), mask=_RNG.random(_N) < 0.1),
    }  # fmt: skip
    table = session.set_aside(pa.table({"__row": range(_N), **numbers}))
    steps = [{**first, "columns": columns},
             {"step": "impute", "columns": {n: {"method": method} for n in columns}},
             {**_SCALE, "columns": columns}]  # fmt: skip
    p = policy(*steps)
    slow = fit(session, table, p)
    scans = _spied(monkeypatch)
    for module, name in ((moments, "_in_three_scans"), (quantiles, "_by_engine")):
        monkeypatch.setattr(module, name, None)
    fast = fit(session, table, p)
    assert scans == [sorted(columns)] + [["float"]] * (2 if first is _CLIP else 1)
    for a, b in zip(slow.steps, fast.steps, strict=True):
        for name in columns:
            assert b.columns[name].n == a.columns[name].n
            assert b.columns[name].values == pytest.approx(a.columns[name].values, rel=1e-12)


def test_a_step_that_drops_rows_ends_what_is_known(
    session: Session, policy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = session.set_aside(pa.table({"__row": range(_N), "x": _SAMPLES["normal"]}))
    steps = [{**_CLIP, "columns": ["x"], "action": "drop",
              "by": {"method": "zscore", "threshold": 2, "ddof": 0}},
             {"step": "impute", "columns": {"x": {"method": "mean"}}}]  # fmt: skip
    p = policy(*steps)
    slow, scans = fit(session, table, p), _spied(monkeypatch)
    fast = fit(session, table, p)
    assert scans == [["x"], ["x"]]
    fills = [s.steps[1].columns["x"].values["fill"] for s in (slow, fast)]
    assert fills[1] == pytest.approx(fills[0], rel=1e-12)


@pytest.mark.parametrize("spread", [0.0, 1e-3, 1.0])
def test_what_is_left_once_far_values_are_gone_is_measured_anew(
    session: Session, policy: Any, monkeypatch: pytest.MonkeyPatch, spread: float
) -> None:
    rng = np.random.default_rng(2)
    values, apart = 0.1 + spread * rng.normal(size=_N), rng.permutation(_N)[:480]
    values[apart] = np.where(np.arange(480) % 2, 1e9, -1e9)
    table = session.set_aside(pa.table({"__row": range(_N), "x": values}))
    by = {"method": "zscore", "threshold": 3, "ddof": 0}
    steps = [{**_CLIP, "columns": ["x"], "action": "null", "by": by}, {**_SCALE, "columns": ["x"]}]
    p = policy(*steps)
    _spied(monkeypatch)
    monkeypatch.setattr(_fit, "SAMPLED", 10_000)
    left = fit(session, table, p).steps[1].columns["x"]
    kept = np.delete(values, apart)
    assert (left.n, left.fault) == (len(kept), None if spread else "spread_zero")
    scale = np.std(kept) if spread else 1.0
    assert left.values == pytest.approx({"center": np.mean(kept), "scale": scale}, rel=1e-9)


def test_a_fit_with_a_pilot_has_the_same_bits_over_threads(
    policy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ["normal", "heavy", "ties", "infinite"]
    p = policy(
        {"step": "outliers", "columns": columns, "action": "clip",
         "by": {"method": "zscore", "threshold": 3, "ddof": 1}},
        {"step": "impute", "columns": {n: {"method": "median"} for n in columns}},
        {"step": "scale", "columns": columns, "method": "standardise"},
    )  # fmt: skip
    arrow = pa.table({"__row": np.arange(_N), **{n: _SAMPLES[n] for n in columns}})

    def fitted(threads: int) -> Any:
        with engine.open_session(threads=threads) as session:
            table = session.set_aside(arrow)
            state = fit(session, table, p)
            rows = clean(session, table, p, state).table.order_by("__row").to_pyarrow()
            return state, rows

    state, rows = fitted(2)
    monkeypatch.setattr(_fit, "MANY", 1000)
    monkeypatch.setattr(_fit, "SAMPLED", 1000)
    piloted = [fitted(threads) for threads in (1, 2, 8)]
    assert len({s.to_json() for s, _ in piloted}) == 1
    for a, b in zip(state.steps, piloted[0][0].steps, strict=True):
        for name in columns:
            assert b.columns[name].values == pytest.approx(a.columns[name].values, rel=1e-12)
    for name in columns:
        assert piloted[0][1][name].to_numpy() == pytest.approx(rows[name].to_numpy(), rel=1e-12)
