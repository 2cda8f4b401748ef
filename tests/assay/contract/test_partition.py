"""Partition keys are canonical, because they become paths."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.contract import Partition
from assay.errors import InputError

DAYS = Partition(grain="day", timezone="America/New_York", first="2013-01-01", last="2013-12-31")


@pytest.mark.parametrize(
    "key",
    ["", "2013", "2013-1-1", "2013-02-30", "../2013-02-04", "2013-02-04/..", "2013-02-04\n",
     "２０１３-02-04", "2012-12-31", "2014-01-01", " 2013-02-04"],
)  # fmt: skip
def test_anything_but_a_canonical_key_of_the_calendar_is_refused(key: str) -> None:
    with pytest.raises(InputError):
        DAYS.parse(key)


@given(st.dates(dt.date(2013, 1, 1), dt.date(2013, 12, 31)))
def test_a_day_is_its_own_key(day: dt.date) -> None:
    key = day.isoformat()
    assert DAYS.parse(key) == key
    assert DAYS.start(key) == day
    assert DAYS.end(key) == day + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("grain", "first", "last", "n"),
    [("day", "2013-02-25", "2013-03-02", 6), ("month", "2012-11", "2013-02", 4),
     ("year", "2015", "2018", 4)],
)  # fmt: skip
def test_keys_enumerate_the_calendar(grain: str, first: str, last: str, n: int) -> None:
    partition = Partition.model_validate({"grain": grain, "first": first})
    keys = list(partition.keys(first, last))
    assert (keys[0], keys[-1], len(keys)) == (first, last, n)
    assert [partition.before(k) for k in keys[1:]] == keys[:-1]
    assert partition.before(first) is None


def test_bounds_follow_the_time_zone_and_its_clock_changes() -> None:
    start, end = DAYS.bounds("2013-03-10")
    assert (end - start) == dt.timedelta(hours=23)
    assert start == dt.datetime(2013, 3, 10, 5, tzinfo=dt.UTC)


ZONES = sorted(available_timezones() - {"localtime", "Factory"})
MOMENTS = st.datetimes(
    dt.datetime(2024, 1, 1), dt.datetime(2025, 12, 30), timezones=st.just(dt.UTC)
)
GRAINS = st.sampled_from([("day", "2023-12-30"), ("month", "2023-11"), ("year", "2022")])


def _assert_in_its_own_batch(zone: str, moment: dt.datetime, grain: str, first: str) -> None:
    """A moment lies in the batch that its local date names, and in no other."""
    made = Partition.model_validate({"grain": grain, "timezone": zone, "first": first})
    key = moment.astimezone(ZoneInfo(zone)).strftime(made.key_format)
    start, end = made.bounds(key)
    assert start <= moment < end
    assert made.bounds(str(made.before(key)))[1] == start
    for inside, day in ((start, made.start(key)), (end - dt.timedelta(seconds=1), made.end(key))):
        local = inside.astimezone(ZoneInfo(zone))
        assert local.strftime(made.key_format) == key
        assert abs(local.replace(tzinfo=None) - dt.datetime.combine(day, dt.time())) <= HOUR
    assert made.before_end(key, dt.timedelta()) == end
    assert made.before_end(key, dt.timedelta(days=(made.end(key) - made.start(key)).days)) == start


HOUR = dt.timedelta(hours=1)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(zone=st.sampled_from(ZONES), moment=MOMENTS, grain=GRAINS)
def test_a_moment_lies_in_the_batch_of_its_local_date(
    zone: str, moment: dt.datetime, grain: tuple[str, str]
) -> None:
    _assert_in_its_own_batch(zone, moment, *grain)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, derandomize=True)
@given(zone=st.sampled_from(ZONES), moment=MOMENTS, grain=GRAINS)
def test_far_more_moments_lie_in_the_batch_of_their_local_date(
    zone: str, moment: dt.datetime, grain: tuple[str, str]
) -> None:
    _assert_in_its_own_batch(zone, moment, *grain)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00"),  # midnight is skipped
        ("America/Havana", "2024-11-03", "2024-11-03T04:00"),  # midnight comes twice
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30"),  # 23:30 is followed by 00:30
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),  # the day is skipped
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00"),
        ("Europe/Amsterdam", "1937-06-30", "1937-06-29T22:40:28"),  # an offset with seconds
    ],
)
def test_a_day_begins_at_the_first_moment_of_its_date(zone: str, day: str, begins: str) -> None:
    partition = Partition(grain="day", timezone=zone, first="1900-01-01")
    assert partition.bounds(day)[0].replace(tzinfo=None) == dt.datetime.fromisoformat(begins)


def test_a_zone_that_is_misspelt_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="Did you mean 'America/New_York'"):
        Partition(grain="day", timezone="America/NewYork", first="2024-01-01")


@pytest.mark.parametrize(
    "bad",
    [{"grain": "day", "first": "2013"}, {"grain": "hour", "first": "2013"},
     {"grain": "year", "first": "2013", "timezone": "Mars/Olympus"},
     {"grain": "year", "first": "2013", "last": "2012"}],
)  # fmt: skip
def test_a_calendar_that_cannot_be_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Partition.model_validate(bad)
