"""When a period ends, however long it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


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
