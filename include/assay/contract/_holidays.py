"""Public holidays and the closed days of markets, by the library ``holidays``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay.errors import did_you_mean

if TYPE_CHECKING:
    from holidays import HolidayBase


class HolidayCalendar(BaseModel):
    """The holidays of a country, or the closed days of a market."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str | None = Field(None, description="ISO 3166 code of a country, such as `DE`.")
    subdivision: str | None = Field(
        None, description="Of a country: ISO 3166-2 code of a part of it, such as `BY`."
    )
    categories: tuple[str, ...] = Field(
        ("public",),
        description="Of a country: which of its holidays, such as `public`, `bank`, `school`.",
    )
    market: str | None = Field(
        None, description="Instead of a country: a market, such as `XNYS` or `XECB`."
    )

    @model_validator(mode="after")
    def _known(self) -> HolidayCalendar:
        if (self.country is None) == (self.market is None):
            raise ValueError("name a country or a market")
        if fault := _fault(self):
            raise ValueError(fault)
        return self

    @property
    def name(self) -> str:
        """The calendar's name for people."""
        place = f"{self.country}-{self.subdivision}" if self.subdivision else self.country
        return str(self.market or place)

    def holiday(self, day: dt.date) -> str | None:
        """The name of the holiday that a day is; None for an ordinary day."""
        found: str | None = _calendar(self).get(day)
        return found


def _fault(calendar: HolidayCalendar) -> str | None:
    """What the library doesn't know of a calendar, with the nearest that it knows."""
    from holidays.registry import COUNTRIES, FINANCIAL

    known = FINANCIAL if calendar.market else COUNTRIES
    codes = {code: name for name, *codes in known.values() for code in codes}
    got = str(calendar.market or calendar.country)
    if got not in codes:
        kind = "market" if calendar.market else "country"
        return f"no calendar of holidays for the {kind} {got!r}. {_nearest(got, codes)}".rstrip()
    whole = _base(calendar, None, ("public",))
    if calendar.subdivision is not None and calendar.subdivision not in whole.subdivisions:
        return _unknown(got, "subdivision", calendar.subdivision, whole.subdivisions)
    unknown = [c for c in calendar.categories if c not in whole.supported_categories]
    if unknown and calendar.country:
        return _unknown(got, "category", unknown[0], sorted(whole.supported_categories))
    return None


def _nearest(got: str, codes: dict[str, str]) -> str:
    """The code that may be meant, by a code or by a country's name."""
    plain: dict[str, str] = {}
    for code, name in codes.items():
        plain.setdefault(name.lower(), code)
        plain.setdefault(code.lower(), code)
    named = plain.get("".join(filter(str.isalpha, got)).lower())
    return f"Did you mean {named!r}?" if named else did_you_mean(got, codes)


def _unknown(place: str, kind: str, got: str, known: Sequence[str]) -> str:
    hint = did_you_mean(got, known) or f"It has: {', '.join(known) or 'none'}."
    return f"no such {kind} of {place}: {got!r}. {hint}"


@cache
def _calendar(calendar: HolidayCalendar) -> HolidayBase:
    return _base(calendar, calendar.subdivision, calendar.categories)


def _base(calendar: HolidayCalendar, part: str | None, categories: tuple[str, ...]) -> HolidayBase:
    import holidays

    if calendar.market:
        return holidays.financial_holidays(calendar.market)
    more: dict[str, Any] = {"subdiv": part, "categories": categories, "language": "en_US"}
    return holidays.country_holidays(str(calendar.country), **more)
