"""Verdicts of the gates on a batch, and single measurements of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.verdict import Verdict


@dataclass(frozen=True)
class VerdictRecord:
    """A verdict with what it is about."""

    dataset: str
    batch: str
    key: str
    run_id: str | None
    at: datetime
    verdict: Verdict


@dataclass(frozen=True)
class TrendPoint:
    """One measurement of one batch, for a line over batches."""

    batch: str
    key: str
    gate: str
    name: str
    column: str | None
    group: str | None
    value: float | None
    unit: str
    n: int | None
    at: datetime
