"""The census' limits of drift: the owner's, and no lower than what one year's halves reach."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from assay.drift.calibration import Calibration
from assay.policy import load_policy
from assay.policy.drift import DriftPolicy
from assay.project import Project
from assay.stages.authoring import calibrate_drift
from assay.stages.services import Services
from demo.census import WHEEL, drop_census

_ROOT = Path(__file__).resolve().parents[3]
_WHEEL = _ROOT / ".cache" / WHEEL
_POLICY = load_policy(
    _ROOT / "include" / "policies" / "census_employment" / "drift.yaml", DriftPolicy
)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    """What ``assay drift calibrate census_employment --rate 0.01`` finds in 2015."""
    if not _WHEEL.exists():
        pytest.skip("the census data isn't there: make setup")
    home = tmp_path_factory.mktemp("home")
    drop_census(home / "inbox", _WHEEL, ["2015"])
    services = Services(
        project=Project.from_environment({"ASSAY_HOME": str(home)}),
        clock=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )
    data = home / "inbox" / "census_employment"
    return calibrate_drift(services, "census_employment", 0.01, data)


def test_one_year_is_all_there_is_to_calibrate_by(halves: Calibration) -> None:
    assert (halves.between, halves.batches) == ("halves", ("2015",))
    assert {p.column for p in halves.proposals} == set(_POLICY.columns)


@pytest.mark.parametrize("column", _POLICY.columns)
def test_a_limit_is_above_what_halves_of_2015_reach_and_says_so(
    halves: Calibration, column: str
) -> None:
    (found,) = [p for p in halves.proposals if p.column == column]
    spec = _POLICY.columns[column]
    assert spec.limit >= found.proposed > found.quantile
    assert spec.rationale is not None
    (told,) = re.findall(r"stay below ([\d.]+) in 99 of 100", spec.rationale)
    assert told == f"{found.quantile:.3g}"
    assert "the owner's" in spec.rationale.lower()
    assert "understates how much survey years differ" in spec.rationale
