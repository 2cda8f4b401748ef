"""Columns that restate when their batch is: its day, its month, its moments as numbers.

What such a column holds on one day it never holds on the next, so that no limit may come of it.
Its clock may be that of another time zone than the batch's: then one day of the batch is parts of
two days of the column.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from assay.onboarding.evidence._column_names import names_period

_EPOCH: Final = dt.datetime(1970, 1, 1)
_DAY: Final = dt.timedelta(days=1)
_STEP: Final = 0.5  # hours: India's clock, for one, is half an hour off a whole one
_MOST_HOURS: Final = 14
_ENOUGH_BATCHES: Final = 3
_KEYS: Final = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d"}
_OF_WEEK: Final = "day of the week"
_NAMED: Final[Mapping[str, Callable[[dt.datetime], int]]] = {
    "day of the month": lambda t: t.day,
    "day of the year": lambda t: t.timetuple().tm_yday,
    _OF_WEEK: lambda t: t.weekday(),
    f"{_OF_WEEK}, from 1": lambda t: t.isoweekday(),
    "week": lambda t: t.isocalendar().week,
    "month": lambda t: t.month,
    "quarter": lambda t: (t.month + 2) // 3,
    "year": lambda t: t.year,
}
"""Small numbers, which many columns hold: its name must say so, or several differing batches."""
_TELLING: Final[Mapping[str, Callable[[dt.datetime], int]]] = {
    "date as YYYYMMDD": lambda t: 10_000 * t.year + 100 * t.month + t.day,
    "month as YYYYMM": lambda t: 100 * t.year + t.month,
    "days since 1970": lambda t: (t - _EPOCH).days,
}
_LEAST_TELLING: Final = 7_305
"""The days from 1970 to 1990: a smaller number is taken for no date, which saves the tries."""
_SINCE: Final = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}


@dataclass(frozen=True)
class Restated:
    """What of its batch a column restates, by a clock so many hours ahead of the batch's at least.

    ``hours`` is negative where the column's clock is behind.
    """

    form: str
    hours: float = 0.0

    @property
    def text(self) -> str:
        """What was found, as a remark or a comment has it."""
        found = f"it restates the batch ({self.form}), so nothing is expected of its values"
        if not self.hours:
            return found
        side = "ahead of" if self.hours > 0 else "behind"
        return (
            f"{found}; its clock is {abs(self.hours):g} hours or more {side} the contract's "
            "timezone, which may be wrong"
        )


def period(key: str) -> tuple[dt.datetime, dt.datetime] | None:
    """When a batch begins and ends on its own clock; None if it has no canonical key.

    Examples
    --------
    >>> [moment.isoformat() for moment in period("2024-02")]
    ['2024-02-01T00:00:00', '2024-03-01T00:00:00']
    """
    try:
        start = dt.datetime.strptime(key, _KEYS.get(len(key), "-"))
    except ValueError:
        return None
    if not dt.MINYEAR < start.year < dt.MAXYEAR:
        return None  # another clock may leave the years that there are
    if len(key) == len("2024-02-01"):
        return start, start + _DAY
    month = 12 * start.year + start.month - 1 + (1 if len(key) == len("2024-02") else 12)
    return start, start.replace(year=month // 12, month=month % 12 + 1)


def find_restated(name: str, batches: Mapping[str, Sequence[float]]) -> Restated | None:
    """What a column restates of its batches, by the clock nearest to theirs.

    Parameters
    ----------
    name : str
        The column's name.
    batches : mapping of str to sequence of float
        Key of a batch → the numbers that the column holds in it; of many, the ends and the mean.

    Returns
    -------
    Restated or None
        None where no form fits every batch at one offset from −14 to 14 hours, in half hours.

    Examples
    --------
    >>> find_restated("day", {"2024-01-31": [31, 1]})
    Restated(form='day of the month', hours=0.5)
    >>> find_restated("children", {"2024-01-01": [1, 2]}) is None
    True
    """
    spans = {span: values for key, values in batches.items() if (span := period(key)) and values}
    if not spans:
        return None
    differing = {frozenset(values) for values in spans.values()}
    sure = len(differing) >= _ENOUGH_BATCHES or names_period(name)
    if not sure and any(min(values) < _LEAST_TELLING for values in spans.values()):
        return None
    forms = dict(_forms(sure=sure))
    for hours in _offsets():
        shift = dt.timedelta(hours=hours)
        for form, fits in forms.items():
            if all(fits(start + shift, end + shift, values)
                   for (start, end), values in spans.items()):  # fmt: skip
                # A week may be counted from 0 or from 1, so that it doesn't show the clock.
                return Restated(form, 0.0 if form.startswith(_OF_WEEK) else hours)
    return None


Fits = Callable[[dt.datetime, dt.datetime, Sequence[float]], bool]


def _offsets() -> Iterator[float]:
    """Hours from 0 outward, by half hours."""
    yield 0.0
    for i in range(1, int(_MOST_HOURS / _STEP) + 1):
        yield from (i * _STEP, -i * _STEP)


def _forms(*, sure: bool) -> Iterator[tuple[str, Fits]]:
    for form, part in {**_TELLING, **(_NAMED if sure else {})}.items():
        yield form, _parts(part)
    for unit, each in _SINCE.items():
        yield f"{unit} since 1970", _moments(each)


def _parts(part: Callable[[dt.datetime], int]) -> Fits:
    """Whether values are those that a part of the calendar has in a period, two at most."""

    def fits(start: dt.datetime, end: dt.datetime, values: Sequence[float]) -> bool:
        day, known = start.replace(hour=0, minute=0), set[int]()
        while day < end and len(known) <= 2:
            known.add(part(day))
            day += _DAY
        return len(known) <= 2 and set(values) <= known

    return fits


def _moments(each: int) -> Fits:
    """Whether values lie in a period, counted from 1970 by so many a second."""

    def fits(start: dt.datetime, end: dt.datetime, values: Sequence[float]) -> bool:
        first, last = (
            (moment - _EPOCH) / dt.timedelta(seconds=1) * each for moment in (start, end)
        )
        return all(math.isfinite(v) and first <= v <= last for v in values)

    return fits
