from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import engine
from assay.engine import Session
from assay.statistics.moments import measure_moments
from assay.statistics.quantiles import measure_quantiles

_RNG = np.random.default_rng(20)
_SAMPLES = {
    "normal": _RNG.normal(size=20_000),
    "heavy": _RNG.lognormal(3, 4, 20_000),
    "shifted": _RNG.normal(1e12, 1.0, 20_000),
    "tiny": _RNG.normal(0, 1e-200, 20_000),
}


@pytest.mark.parametrize("name", sorted(_SAMPLES))
def test_moments_have_the_same_bits_over_threads_and_orders(name: str) -> None:
    values = _SAMPLES[name]
    found = set()
    for threads in (1, 2, 8):
        with engine.open_session(threads=threads) as session:
            order = np.random.default_rng(threads).permutation(len(values))
            arrow = pa.table({"__row": range(len(values)), "x": values[order]})
            moments = measure_moments(session.set_aside(arrow), ["x"])["x"]
            found.add((moments.n, moments.mean, moments.deviation(1), moments.deviation(0)))
    assert len(found) == 1
    n, mean, sample, population = found.pop()
    assert n == len(values)
    exact = sum(map(Fraction, values.tolist())) / n
    assert mean == pytest.approx(float(exact), rel=1e-15)
    if name != "tiny":
        assert sample == pytest.approx(np.std(values - float(exact), ddof=1), rel=1e-11)
        assert population == pytest.approx(np.std(values - float(exact)), rel=1e-11)
    else:
        assert population == pytest.approx(np.std(values * 1e200) * 1e-200, rel=1e-11)


@settings(max_examples=12, deadline=None)
@given(values=st.lists(st.floats(-1e9, 1e9) | st.none() | st.just(float("nan")), max_size=30))
def test_moments_are_numpys(session: Session, values: list[float | None]) -> None:
    arrow = pa.table({"x": pa.array(values, pa.float64())})
    t = session.set_aside(arrow)
    moments = measure_moments(t, ["x"])["x"]
    kept = np.array([v for v in values if v is not None and v == v])
    assert moments.n == len(kept)
    if not len(kept):
        assert moments.mean is None
        assert moments.deviation(0) is None
        return
    scale = float(np.max(np.abs(kept))) or 1.0
    assert moments.mean == pytest.approx(np.mean(kept), abs=1e-9 * scale)
    # NumPy squares the deviations of very small values to 0, so these are scaled first.
    deviation = np.std(kept / scale) * scale
    assert moments.deviation(0) == pytest.approx(deviation, abs=1e-9 * scale)
    assert measure_quantiles(t, {"x": (0.25, 0.5)})["x"] == [
        len(kept),
        pytest.approx(np.quantile(kept, 0.25), abs=1e-9 * scale),
        pytest.approx(np.quantile(kept, 0.5), abs=1e-9 * scale),
    ]


def test_infinities_are_not_counted(session: Session) -> None:
    t = session.set_aside(pa.table({"x": [1.0, float("inf"), float("-inf"), 3.0]}))
    moments = measure_moments(t, ["x"])["x"]
    assert (moments.n, moments.mean, moments.deviation(1)) == (2, 2.0, pytest.approx(2**0.5))
