"""Published figures: NannyML's synthetic car loan, ten chunks of analysis against the reference.

The figures were computed with scipy's exact two-sample test on the same rows; that drift begins
with chunk 5 is the data set's own documentation.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from assay.drift import measure_drift
from assay.engine import open_session
from assay.policy.drift import DriftPolicy

_CACHE = Path(__file__).resolve().parents[3] / ".cache"
_WHEEL = next(iter(sorted(_CACHE.glob("nannyml-*.whl"))), None)
_D = (0.01576, 0.01272, 0.01746, 0.01282, 0.01922, 0.00824, 0.01068, 0.01002, 0.01070, 0.00700)


@pytest.fixture(scope="module")
def measured():
    if _WHEEL is None:
        pytest.skip("nannyml's wheel isn't in .cache; `make setup` fetches it")
    with zipfile.ZipFile(_WHEEL) as wheel:
        reference, analysis = (
            pd.read_csv(io.BytesIO(wheel.read(f"nannyml/datasets/data/synthetic_car_loan_{n}.csv")))
            for n in ("reference", "analysis")
        )
    ordered = {"test": "kolmogorov_smirnov", "effect": "ks_statistic", "limit": 0.1}
    policy = DriftPolicy.model_validate(
        {
            "on_inconclusive": "hold",
            "alpha": 0.01,
            "columns": {
                "debt_to_income_ratio": ordered,
                "car_value": ordered,
                "repaid_loan_on_prev_car": {
                    "test": "chi_square", "effect": "cramers_v", "limit": 0.1,
                },
            },
        }
    )  # fmt: skip
    found = []
    with open_session() as session:
        before = session.set_aside(reference)
        for chunk in range(10):
            rows = analysis.iloc[5000 * chunk : 5000 * (chunk + 1)]
            now = session.set_aside(rows)
            found.append(measure_drift(session, before, now, policy).columns)
    return found


def test_d_of_every_chunk(measured):
    assert [round(columns[0].statistic, 5) for columns in measured] == list(_D)


def test_the_drift_that_is_built_in_begins_with_chunk_five(measured):
    car_value = [columns[1].statistic for columns in measured]
    assert max(car_value[:5]) < 0.03
    assert min(car_value[5:]) > 0.4
    assert 0.0112 in [round(d, 4) for d in car_value]
    assert 0.4355 in [round(d, 4) for d in car_value]
    repaid = [columns[2].statistic for columns in measured]
    assert max(repaid[:5]) < 12
    assert min(repaid[5:]) > 1000
