"""One scan for several fitted steps: what it tells follows the steps exactly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.util import gen_name

from assay.cleaning import _foresight, _moments, _quantiles, _run, fit
from assay.cleaning._profile import LEAST, MOST, Frame, Profile
from assay.cleaning._survey import Wanted, _evened, _inside, survey
from assay.engine import Session

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


def _told(profile: Profile | None, shares: tuple[float, ...]) -> Any:
    assert profile is not None
    ends = profile.missing, profile.below, profile.above
    return profile.n, profile.sums, ends, [profile.quantile(q) for q in shares]


@pytest.mark.parametrize("name", sorted(_SAMPLES))
@pytest.mark.parametrize("action", ["clip", "null"])
def test_a_profile_follows_a_step_to_the_bit(session: Session, name: str, action: str) -> None:
    values = _SAMPLES[name]
    sample = Profile.whole_of(values[::10])
    assert sample is not None
    low, high = (float(np.nanquantile(values[np.isfinite(values)], q)) for q in (0.002, 0.999))
    tails = sample.tails(low, high)
    assert tails is not None
    shares = (0.25, 0.5)
    spans = (*tails, *(sample.span(q) for q in shares))
    wanted = {"x": Wanted(sample.frame, True, spans, sample.frequent())}

    def scanned(rows: Any) -> Profile:
        table = session.backend.create_table(gen_name("t"), pa.table({"x": rows}), temp=True)
        return survey(table, wanted)["x"]

    before = scanned(values)
    assert _told(before, shares)[0] == np.count_nonzero(np.isfinite(values))
    kept = sum(len(p.values) for p in before.pieces if p.values is not None)
    assert kept < 0.25 * _N
    beyond = (values < low) | (values > high)
    if action == "clip":
        one, rows = before.clipped(low, high, low, high), np.clip(values, low, high)
    else:
        one, rows = before.emptied(low, high), np.where(beyond, np.nan, values)
    assert _told(one, shares) == _told(scanned(rows), shares)
    assert one is not None
    fill = one.quantile(0.5)
    assert fill == np.nanquantile(rows, 0.5)
    full = np.where(np.isnan(rows), fill, rows)
    assert _told(one.filled(float(fill)), shares) == _told(scanned(full), shares)


def test_what_was_not_kept_is_not_known(session: Session) -> None:
    values = _SAMPLES["normal"]
    sample = Profile.whole_of(values[::10])
    assert sample is not None
    table = session.backend.create_table(gen_name("t"), pa.table({"x": values}), temp=True)
    found = survey(table, {"x": Wanted(sample.frame, False, (sample.span(0.5),))})["x"]
    assert found.moments() is None
    assert found.quantile(0.9) is None
    assert found.clipped(4.0, 6.0, 4.0, 6.0) is None
    assert found.emptied(-math.inf, 6.0) is None
    assert found.filled(1e300) is None


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.integers(-(2**62), 2**62), max_size=60),
    more=st.dictionaries(st.integers(-40, 40).map(float), st.integers(1, 5), max_size=4),
    plain=st.lists(st.integers(-40, 40).map(float), min_size=1, max_size=30),
)
def test_sums_and_ranks_are_those_of_the_values(
    values: list[int], more: dict[float, int], plain: list[float]
) -> None:
    from assay.cleaning._profile import Piece, _exact

    assert _exact(np.array(values, dtype=np.int64)) == sum(values)
    piece = Piece(0, len(plain), np.array(plain), more)
    every = sorted([*plain, *(v for v, k in more.items() for _ in range(k))])
    assert [piece.at(i) for i in range(piece.total)] == every


def test_a_frame_rounds_as_the_engine_does(session: Session) -> None:
    values = _RNG.standard_t(2, 5000) * 1e-7
    frame = Frame.around(np.sort(values))
    assert frame is not None
    table = session.backend.create_table(gen_name("t"), pa.table({"x": values}), temp=True)
    found = survey(table, {"x": Wanted(frame, True)})["x"]
    assert found.sums == frame.sums(values)


def _spied(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The scans of a fit over a table that is large enough for a pilot."""
    scans: list[Any] = []

    def spying(table: Any, wanted: Any) -> Any:
        scans.append(sorted(wanted))
        return survey(table, wanted)

    monkeypatch.setattr(_run, "_MANY", 1000)
    monkeypatch.setattr(_run, "_FEW", 2000)
    monkeypatch.setattr(_foresight, "survey", spying)
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
    table = session.backend.create_table(
        gen_name("t"), pa.table({"__row": range(_N), **numbers}), temp=True
    )
    steps = [{**first, "columns": columns},
             {"step": "impute", "columns": {n: {"method": method} for n in columns}},
             {**_SCALE, "columns": columns}]  # fmt: skip
    p = policy(*steps)
    slow = fit(session, table, p)
    scans = _spied(monkeypatch)
    for module, name in ((_moments, "_in_three_scans"), (_quantiles, "_by_engine")):
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
    table = session.backend.create_table(
        gen_name("t"), pa.table({"__row": range(_N), "x": _SAMPLES["normal"]}), temp=True
    )
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
    table = session.backend.create_table(
        gen_name("t"), pa.table({"__row": range(_N), "x": values}), temp=True
    )
    by = {"method": "zscore", "threshold": 3, "ddof": 0}
    steps = [{**_CLIP, "columns": ["x"], "action": "null", "by": by}, {**_SCALE, "columns": ["x"]}]
    p = policy(*steps)
    _spied(monkeypatch)
    monkeypatch.setattr(_run, "_FEW", 10_000)
    left = fit(session, table, p).steps[1].columns["x"]
    kept = np.delete(values, apart)
    assert (left.n, left.fault) == (len(kept), None if spread else "spread_zero")
    scale = np.std(kept) if spread else 1.0
    assert left.values == pytest.approx({"center": np.mean(kept), "scale": scale}, rel=1e-9)


def _merged(stretches: list[tuple[int, int]], whole: int) -> bool:
    return any(first <= whole <= last for first, last in stretches)


@given(st.lists(st.integers(-(2**62), 2**62), min_size=4, max_size=4, unique=True).map(sorted))
def test_evened_stretches_keep_what_was_asked(session: Session, ends: list[int]) -> None:
    asked = [(LEAST, ends[0]), (ends[1], ends[2]), (ends[3], MOST)]
    evened = _evened(asked)
    near = [e + d for e in (*ends, *(e for one in evened for e in one)) for d in (-1, 0, 1)]
    near = [n for n in (*near, LEAST, MOST, 0) if LEAST <= n <= MOST]
    assert all(_merged(evened, n) for n in near if _merged(asked, n))
    rows = session.backend.create_table(
        gen_name("near"), pa.table({"n": pa.array(near, "int64")}), temp=True
    )
    found = rows.select(inside=_inside(rows.n, evened)).to_pyarrow()["inside"].to_pylist()
    assert found == [_merged(evened, n) for n in near]


def test_ends_as_far_as_each_other_are_evened() -> None:
    found = _evened([(LEAST, -4000), (-31, 30), (4100, MOST)])
    assert found == [(LEAST, -3999), (-31, 30), (3998, MOST)]
    skewed = [(LEAST, -4000), (-31, 30), (40_000, MOST)]
    assert _evened(skewed) == skewed
