"""When a delivery is expected: weekdays, holidays, listed exceptions, and when it is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from assay.contract._holidays import HolidayCalendar
from assay.contract._partition import Partition

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS: Final = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class BatchSpan(BaseModel):
    """All batches from one key to another, both included."""

    model_config = _KEYS

    first: str = Field(description="First batch.")
    last: str = Field(description="Last batch.")


class Delivery(BaseModel):
    """Which batches are expected.

    Where a batch isn't expected and nothing arrives, its run ends well, and the batch is
    `not_expected`. What arrives all the same is judged like every other batch. Moving references,
    ranges of pinned ones and calibration pass over what isn't expected.
    """

    model_config = _KEYS

    weekdays: tuple[Weekday, ...] = Field(
        WEEK, min_length=1, description="Of days: those of the week with a delivery."
    )
    holidays: tuple[HolidayCalendar, ...] = Field(
        (), description="Of days: calendars on whose holidays there is none."
    )
    closed: tuple[str | BatchSpan, ...] = Field(
        (), description="Further batches without a delivery: keys, or `first` and `last`."
    )
    open: tuple[str | BatchSpan, ...] = Field(
        (), description="Batches with a delivery all the same, on a holiday for example."
    )
    optional: bool = Field(
        False, description="Whether no delivery is fine, for every batch that is expected too."
    )

    def why_closed(self, key: str, partition: Partition) -> str | None:
        """Why no delivery of a batch is expected; None for one that is.

        Examples
        --------
        >>> partition = Partition(grain="day", first="2024-01-01")
        >>> working = Delivery(weekdays=WEEK[:5], holidays=[{"country": "US"}])
        >>> working.why_closed("2024-07-06", partition), working.why_closed("2024-07-05", partition)
        ('it is a Saturday', None)
        >>> working.why_closed("2024-07-04", partition)
        'it is Independence Day (US)'
        """
        if _among(key, self.open):
            return None
        if _among(key, self.closed):
            return "the contract lists it as closed"
        return self._why_day_closed(partition.start(key)) if partition.grain == "day" else None

    def _why_day_closed(self, day: dt.date) -> str | None:
        if WEEK[day.weekday()] not in self.weekdays:
            return f"it is a {day:%A}"
        for calendar in self.holidays:
            if name := calendar.holiday(day):
                return f"it is {name} ({calendar.name})"
        return None

    def faults(self, partition: Partition) -> Iterator[str]:
        """What doesn't fit the calendar of the batches."""
        if partition.grain != "day" and (self.holidays or self.weekdays != WEEK):
            yield f"weekdays and holidays are of daily batches, and these are by {partition.grain}"
        for entry in (*self.closed, *self.open):
            for key in (entry,) if isinstance(entry, str) else (entry.first, entry.last):
                if not partition.is_key(key):
                    yield f"{key!r} is no key of grain {partition.grain}"
            if isinstance(entry, BatchSpan) and entry.first > entry.last:
                yield f"first {entry.first!r} is after last {entry.last!r}"


def _among(key: str, entries: tuple[str | BatchSpan, ...]) -> bool:
    return any(
        key == entry if isinstance(entry, str) else entry.first <= key <= entry.last
        for entry in entries
    )
