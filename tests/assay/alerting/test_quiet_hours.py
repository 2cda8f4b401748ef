"""Quiet hours against a plain walk over the minutes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.alerting._quiet_hours import quiet_until
from assay.policy.alerting import DAYS, QuietHours, QuietWindow

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
CLOCKS = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.sampled_from([0, 30]))
WINDOWS = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
        "start": CLOCKS,
        "end": CLOCKS | st.just("24:00"),
    }
)
TIMES = st.datetimes(datetime(2013, 1, 1), datetime(2013, 12, 1)).map(
    lambda at: at.replace(second=0, microsecond=0, tzinfo=UTC)
)


def quiet(*windows: dict[str, object], zone: str = "UTC") -> QuietHours:
    return QuietHours.model_validate(
        {"timezone": zone, "windows": list(windows), "pierced_by": ["urgent"]}
    )


def window(given: dict[str, object]) -> QuietWindow:
    return QuietWindow.model_validate(given)


def is_quiet(hours: QuietHours, at: datetime) -> bool:
    """By the wall clock alone, as a person reads the policy."""
    local = at.astimezone(ZoneInfo(hours.timezone))
    clock = f"{local:%H:%M}"
    today, before = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    for window in hours.windows:
        over_night = window.end <= window.start
        if today in window.days and window.start <= clock and (over_night or clock < window.end):
            return True
        if over_night and before in window.days and clock < window.end:
            return True
    return False


@given(st.lists(WINDOWS, min_size=1, max_size=3), TIMES)
def test_the_end_is_the_first_minute_that_is_not_quiet(windows, at):
    try:
        hours = quiet(*windows)
    except ValidationError:
        monday = datetime(2013, 2, 4, tzinfo=UTC)
        week = (monday + timedelta(minutes=m) for m in range(0, 10080, 30))
        loose = QuietHours.model_construct(
            timezone="UTC", windows=tuple(map(window, windows)), pierced_by=()
        )
        assert all(is_quiet(loose, minute) for minute in week)
        return
    end = quiet_until(hours, at)
    assert (end is not None) == is_quiet(hours, at)
    if end is not None:
        assert not is_quiet(hours, end)
        steps = range(0, int((end - at).total_seconds()) // 60, 7)
        assert all(is_quiet(hours, at + timedelta(minutes=m)) for m in steps)
        assert quiet_until(hours, end) is None


@given(st.sampled_from(ZONES), st.lists(WINDOWS, min_size=1, max_size=2), TIMES)
def test_the_end_is_later_and_not_quiet_in_every_zone(zone, windows, at):
    try:
        hours = quiet(*windows, zone=zone)
    except ValidationError:
        return
    end = quiet_until(hours, at)
    if end is not None:
        assert at < end <= at + timedelta(days=8)
        assert quiet_until(hours, end) is None


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2013-03-09T22:30-05:00", "2013-03-10T07:00-04:00"),  # the clocks go forward that night
        ("2013-11-02T22:30-04:00", "2013-11-03T07:00-05:00"),  # and back
        ("2013-03-10T07:00-04:00", None),
    ],
)
def test_a_night_in_which_the_clocks_change_ends_by_the_clock(at, end):
    night = {"days": list(DAYS), "start": "22:00", "end": "07:00"}
    found = quiet_until(quiet(night, zone="America/New_York"), datetime.fromisoformat(at))
    assert found == (datetime.fromisoformat(end) if end else None)


def test_an_unquoted_time_is_what_it_looks_like():
    # YAML reads 22:00 as a number to the base of sixty.
    assert quiet({"days": ["mon"], "start": 1320, "end": "07:00"}).windows[0].start == "22:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": list(DAYS), "start": "00:00", "end": "24:00"},
        {"days": list(DAYS), "start": "12:00", "end": "12:00"},
        {"days": ["someday"], "start": "22:00", "end": "07:00"},
        {"days": [], "start": "22:00", "end": "07:00"},
        {"days": ["mon"], "start": "22", "end": "07:00"},
        {"days": ["mon"], "start": "22:00", "end": "24:30"},
    ],
)
def test_hours_that_nobody_can_mean_are_refused(wrong):
    with pytest.raises(ValidationError):
        quiet(wrong)


def test_a_zone_that_is_nowhere_is_refused():
    with pytest.raises(ValidationError, match="no such time zone"):
        quiet({"days": ["mon"], "start": "22:00", "end": "07:00"}, zone="Europe/Nowhere")
