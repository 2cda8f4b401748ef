"""Leases: which run works on a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lease:
    """The right of one owner to work on one batch until it expires."""

    dataset: str
    batch: str
    owner: str
    token: int
    expires: datetime
