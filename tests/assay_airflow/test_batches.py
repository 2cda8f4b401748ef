"""One batch a run, resolved from its partition key or its form, or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assay.contract import Partition, load_contract
from assay.errors import InputError
from assay.launcher import project_root
from assay_airflow.batches import end_date, release_form, resolve_batch, start_date, timetable

DAYS = Partition(
    grain="day", timezone="America/New_York", first="2013-01-01", last="2013-12-31"
)  # fmt: skip
YEARS = Partition(grain="year", first="2013")


def _resolve(key: str | None = None, calendar: Partition = DAYS, **form: Any) -> str:
    return resolve_batch(calendar, SimpleNamespace(partition_key=key, run_id="manual__1"), form)


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("2013-02-04", {}),
        ("2013-02-04", {"batch": None}),
        ("2013-02-04", {"batch": ""}),
        (None, {"batch": "2013-02-04"}),
        ("", {"batch": "2013-02-04"}),
        ("2013-02-04", {"batch": "2013-02-04"}),
    ],
)
def test_either_names_the_batch(key: str | None, form: dict[str, Any]) -> None:
    assert _resolve(key, **form) == "2013-02-04"


@pytest.mark.parametrize(
    ("key", "form", "told"),
    [
        (None, {}, "names no batch"),
        (None, {"batch": ""}, "names no batch"),
        ("2013-02-04", {"batch": "2013-02-05"}, "differ"),
        (None, {"batch": "2013-2-4"}, "not a partition key"),
        (None, {"batch": "2013-02-04 "}, "not a partition key"),
        (None, {"batch": "2013-02-30"}, "not a partition key"),
        (None, {"batch": "../2013-02-04"}, "not a partition key"),
        (None, {"batch": "2013"}, "not a partition key"),
        ("2014-01-01", {}, "no such batch in the calendar"),
        ("2012-12-31", {}, "no such batch in the calendar"),
        ("2013-02-04", {"force": True}, "needs a reason"),
        ("2013-02-04", {"force": True, "reason": "  "}, "needs a reason"),
    ],
)
def test_anything_else_is_refused(key: str | None, form: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        _resolve(key, **form)


def test_forcing_with_a_reason_is_let_through() -> None:
    assert _resolve("2013-02-04", force=True, reason="The snow was real.") == "2013-02-04"


def test_a_year_is_a_key_of_its_own_grain_alone() -> None:
    assert _resolve("2013", YEARS) == "2013"
    with pytest.raises(InputError, match="not a partition key"):
        _resolve("2013-02-04", YEARS)


def test_a_run_is_due_at_midnight_after_its_batch() -> None:
    due = timetable(DAYS)
    run_after = datetime(2013, 2, 5, tzinfo=ZoneInfo("America/New_York"))
    assert due.serialize()["key_format"] == "%Y-%m-%d"
    assert start_date(DAYS) == datetime(2013, 1, 1, 5, tzinfo=UTC)
    assert end_date(DAYS) == datetime(2014, 1, 1, 5, tzinfo=UTC)
    assert end_date(YEARS) is None
    assert run_after.astimezone(UTC) == DAYS.bounds("2013-02-04")[1]


def test_the_form_has_no_default_batch_and_offers_the_policy_s_references() -> None:
    contract = load_contract(project_root() / "include/contracts/flights.odcs.yaml")
    form = release_form(contract, ["ordinary_days", "last_year"])
    assert form["batch"].value is None
    assert "2013-01-01 … 2013-12-31" in (form["batch"].description or "")
    assert form["reference"].schema["enum"] == [None, "ordinary_days", "last_year"]
    assert [form[name].value for name in ("stop_before_release", "force")] == [False, False]
