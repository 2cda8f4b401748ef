"""Moments that a contract names, as the columns of moments hold them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from assay.contract import Column, Contract
from assay.quality._frame import moment


def as_stored(contract: Contract, column: Column, text: str) -> str:
    """A moment in UTC without its zone, as ISO text.

    A text without a zone is read as the column's own values are: in its default zone, else in that
    of the contract's batches. A wall clock (``timezone: false``) has no zone.
    """
    value = moment(text)
    options = column.options
    if options is not None and options.timezone is False:
        return value.replace(tzinfo=None).isoformat()
    if value.tzinfo is None:
        named = options.default_timezone if options else None
        value = value.replace(tzinfo=ZoneInfo(named or contract.partition.timezone))
    return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat()
