"""How fresh a batch must be, and when it must be there, from the service levels of a contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from assay.contract import _odcs as odcs
from assay.contract._model import Column, Freshness, Punctuality
from assay.contract.rule import Severity
from assay.errors import did_you_mean

PROPERTIES: Final = ("latency", "ly", "freshness")
"""Properties of a service level that are judged; the standard's own are the first two."""
_UNITS: Final[Mapping[str, timedelta]] = {
    name: step
    for names, step in (
        ("s sec second seconds", timedelta(seconds=1)),
        ("min minute minutes", timedelta(minutes=1)),
        ("h hr hour hours", timedelta(hours=1)),
        ("d day days", timedelta(days=1)),
        ("w week weeks", timedelta(weeks=1)),
    )
    for name in names.split()
}


def freshness(
    level: odcs.ServiceLevel, table: str, columns: Mapping[str, Column], severity: Severity
) -> Freshness:
    """The freshness that a service level requires of its element, ``table.column``.

    Raises
    ------
    ValueError
        If it names no column with dates, or no duration.
    """
    owner, _, name = (level.element or "").rpartition(".")
    if not level.element or owner not in {"", table} or name not in columns:
        known = [f"{table}.{c.name}" for c in columns.values() if c.type in {"date", "timestamp"}]
        hint = did_you_mean(level.element or "", known)
        raise ValueError(f"element names no column of {table}. {hint}".rstrip())
    if columns[name].type not in {"date", "timestamp"}:
        raise ValueError(f"{name} is a {columns[name].type}, not a date or a timestamp")
    return Freshness(column=name, max_age=_span(level), severity=severity)


def punctuality(level: odcs.ServiceLevel, table: str, severity: Severity) -> Punctuality | None:
    """When a batch must be there: the ``latency`` of the table as a whole; None for another level.

    Raises
    ------
    ValueError
        If it names no duration.
    """
    latency = level.property.lower() in {"latency", "ly"}
    if not latency or level.element not in {None, "", table}:
        return None
    return Punctuality(max_delay=_span(level), severity=severity)


def _span(level: odcs.ServiceLevel) -> timedelta:
    """The duration of a service level."""
    unit = _UNITS.get(level.unit or "")
    if unit is None:
        raise ValueError(f"unit is {level.unit!r}, expected one of: {', '.join(_UNITS)}")
    try:
        span = float(level.value) * unit if not isinstance(level.value, bool | None) else None
    except (ValueError, OverflowError):
        span = None
    if span is None or span < timedelta(0):
        raise ValueError(f"value is {level.value!r}, expected a number of {level.unit}, 0 or more")
    return span
