"""From local times to moments: a time without a zone, read in the zone of its column, in UTC.

The zones are Python's own (``zoneinfo``), as they are for the beginning and the end of a batch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from assay.contract import Column, Contract
from assay.engine import Session, quoted
from assay.engine.functions import define_function

if TYPE_CHECKING:
    import numpy as np

_UTC: Final = frozenset({"UTC", "Etc/UTC"})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND: Final = 1_000_000
_STEP: Final = dt.timedelta(hours=6)
_CYCLE: Final = 146_097 * 86_400 * _SECOND
"""Microseconds after which the calendar of the Gregorian years begins again: 400 years."""
_FIRST, _LAST = -53_184_000_000 * _SECOND, 243_338_000_000 * _SECOND
_LEAST, _MOST = -62_135_596_800 * _SECOND, 253_402_300_800 * _SECOND - 1
"""Times whose years, and the years beside, are all in Python's calendar: years 284 to 9680."""


def define_zones(session: Session, contract: Contract) -> None:
    """Let a session read the local times of a contract's columns, as :func:`in_utc` asks for it."""
    for zone in {str(c.timezone) for c in contract.columns if has_zone(c)}:
        for repeated in (None, "earlier", "later"):
            function = partial(moments, zone=zone, repeated=repeated)
            define_function(session, _name(zone, repeated), function, "TIMESTAMP")


def has_zone(column: Column) -> bool:
    """Whether a column's local times are read in a zone whose clock isn't that of UTC."""
    return column.is_moment and column.timezone not in _UTC


def in_utc(column: Column, local: str, repeated: str | None = None) -> str:
    """SQL for the moment of a local time; null where it exists twice or never.

    What a clock on a wall showed (a column without a zone) stays as it is.
    """
    if not has_zone(column):
        return local
    return f"{quoted(_name(column.timezone, repeated or column.repeated_hour))}({local})"


def _name(zone: str | None, repeated: str | None) -> str:
    return f"moments {zone} {repeated}"


def moments(local: Any, zone: str, repeated: str | None = None) -> Any:
    """Moments in UTC of local times; null where a local time exists twice or never.

    Null, too, where the moment is before the year 1 or after 9999.

    Parameters
    ----------
    local : pyarrow.Array of timestamp[us]
        What the clock showed.
    zone : str
        IANA name of the time zone.
    repeated : {"earlier", "later"}, optional
        Which moment a time means that exists twice.

    Returns
    -------
    pyarrow.Array of timestamp[us]

    Notes
    -----
    Between two changes of its offset a zone's local time is one span. A time in no span has been
    skipped, a time in two exists twice.
    """
    import numpy as np
    import pyarrow as pa

    if local.null_count == len(local):
        return local
    absent = local.is_null().to_numpy(zero_copy_only=False)
    shown = local.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    moved = _within_calendar(shown)
    changes, offsets = _changes_around(zone, moved)
    earliest = np.searchsorted(changes + offsets[:-1], moved, side="right")
    latest = np.searchsorted(changes + offsets[1:], moved, side="right")
    unclear = earliest > latest if repeated else earliest != latest
    chosen = latest if repeated == "later" else earliest
    found = shown - offsets[np.minimum(chosen, len(changes))]
    beyond = (found < _LEAST) | (found > _MOST)
    return pa.array(found, pa.int64(), mask=unclear | absent | beyond).cast(pa.timestamp("us"))


def _within_calendar(shown: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same times in years that Python's calendar knows: whole cycles earlier or later."""
    import numpy as np

    over = np.maximum(shown - _LAST, 0)
    under = np.maximum(_FIRST - shown, 0)
    moved: np.ndarray[Any, Any] = shown + (-(-under // _CYCLE) + -over // _CYCLE) * _CYCLE
    return moved


def _changes_around(
    zone: str, times: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """When the offset of a zone changes around some times, and each offset, in microseconds."""
    import numpy as np

    there = np.unique(times.astype("datetime64[us]").astype("datetime64[Y]").astype(int)) + 1970
    years = sorted({int(year) + near for year in there for near in (-1, 0, 1)})
    found = [change for year in years for change in _changes_of(zone, year)]
    changes = np.array([at for at, _ in found], dtype=np.int64)
    return changes, np.array([found[0][1], *(offset for _, offset in found)], dtype=np.int64)


@cache
def _changes_of(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """Beginning of a year and each moment in it at which a zone's offset changes, with the offset.

    All in microseconds, in UTC.
    """
    return tuple(_each_change(ZoneInfo(zone), year))


def _each_change(zone: ZoneInfo, year: int) -> Iterator[tuple[int, int]]:
    at, end = (dt.datetime(y, 1, 1, tzinfo=dt.UTC) for y in (year, year + 1))
    offset = _offset(at, zone)
    yield _microseconds(at - _EPOCH), offset
    while at < end:
        later = min(at + _STEP, end)
        if _offset(later, zone) != offset:
            later = _change_before(later, at, zone)
            offset = _offset(later, zone)
            yield _microseconds(later - _EPOCH), offset
        at = later


def _change_before(late: dt.datetime, early: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The second at which the offset changes between two moments."""
    old, second = _offset(early, zone), dt.timedelta(seconds=1)
    while late - early > second:
        middle = early + (late - early) // 2 // second * second
        early, late = (middle, late) if _offset(middle, zone) == old else (early, middle)
    return late


def _offset(moment: dt.datetime, zone: ZoneInfo) -> int:
    """A zone's offset at a moment, in microseconds."""
    return _microseconds(moment.astimezone(zone).utcoffset() or dt.timedelta())


def _microseconds(span: dt.timedelta) -> int:
    return span // dt.timedelta(microseconds=1)
