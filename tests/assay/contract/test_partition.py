"""Partition keys are canonical, because they become paths."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
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


@pytest.mark.parametrize(
    "bad",
    [{"grain": "day", "first": "2013"}, {"grain": "hour", "first": "2013"},
     {"grain": "year", "first": "2013", "timezone": "Mars/Olympus"},
     {"grain": "year", "first": "2013", "last": "2012"}],
)  # fmt: skip
def test_a_calendar_that_cannot_be_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Partition.model_validate(bad)
