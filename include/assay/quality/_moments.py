"""Moments that a contract names, as the columns of moments hold them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from assay.contract import Column
from assay.quality._frame import moment


def as_stored(column: Column, text: str) -> str:
    """A date, or a moment in UTC without its zone, as ISO text.

    A moment without a zone is read in the column's own, as its values are.
    """
    value = moment(text)
    if column.is_moment and column.timezone is not None:
        zone = ZoneInfo(column.timezone)
        value = (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(dt.UTC)
    return value.replace(tzinfo=None).isoformat()
