from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp
from statsmodels.stats.proportion import proportion_confint

from assay import engine
from assay.errors import InputError
from assay.onboarding.evidence._part_distances import BLOCKS, PARTS, measure_distances
from assay.onboarding.evidence._rounding import lower_limit, rounded_up, upper_limit, widened
from assay.onboarding.evidence._sample import measure_profile

_RNG = np.random.default_rng(4)
_N = 240
_FRAME = pd.DataFrame({
    "__row": range(_N),
    "row_id": range(1000, 1000 + _N),
    "amount": _RNG.exponential(9, _N),
    "count": _RNG.integers(0, 60, _N),
    "kind": _RNG.choice(["a", "b", "c"], _N, p=[0.6, 0.3, 0.1]),
    "note": [f"text {i % 100}" for i in range(_N)],
    "email": [f"person{i}@example.org" for i in range(_N)],
    "sex": _RNG.choice(["f", "m"], _N),
    "empty": pd.Series([None] * _N, dtype="float64"),
})  # fmt: skip
_FRAME.loc[:10, "amount"] = None


@pytest.fixture(scope="module")
def profiled() -> Any:
    with engine.open_session(threads=2) as session:
        table = session.set_aside(_FRAME)
        profile = measure_profile(session, table)
        yield (
            {c.name: c for c in profile.columns},
            profile,
            measure_distances(session, table, profile, 1).by_column,
        )


def test_what_a_column_shows(profiled: Any) -> None:
    columns, profile, _ = profiled
    assert profile.rows == _N
    assert profile.keys == ("row_id", "email")
    assert profile.key == "row_id"
    assert (columns["amount"].type, columns["amount"].nulls) == ("number", 11)
    assert columns["kind"].levels == ("a", "b", "c")
    assert columns["note"].levels is None
    assert columns["empty"].nulls == _N


def test_no_value_that_may_be_about_people_is_shown(profiled: Any) -> None:
    columns, _, _ = profiled
    assert columns["email"].guess == "identifier"
    assert (columns["sex"].guess, columns["sex"].role) == ("quasi_identifier", "protected")
    assert columns["sex"].levels is None


def test_distances_are_scipys(profiled: Any) -> None:
    _, _, distances = profiled
    assert sorted(distances) == ["amount", "count", "kind", "sex"]
    part = np.arange(_N) * BLOCKS // _N % PARTS
    ks = [
        ks_2samp(_FRAME["count"][part == i], _FRAME["count"][part != i]).statistic
        for i in range(PARTS)
    ]
    assert distances["count"] == pytest.approx(max(ks), abs=1e-12)
    shares = [
        (np.array([(_FRAME["kind"][part == i] == k).mean() for k in "abc"]),
         np.array([(_FRAME["kind"][part != i] == k).mean() for k in "abc"]))
        for i in range(PARTS)
    ]  # fmt: skip
    assert distances["kind"] == pytest.approx(
        max(jensenshannon(p, q, base=2) for p, q in shares), abs=1e-9
    )


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 400), (400, 400), (200, 401)])
def test_limits_are_the_rounded_ends_of_wilsons_interval(count: int, n: int) -> None:
    low, high = proportion_confint(count, n, method="wilson")
    assert low - 0.001 <= lower_limit(count, n) <= low + 1e-12
    assert high - 1e-12 <= upper_limit(count, n) <= 1.1 * high


_FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(_FINITE, min_size=2, max_size=2).map(sorted))
def test_a_widened_range_holds_the_range(ends: list[float]) -> None:
    below, above = widened(*ends)
    assert -math.inf < below <= ends[0]
    assert math.inf > above >= ends[1]


@given(st.floats(1e-6, 1.0))
def test_rounding_up_never_lowers(value: float) -> None:
    assert value * (1 - 1e-6) <= rounded_up(value) <= value * 1.11


def test_an_empty_sample_and_an_odd_type_are_refused() -> None:
    with engine.open_session(threads=1) as session:
        empty = session.set_aside(_FRAME.head(0).astype({"kind": "str"}))
        with pytest.raises(InputError, match="sample is empty"):
            measure_profile(session, empty)
        odd = session.sql("SELECT 0 AS __row, [1, 2] AS listed")
        with pytest.raises(InputError, match="type that a contract can't name"):
            measure_profile(session, odd)
