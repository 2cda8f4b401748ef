"""Each batch has one run, due when it has ended, wherever and however the clock changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import available_timezones

import pendulum
import pytest
from airflow.timetables.base import TimeRestriction
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.contract import Partition
from assay_airflow.batches import timetable
from assay_airflow.timetable import BatchTimetable

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
SOON = timedelta(hours=1)


def _due(partition: Partition, first: str, last: str) -> list[tuple[str, datetime]]:
    """Key and time of each run that the scheduler starts from one batch to another."""
    restriction = TimeRestriction(
        pendulum.instance(partition.bounds(first)[1]),
        pendulum.instance(partition.bounds(last)[1] + SOON),
        catchup=True,
    )
    due, info, runs = timetable(partition), None, []
    while info := due.next_dagrun_info_v2(last_dagrun_info=info, restriction=restriction):
        runs.append((str(info.partition_key), info.run_after))
    return runs


def _assert_each_once(zone: str, first: date) -> None:
    partition = Partition(grain="day", timezone=zone, first="2022-01-01")
    days = list(islice(partition.keys(first.isoformat(), "2026-01-31"), 12))
    runs = _due(partition, days[0], days[-1])
    assert [key for key, _ in runs] == days
    for key, run_after in runs:
        # Where the clock is put back at midnight, midnight comes twice, an hour apart.
        assert partition.bounds(key)[1] <= run_after <= partition.bounds(key)[1] + SOON
    bounds = (pendulum.parse(days[0]), pendulum.parse(days[-1]))
    filled = timetable(partition).iter_partition_dagrun_infos(earliest=bounds[0], latest=bounds[1])
    assert [info.partition_key for info in filled] == days


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", "2024-03-10"),
        ("Africa/Cairo", "2024-04-26"),
        ("Asia/Beirut", "2024-03-31"),
        ("America/Santiago", "2024-09-08"),
        ("America/Havana", "2024-03-10"),
        ("America/Havana", "2024-11-03"),
        ("Atlantic/Azores", "2024-03-31"),
        ("Atlantic/Azores", "2024-10-27"),
        ("Australia/Lord_Howe", "2024-10-06"),
    ],
)
def test_a_day_on_which_the_clock_changes_is_a_batch_like_every_other(zone: str, day: str) -> None:
    _assert_each_once(zone, date.fromisoformat(day) - timedelta(days=6))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(zone=st.sampled_from(ZONES), first=st.dates(date(2024, 1, 1), date(2025, 12, 31)))
def test_each_day_of_each_zone_has_one_run(zone: str, first: date) -> None:
    _assert_each_once(zone, first)


DELAYS = [timedelta(hours=6), timedelta(hours=30), timedelta(days=3)]


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Africa/Cairo"])
def test_a_run_waits_for_the_time_within_which_its_batch_must_be_there(
    zone: str, delay: timedelta
) -> None:
    partition = Partition(grain="day", timezone=zone, first="2024-01-01", last="2024-05-03")
    days = list(partition.keys("2024-04-20", "2024-05-03"))
    restriction = TimeRestriction(
        pendulum.instance(partition.bounds(days[0])[1]),
        pendulum.instance(partition.bounds(days[-1])[1] + delay),
        catchup=True,
    )
    data = timetable(partition, delay).serialize()
    due, info, runs = BatchTimetable.deserialize(data), None, []
    while info := due.next_dagrun_info_v2(last_dagrun_info=info, restriction=restriction):
        runs.append((info.partition_key, info.run_after))
    assert [key for key, _ in runs] == days
    assert [at for _, at in runs] == [partition.bounds(day)[1] + delay for day in days]
    window = [pendulum.parse(day) for day in (days[0], days[-1])]
    filled = due.iter_partition_dagrun_infos(earliest=window[0], latest=window[1])
    assert [info.partition_key for info in filled] == days


@pytest.mark.parametrize("delay", DELAYS)
def test_no_batch_is_passed_over_while_its_run_waits(
    delay: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition = Partition(grain="day", timezone="America/New_York", first="2024-01-01")
    due, info, runs = timetable(partition, delay), None, []
    now = pendulum.datetime(2024, 3, 5)
    restriction = TimeRestriction(pendulum.datetime(2024, 1, 1), None, catchup=False)
    for _ in range(24 * 12):
        now = now.add(hours=1)
        monkeypatch.setattr("airflow.timetables.trigger.utcnow", lambda at=now: at)
        found = due.next_dagrun_info_v2(last_dagrun_info=info, restriction=restriction)
        if found and found.run_after <= now and (not info or found.run_after > info.run_after):
            info, runs = found, [*runs, str(found.partition_key)]
    assert runs == list(partition.keys(runs[0], runs[-1]))
    assert len(runs) >= 12


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_each_day_of_two_years_has_one_run(zone: str) -> None:
    partition = Partition(grain="day", timezone=zone, first="2023-12-31")
    days = list(partition.keys("2024-01-01", "2025-12-31"))
    assert [key for key, _ in _due(partition, days[0], days[-1])] == days


@pytest.mark.parametrize(
    ("grain", "keys"),
    [("month", ["2024-02", "2024-03", "2024-04"]), ("year", ["2024", "2025", "2026"])],
)
def test_months_and_years_too(grain: str, keys: list[str]) -> None:
    about = {"grain": grain, "timezone": "Africa/Cairo", "first": keys[0]}
    partition = Partition.model_validate(about)
    assert [key for key, _ in _due(partition, keys[0], keys[-1])] == keys
