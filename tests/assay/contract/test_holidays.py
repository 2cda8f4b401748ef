"""Calendars of holidays against the law and the exchange's own rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from dateutil.easter import easter

from assay.contract._holidays import HolidayCalendar

MONDAY, THURSDAY = 0, 3


def _nth(year: int, month: int, weekday: int, n: int) -> dt.date:
    """The n-th such weekday of a month; the last one where n is −1."""
    days = [dt.date(year, month, 1) + dt.timedelta(i) for i in range(31)]
    there = [d for d in days if d.month == month and d.weekday() == weekday]
    return there[n if n < 0 else n - 1]


def _federal(year: int) -> Iterator[dt.date]:
    """The legal public holidays of 5 U.S.C. 6103 (before Juneteenth, 2021), as they are kept.

    On a Saturday the Friday before is kept, by the law; on a Sunday the Monday after, by Executive
    Order 11582.
    """
    yield _nth(year, 1, MONDAY, 3)
    yield _nth(year, 2, MONDAY, 3)
    yield _nth(year, 5, MONDAY, -1)
    yield _nth(year, 9, MONDAY, 1)
    yield _nth(year, 10, MONDAY, 2)
    yield _nth(year, 11, THURSDAY, 4)
    for of, month, day in ((year, 1, 1), (year, 7, 4), (year, 11, 11), (year, 12, 25),
                           (year + 1, 1, 1)):  # fmt: skip
        legal = dt.date(of, month, day)
        kept = legal + dt.timedelta({5: -1, 6: 1}.get(legal.weekday(), 0))
        if kept.year == year:
            yield kept


def _of_the_exchange(year: int) -> Iterator[dt.date]:
    """The holidays of the New York Stock Exchange's Rule 7.2 (before 2018, Rule 51).

    On a Saturday the Friday before is kept, but not at the end of an accounting period, as New
    Year's Day would have it; on a Sunday the Monday after.
    """
    yield _nth(year, 1, MONDAY, 3)
    yield _nth(year, 2, MONDAY, 3)
    yield easter(year) - dt.timedelta(2)
    yield _nth(year, 5, MONDAY, -1)
    yield _nth(year, 9, MONDAY, 1)
    yield _nth(year, 11, THURSDAY, 4)
    for month, day in ((1, 1), (7, 4), (12, 25)):
        named = dt.date(year, month, day)
        kept = named + dt.timedelta({5: -1, 6: 1}.get(named.weekday(), 0))
        if kept.year == year:
            yield kept


def _closed(calendar: HolidayCalendar, year: int) -> list[dt.date]:
    days = (dt.date(year, 1, 1) + dt.timedelta(i) for i in range(366))
    return [d for d in days if d.year == year and d.weekday() < 5 and calendar.holiday(d)]


@pytest.mark.parametrize("year", range(2005, 2021))
def test_holidays_of_the_united_states_are_those_of_the_law(year: int) -> None:
    calendar = HolidayCalendar.model_validate({"country": "US"})
    assert _closed(calendar, year) == sorted(_federal(year))


@pytest.mark.parametrize("year", range(2013, 2018))
def test_closed_days_of_the_exchange_are_those_of_its_rule(year: int) -> None:
    """Years without a day of mourning or a storm, which the exchange announces by itself."""
    calendar = HolidayCalendar.model_validate({"market": "XNYS"})
    assert _closed(calendar, year) == sorted(_of_the_exchange(year))
