"""How fresh a batch must be, from the service levels of a contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from assay.contract import _odcs as odcs
from assay.contract._model import Column, Freshness
from assay.contract.rule import Severity
from assay.errors import did_you_mean

PROPERTIES: Final = ("latency", "ly", "freshness")
"""Properties of a service level that require freshness; the standard's own are the first two."""
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
    unit = _UNITS.get(level.unit or "")
    if unit is None:
        raise ValueError(f"unit is {level.unit!r}, expected one of: {', '.join(_UNITS)}")
    try:
        age = float(level.value) * unit if not isinstance(level.value, bool | None) else None
    except (ValueError, OverflowError):
        age = None
    if age is None or age < timedelta(0):
        raise ValueError(f"value is {level.value!r}, expected a number of {level.unit}, 0 or more")
    return Freshness(column=name, max_age=age, severity=severity)
