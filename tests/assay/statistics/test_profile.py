"""Profiles of columns: what one scan finds follows a change of the values to the bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engine import Session
from assay.statistics.profile import LEAST, MOST, Frame, Piece, Profile, _exact
from assay.statistics.profile_scan import ProfileRequest, _inside, _symmetric, scan_profiles

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


def _facts(profile: Profile | None, shares: tuple[float, ...]) -> Any:
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
    wanted = {"x": ProfileRequest(sample.frame, True, spans, sample.frequent())}

    def scanned(rows: Any) -> Profile:
        table = session.set_aside(pa.table({"x": rows}))
        return scan_profiles(table, wanted)["x"]

    before = scanned(values)
    assert _facts(before, shares)[0] == np.count_nonzero(np.isfinite(values))
    kept = sum(len(p.values) for p in before.pieces if p.values is not None)
    assert kept < 0.25 * _N
    beyond = (values < low) | (values > high)
    if action == "clip":
        one, rows = before.clipped(low, high, low, high), np.clip(values, low, high)
    else:
        one, rows = before.emptied(low, high), np.where(beyond, np.nan, values)
    assert _facts(one, shares) == _facts(scanned(rows), shares)
    assert one is not None
    fill = one.quantile(0.5)
    assert fill == np.nanquantile(rows, 0.5)
    full = np.where(np.isnan(rows), fill, rows)
    assert _facts(one.filled(float(fill)), shares) == _facts(scanned(full), shares)


def test_what_was_not_kept_is_not_known(session: Session) -> None:
    values = _SAMPLES["normal"]
    sample = Profile.whole_of(values[::10])
    assert sample is not None
    table = session.set_aside(pa.table({"x": values}))
    found = scan_profiles(table, {"x": ProfileRequest(sample.frame, False, (sample.span(0.5),))})[
        "x"
    ]
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
    assert _exact(np.array(values, dtype=np.int64)) == sum(values)
    piece = Piece(0, len(plain), np.array(plain), more)
    every = sorted([*plain, *(v for v, k in more.items() for _ in range(k))])
    assert [piece.at(i) for i in range(piece.total)] == every


def test_a_frame_rounds_as_the_engine_does(session: Session) -> None:
    values = _RNG.standard_t(2, 5000) * 1e-7
    frame = Frame.around(np.sort(values))
    assert frame is not None
    table = session.set_aside(pa.table({"x": values}))
    found = scan_profiles(table, {"x": ProfileRequest(frame, True)})["x"]
    assert found.sums == frame.sums(values)


def _contains(intervals: list[tuple[int, int]], whole: int) -> bool:
    return any(first <= whole <= last for first, last in intervals)


@settings(deadline=None)
@given(st.lists(st.integers(-(2**62), 2**62), min_size=4, max_size=4, unique=True).map(sorted))
def test_symmetric_intervals_keep_what_was_asked(session: Session, ends: list[int]) -> None:
    asked = [(LEAST, ends[0]), (ends[1], ends[2]), (ends[3], MOST)]
    evened = _symmetric(asked)
    near = [e + d for e in (*ends, *(e for one in evened for e in one)) for d in (-1, 0, 1)]
    near = [n for n in (*near, LEAST, MOST, 0) if LEAST <= n <= MOST]
    assert all(_contains(evened, n) for n in near if _contains(asked, n))
    rows = session.set_aside(pa.table({"n": pa.array(near, "int64")}))
    found = rows.select(inside=_inside(rows.n, evened)).to_pyarrow()["inside"].to_pylist()
    assert found == [_contains(evened, n) for n in near]


def test_ends_as_far_as_each_other_are_symmetric() -> None:
    found = _symmetric([(LEAST, -4000), (-31, 30), (4100, MOST)])
    assert found == [(LEAST, -3999), (-31, 30), (3998, MOST)]
    skewed = [(LEAST, -4000), (-31, 30), (40_000, MOST)]
    assert _symmetric(skewed) == skewed
