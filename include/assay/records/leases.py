"""Leases: which run works on a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LONGEST: Final = timedelta(minutes=10)
"""The longest time for which a lease is given or prolonged at once."""


@dataclass(frozen=True)
class Lease:
    """The right of one owner to work on one batch until it expires."""

    dataset: str
    batch: str
    owner: str
    token: int
    expires: datetime


@dataclass(frozen=True)
class BrokenLease(Lease):
    """A lease that a person ended before it had expired, and why."""

    reason: str
    author: str
    at: datetime
