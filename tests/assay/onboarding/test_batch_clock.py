"""Columns that restate their batch, on any clock, and drafts that hold no day for them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from assay import engine
from assay.onboarding.evidence._batch_clock import find_restated
from assay.stages.authoring import draft_dataset

DAY = dt.datetime(2024, 1, 31)
OFFSETS = [hours / 2 for hours in range(-28, 29)]
FORMS = {
    "day": lambda t: t.day,
    "month": lambda t: t.month,
    "year": lambda t: t.year,
    "weekday": lambda t: t.isoweekday(),
    "stamp": lambda t: 10_000 * t.year + 100 * t.month + t.day,
    "at": lambda t: int((t - dt.datetime(1970, 1, 1)).total_seconds()),
    "at_ms": lambda t: int((t - dt.datetime(1970, 1, 1)).total_seconds() * 1000),
}


def _moments(start: dt.datetime, hours: float) -> list[dt.datetime]:
    """Every ten minutes of a day, as a clock so many hours ahead shows it."""
    return [start + dt.timedelta(hours=hours, minutes=10 * i) for i in range(144)]


@pytest.mark.parametrize("hours", OFFSETS)
@pytest.mark.parametrize("name", sorted(FORMS))
def test_each_form_is_recognised_on_every_clock(name: str, hours: float) -> None:
    values = sorted({FORMS[name](t) for t in _moments(DAY, hours)})
    few = values if len(values) <= 2 else [values[0], np.mean(values), values[-1]]
    found = find_restated(name, {"2024-01-31": few})
    assert found is not None
    assert abs(found.hours) <= abs(hours)
    assert found.hours * hours >= 0


@pytest.mark.parametrize("hours", [-5.0, 0.0, 5.5])
def test_several_days_tell_without_a_name(hours: float) -> None:
    days = {
        f"{DAY + dt.timedelta(i):%Y-%m-%d}": sorted(
            {t.day for t in _moments(DAY + dt.timedelta(i), hours)}
        )
        for i in range(3)
    }
    found = find_restated("n", days)
    assert found is not None
    assert found.form == "day of the month"


@pytest.mark.parametrize(
    ("name", "batches"),
    [
        ("children", {"2024-01-01": [1, 2]}),  # a name says nothing of days
        ("children", {f"2024-01-0{i}": [1, 2] for i in range(1, 5)}),
        ("version", {f"2024-01-0{i}": [1] for i in range(1, 5)}),  # neither month nor quarter
        ("day", {"2024-01-01": [1, 2, 3]}),
        ("day", {"2024-01-20": [10, 11]}),  # another day than the batch's
        ("at", {"2024-01-01": [1.7e9, 1.75e9, 1.8e9]}),  # a time of years
        ("day", {"mid-January": [1]}),
        ("day", {"0001-01-01": [1]}),  # other clocks leave the years that there are
    ],
)
def test_what_isnt_the_batchs_is_not(name: str, batches: dict[str, list[float]]) -> None:
    assert find_restated(name, batches) is None


def _day(start: dt.datetime, hours: float) -> pd.DataFrame:
    moments = _moments(start, hours)
    rng = np.random.default_rng(start.day)
    return pd.DataFrame({
        "nr": range(144), "year": [t.year for t in moments], "day": [t.day for t in moments],
        "at": [FORMS["at"](t) for t in moments],
        "stamp": [FORMS["stamp"](t) for t in moments],
        "amount": rng.lognormal(3, 1, 144).round(2),
    })  # fmt: skip


@pytest.mark.parametrize("days", [1, 4])
@pytest.mark.parametrize("hours", [0.0, -5.0, 5.5])
def test_no_limit_is_drafted_of_them(tmp_path: Path, hours: float, days: int) -> None:
    paths: list[Any] = []
    for i in range(days):
        start = DAY + dt.timedelta(i)
        paths.append(tmp_path / f"visits-{start:%Y-%m-%d}.csv")
        _day(start, hours).to_csv(paths[-1], index=False)
    with engine.open_session(threads=2) as session:
        plan = draft_dataset(session, paths, "visits")
    restated = {"year", "day", "at", "stamp"}
    assert set(plan.profile.restated) == restated
    values = {"expect_column_values_to_be_in_set", "expect_column_values_to_be_between",
              "expect_column_median_to_be_between", "expect_column_mean_to_be_between"}  # fmt: skip
    for stage in ("raw", "clean"):
        for e in json.loads(plan.files[f"suites/visits/{stage}.json"])["expectations"]:
            assert e["type"] not in values or e["kwargs"]["column"] not in restated
    drift = yaml.safe_load(plan.files["policies/visits/drift.yaml"])
    assert "amount" in drift["columns"]
    assert not restated & set(drift["columns"])
    contract = plan.files["contracts/visits.odcs.yaml"]
    assert contract.count("it restates the batch") == 4
    assert ("timezone, which may be wrong" in " ".join(contract.split())) == bool(hours)
    assert ("ahead of" in contract, "behind" in contract) == (hours > 0, hours < 0)
