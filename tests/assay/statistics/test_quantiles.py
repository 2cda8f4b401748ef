"""Order statistics and moments of many rows, found with the help of a sample of a few."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.engine import Session
from assay.statistics.moments import measure_moments
from assay.statistics.profile_scan import scan_profiles
from assay.statistics.quantiles import measure_deviation_medians, measure_quantiles

_N = 40_000
_RNG = np.random.default_rng(3)
_SAMPLES = {
    "normal": _RNG.normal(5, 2, _N),
    "heavy": _RNG.lognormal(3, 4, _N),
    "shifted": _RNG.normal(1e12, 1.0, _N),
    "few values": _RNG.integers(0, 3, _N).astype(float),
    "one value": np.full(_N, 7.5),
    "rising": np.arange(_N, dtype=float),
    "gaps": np.where(_RNG.random(_N) < 0.7, np.nan, _RNG.normal(size=_N)),
    "infinite": np.where(_RNG.random(_N) < 0.1, np.inf, _RNG.normal(size=_N)),
    "tiny": _RNG.normal(0, 1e-200, _N),
}


def _table(session: Session, values: Any) -> Any:
    arrow = pa.table({"__row": np.arange(len(values)), "x": values})
    return session.set_aside(arrow)


@pytest.mark.parametrize("name", sorted(_SAMPLES))
@pytest.mark.parametrize("misled", [False, True])
def test_a_pilot_changes_the_cost_and_not_the_figures(
    session: Session, name: str, misled: bool
) -> None:
    values = _SAMPLES[name]
    table = _table(session, values)
    sample = table.filter(table["__row"] % 40 == 0)
    if misled:
        sample = sample.mutate(x=sample["x"] * 1e-3 + 1e6)
    kept = values[np.isfinite(values)]
    shares = (0.0, 0.25, 0.5, 0.999, 1.0)
    n, *found = measure_quantiles(table, {"x": shares}, sample)["x"]
    assert n == len(kept)
    assert found == pytest.approx(list(np.quantile(kept, shares)), rel=1e-12, abs=1e-250)
    mad = measure_deviation_medians(table, {"x": float(np.median(kept))}, sample)["x"]
    assert mad == pytest.approx(np.median(abs(kept - np.median(kept))), rel=1e-12, abs=1e-250)
    moments = measure_moments(table, ["x"], sample)["x"]
    mean = math.fsum(kept) / len(kept)
    assert moments.n == n
    assert moments.mean == pytest.approx(mean, rel=1e-13, abs=1e-13 * max(abs(kept)))
    unit = max(abs(kept - mean)) or 1.0
    spread = float(np.std((kept - mean) / unit)) * unit
    assert moments.deviation(0) == pytest.approx(spread, rel=1e-9)


def test_little_is_kept_of_many_rows(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    import assay.statistics.quantiles as module

    table = _table(session, _SAMPLES["normal"])
    found = []

    def spying(*arguments: Any) -> Any:
        found.append(scan_profiles(*arguments))
        return found[-1]

    monkeypatch.setattr(module, "scan_profiles", spying)
    monkeypatch.setattr(module, "_by_engine", None)
    measure_quantiles(table, {"x": (0.5,)}, table.filter(table["__row"] % 4 == 0))
    pieces = found[0]["x"].pieces
    assert sum(p.total for p in pieces) == _N
    assert 0 < sum(len(p.values) for p in pieces if p.values is not None) < _N / 10
