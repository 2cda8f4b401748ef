"""The moment that a period counts from, the moment that it ends, and how a plan says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from assay.policy.retention import CountsFrom, Period, WrittenPeriod

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Landed(Protocol):
    """What has landed; it may have the other moments that a period counts from."""

    @property
    def landed_at(self) -> datetime: ...


def days_after(moment: datetime, days: int) -> datetime:
    """A moment some days later; the last one that there is, if the calendar doesn't reach so far.

    Examples
    --------
    >>> days_after(datetime(2026, 1, 1, tzinfo=UTC), 10_000_000_000).year
    9999
    """
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return _NEVER


def start_of(item: Landed, period: Period | WrittenPeriod) -> tuple[CountsFrom, datetime]:
    """What an item's period counts from, and when that was; it landed, where it has no other."""
    moment: datetime | None = getattr(item, period.counts_from)
    return ("landed_at", item.landed_at) if moment is None else (period.counts_from, moment)


def due_by(since: datetime, period: Period | WrittenPeriod) -> tuple[datetime, datetime]:
    """When the maximum age is reached, and when the statutory minimum is as well."""
    least = period.min_age_days if isinstance(period, Period) else 0
    return days_after(since, period.max_age_days), days_after(
        since, max(least, period.max_age_days)
    )


def basis_of(period: Period | WrittenPeriod) -> str | None:
    """The legal basis of a period in words; None where it names none."""
    basis = period.basis if isinstance(period, Period) else None
    return None if basis is None else str(basis)


def kept_for(period: Period | WrittenPeriod, counts_from: CountsFrom) -> str:
    """How long something is kept, in words."""
    fallback = f" (it has no {period.counts_from})" if counts_from != period.counts_from else ""
    days = "day" if period.max_age_days == 1 else "days"
    return f"kept {period.max_age_days} {days} from {counts_from}{fallback}"
