"""Dates and moments, to the microsecond and in the years 1 to 9999, or not at all."""

from __future__ import annotations

from typing import Final

from assay.contract import Column
from assay.ingest.readers._local_time import in_utc
from assay.ingest.readers._text_sql import literal, trimmed, when
from assay.moment_format import format_pattern, names_zone, says_twice

_TIMESTAMPS: Final = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_ZONED_TYPE: Final = "TIMESTAMP WITH TIME ZONE"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE: Final = _DAY + r"([ T]00:00(:00(\.0+)?)?)?"
_TIME: Final = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
_TIMESTAMP: Final = _DAY + r"([ T]" + _TIME + r")?"
_OFFSET: Final = r"(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9](:?[0-5][0-9])?)?)"
_ZONED: Final = _DAY + r"[ T]" + _TIME + _OFFSET
_FIRST, _LAST = "TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'"
"""What Python, pandas and most databases can hold."""
_EDGES: Final = "('0000', '0001', '9999')"


def date_from_text(column: Column, text: str) -> str:
    """SQL for the date that a text is, in the column's format or ISO 8601; null where it is none.

    A time of day other than midnight would be lost, so such a text is none.
    """
    bare = trimmed(text)
    if column.format:
        return _whole_day(_within(_by_format(column.format, bare)))
    return when(bare, _DATE, _near_edges(bare, f"TRY_CAST(left({bare}, 10) AS DATE)"))


def timestamp_from_text(column: Column, text: str) -> str:
    """SQL for the moment that a text is, in the column's format or ISO 8601, in UTC.

    Of a clock on a wall: for what it showed, as it is written.
    """
    local = in_utc(column, local_from_text(column, text))
    zoned = zoned_from_text(column, text)
    if not column.is_moment:
        return local
    if column.format:
        return zoned if names_zone(column.format) else local
    # A zoned text first: reading a local one in its zone costs more.
    return f"coalesce({zoned}, {local})"


def local_from_text(column: Column, text: str) -> str:
    """SQL for the moment that a text without a zone says, as it is written; null elsewhere."""
    bare = trimmed(text)
    if column.format:
        return "NULL" if names_zone(column.format) else _within(_by_format(column.format, bare))
    return when(bare, _TIMESTAMP, _near_edges(bare, f"TRY_CAST({bare} AS TIMESTAMP)"))


def zoned_from_text(column: Column, text: str) -> str:
    """SQL for the moment that a text with its zone says, in UTC; null elsewhere."""
    bare = trimmed(text)
    if column.format:
        return _within(_by_format(column.format, bare)) if names_zone(column.format) else "NULL"
    # DuckDB reads no offset right after the minutes.
    whole = f"left({bare}, 16) || ':00' || substr({bare}, 17)"
    timed = f"CASE WHEN substr({bare}, 17, 1) = ':' THEN {bare} ELSE {whole} END"
    return when(bare, _ZONED, _near_edges(bare, utc(f"TRY_CAST({timed} AS TIMESTAMPTZ)")))


def date_from_typed(value: str, found: str) -> str | None:
    """SQL for a date from a typed one, or from midnight; None for another type."""
    if found == "DATE":
        return _within(value)
    if found not in _TIMESTAMPS:
        return None
    # In microseconds, because nanoseconds don't reach the years that they are compared with.
    return _whole_day(_within(_in_microseconds(value, found)))


def timestamp_from_typed(column: Column, value: str, found: str) -> str | None:
    """SQL for a moment from a typed one, in UTC; None for another type.

    A zoned one is none of what a clock on a wall showed.
    """
    if found == _ZONED_TYPE:
        return _within(utc(value)) if column.is_moment else None
    if found not in _TIMESTAMPS | {"DATE"}:
        return None
    return in_utc(column, _within(_in_microseconds(value, found)))


def text_of_moment(value: str, found: str) -> str | None:
    """SQL for the text of a zoned moment, in UTC whatever the machine's zone; None for the rest."""
    if found != _ZONED_TYPE:
        return None
    # An infinite one is the same in every zone, and has no count of microseconds.
    return f"coalesce(CAST({utc(value)} AS VARCHAR) || '+00', CAST({value} AS VARCHAR))"


def utc(moment: str) -> str:
    """SQL for a zoned moment as a naive one in UTC, whatever the session's zone."""
    return f"make_timestamp(epoch_us({moment}))"


def _by_format(form: str, text: str) -> str:
    moment = f"try_strptime({text}, {literal(form)})"
    if names_zone(form):
        return when(text, format_pattern(form), utc(moment))
    read = f"TRY_CAST({moment} AS TIMESTAMP)"
    if says_twice(form):
        # DuckDB takes no notice of a wrong weekday.
        written = f"lower(strftime({moment}, {literal(form)}))"
        read = f"CASE WHEN {written} = lower({text}) THEN {read} END"
    return when(text, format_pattern(form), read)


def _in_microseconds(value: str, found: str) -> str:
    moment = f"TRY_CAST({value} AS TIMESTAMP)"
    if found != "TIMESTAMP_NS":
        return moment
    return f"CASE WHEN CAST({moment} AS TIMESTAMP_NS) = {value} THEN {moment} END"


def _whole_day(value: str) -> str:
    day = f"CAST({value} AS DATE)"
    return f"CASE WHEN {value} = {day} THEN {day} END"


def _within(value: str) -> str:
    return f"CASE WHEN {value} BETWEEN {_FIRST} AND {_LAST} THEN {value} END"


def _near_edges(text: str, value: str) -> str:
    """A value within the years, looked at only where the year's four digits leave a doubt."""
    return f"CASE WHEN left({text}, 4) IN {_EDGES} THEN {_within(value)} ELSE {value} END"
