"""Partition keys: which batches a data set has, and when each begins and ends."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay.errors import InputError, did_you_mean

Grain = Literal["day", "month", "year"]
_FORMAT: Final = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_SHAPE: Final = {"day": r"\d{4}-\d{2}-\d{2}", "month": r"\d{4}-\d{2}", "year": r"\d{4}"}
_MOST_KEYS: Final = 1 << 15
"""Keys and days that are remembered: those of ninety years of days."""
_CRON: Final = {"day": "0 0 * * *", "month": "0 0 1 * *", "year": "0 0 1 1 *"}


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def day_start(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The first moment of a day in a time zone, in UTC.

    Where the clock skips midnight, the day begins when the clock has been put forward; where
    midnight comes twice, it begins with the first one. A day that a zone skips as a whole begins
    when the next one does.

    Examples
    --------
    >>> str(day_start(dt.date(2024, 4, 26), ZoneInfo("Africa/Cairo")))
    '2024-04-25 22:00:00+00:00'
    """
    return _day_start(day, zone)


@lru_cache(_MOST_KEYS)
def _day_start(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    midnight = dt.datetime.combine(day, dt.time(), zone)
    late, early = (midnight.replace(fold=n).astimezone(dt.UTC) for n in (0, 1))
    if late <= early:  # midnight is on the clock, once or twice
        return late
    while late - early > dt.timedelta(seconds=1):
        middle = early + (late - early) // 2
        middle -= dt.timedelta(microseconds=middle.microsecond)
        early, late = (early, middle) if middle.astimezone(zone).date() >= day else (middle, late)
    return late


@lru_cache(_MOST_KEYS)
def _first_day(grain: Grain, key: str) -> dt.date | None:
    """The first day of a key; None where it is no key of the grain."""
    if not re.fullmatch(_SHAPE[grain], key, flags=re.ASCII):
        return None
    year, month, day = (*map(int, key.split("-")), 1, 1)[:3]
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


class Partition(BaseModel):
    """The calendar of a data set's batches.

    A partition key is canonical: ``2013-02-04`` for a day, ``2013-02`` for a month, ``2013`` for a
    year, and nothing else, because keys become paths.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    grain: Grain = Field(description="How long a batch is: `day`, `month` or `year`.")
    timezone: str = Field("UTC", description="IANA time zone in which a batch begins and ends.")
    first: str = Field(description="Key of the first batch.")
    last: str | None = Field(None, description="Key of the last batch, for a finished data set.")
    column: str | None = Field(
        None, description="Column that holds a row's date, if rows must lie within their batch."
    )

    @model_validator(mode="after")
    def _canonical(self) -> Partition:
        if not is_zone(self.timezone):
            hint = did_you_mean(self.timezone, available_timezones())
            raise ValueError(f"no such time zone: {self.timezone!r}. {hint}".rstrip())
        for name, key in (("first", self.first), ("last", self.last)):
            if key is not None and not self.is_key(key):
                raise ValueError(f"{name} is no key of grain {self.grain}: {key!r}")
            if key is not None and self.ended(key) is None:
                raise ValueError(
                    f"{name} has no beginning or no end that a calendar knows: {key!r}"
                )
        if self.last is not None and self.last < self.first:
            raise ValueError(f"last {self.last!r} is before first {self.first!r}")
        return self

    @property
    def key_format(self) -> str:
        """The strftime format of a key."""
        return _FORMAT[self.grain]

    @property
    def cron(self) -> str:
        """When the batch that ended is due: midnight after the last day of the grain."""
        return _CRON[self.grain]

    def is_key(self, key: str) -> bool:
        """Whether a text is a canonical key of this grain, inside or outside the calendar."""
        return _first_day(self.grain, key) is not None

    def keys_in(self, text: str) -> tuple[str, ...]:
        """The different keys of this grain that stand in a text, in order; days aren't months.

        Examples
        --------
        >>> Partition(grain="day", first="2024-01-01").keys_in("loans-2024-01-02.csv")
        ('2024-01-02',)
        >>> Partition(grain="month", first="2024-01").keys_in("loans-2024-01-02.csv")
        ()
        """
        found = re.findall(rf"(?<!\d){_SHAPE[self.grain]}(?!-?\d)", text, flags=re.ASCII)
        return tuple(dict.fromkeys(filter(self.is_key, found)))

    def parse(self, key: str) -> str:
        """The key itself, once it is known to be canonical and within the calendar.

        Raises
        ------
        InputError
            If it isn't a key of this grain, or lies before the first or after the last batch.
        """
        if not self.is_key(key):
            expected = f"{self.grain} like {self.first}"
            raise InputError("not a partition key", got=key, expected=expected)
        if key < self.first or (self.last is not None and key > self.last):
            what = "no such batch in the calendar of the contract"
            raise InputError(what, got=key, expected=f"{self.first} … {self.last or 'no end'}")
        return key

    def start(self, key: str) -> dt.date:
        """First day of a batch.

        Raises
        ------
        ValueError
            If it is no key of this grain.
        """
        day = _first_day(self.grain, key)
        if day is None:
            raise ValueError(f"no key of grain {self.grain}: {key!r}")
        return day

    def end(self, key: str) -> dt.date:
        """First day after a batch."""
        first = self.start(key)
        if self.grain == "day":
            return first + dt.timedelta(days=1)
        if self.grain == "month":
            return (first + dt.timedelta(days=32)).replace(day=1)
        return first.replace(year=first.year + 1)

    def bounds(self, key: str) -> tuple[dt.datetime, dt.datetime]:
        """Start (inclusive) and end (exclusive) of a batch as moments in UTC."""
        zone = ZoneInfo(self.timezone)
        return day_start(self.start(key), zone), day_start(self.end(key), zone)

    def before_end(self, key: str, age: dt.timedelta) -> dt.datetime:
        """The moment, in UTC, that lies so long before the end of a batch.

        Whole days are days of the calendar, also where the clock changes and one has 23 hours.
        """
        day = self.end(key) - dt.timedelta(days=age.days)
        return day_start(day, ZoneInfo(self.timezone)) - (age - dt.timedelta(days=age.days))

    def after_end(self, key: str, delay: dt.timedelta) -> dt.datetime:
        """The moment, in UTC, that lies so long after the end of a batch; whole days as above."""
        day = self.end(key) + dt.timedelta(days=delay.days)
        return day_start(day, ZoneInfo(self.timezone)) + (delay - dt.timedelta(days=delay.days))

    def ended(self, key: str) -> dt.datetime | None:
        """When a batch ended, in UTC; None for what is no key of this grain.

        Folders and records may be older than the contract, whose grain was another then.

        Examples
        --------
        >>> p = Partition(grain="year", first="2013")
        >>> str(p.ended("2013")), p.ended("2013-01"), p.ended("9999")
        ('2014-01-01 00:00:00+00:00', None, None)
        """
        try:
            return self.bounds(key)[1] if self.is_key(key) else None
        except (ValueError, OverflowError):  # no calendar reaches so far
            return None

    def keys(self, first: str, last: str) -> Iterator[str]:
        """Keys from ``first`` to ``last``, both included, in order.

        Examples
        --------
        >>> p = Partition(grain="month", first="2013-01")
        >>> list(p.keys("2013-11", "2014-01"))
        ['2013-11', '2013-12', '2014-01']
        """
        day, until = self.start(first), self.start(last)
        while day <= until:
            key = day.strftime(self.key_format)
            yield key
            day = self.end(key)

    def before(self, key: str) -> str | None:
        """The key just before one, None before the first batch."""
        previous = (self.start(key) - dt.timedelta(days=1)).strftime(self.key_format)
        return previous if previous >= self.first else None
