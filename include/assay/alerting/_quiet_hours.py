"""Quiet hours: whether a time lies in them, and when they are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assay.policy.alerting import DAYS, QuietHours, QuietWindow, Severity


def quiet_until(
    quiet: QuietHours | None, at: datetime, severity: Severity | None = None
) -> datetime | None:
    """When the quiet hours are over that a time lies in; None if it lies in none.

    For a severity that pierces them there are none.

    Notes
    -----
    Windows are local wall-clock times: across a change of the clocks they are an hour longer or
    shorter. Windows that touch or overlap are one.
    """
    if quiet is None or severity in quiet.pierced_by:
        return None
    end = at.astimezone(UTC)
    # It ends: the policy refuses windows that leave no minute of the week.
    while later := max((e for s, e in _around(quiet, end) if s <= end < e), default=None):
        end = later
    return end if end > at else None


def _around(quiet: QuietHours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The windows that begin on the local day of a time or the day before, in UTC."""
    zone = ZoneInfo(quiet.timezone)
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        for window in quiet.windows:
            if DAYS[day.weekday()] in window.days:
                yield _bounds(window, day, zone)


def _bounds(window: QuietWindow, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    # Times of one form order as text does.
    over = day if window.end > window.start else day + timedelta(days=1)
    return _moment(day, window.start, zone), _moment(over, window.end, zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)
