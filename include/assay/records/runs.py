"""Attempts at batches: the state of each, and where its rows went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from assay.verdict import Outcome


class BatchState(StrEnum):
    """The state of a batch, which isn't its verdict."""

    RUNNING = "running"
    CANDIDATE = "candidate"
    HELD = "held"
    RELEASED = "released"
    FORCED = "forced"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ERASED = "erased"
    NOT_EXPECTED = "not_expected"


OUT: Final = frozenset({BatchState.RELEASED, BatchState.FORCED})
"""The states in which a batch's rows are with its readers."""
_WITHOUT_READERS: Final = frozenset(
    {
        BatchState.RUNNING,
        BatchState.CANDIDATE,
        BatchState.HELD,
        BatchState.SUPERSEDED,
        BatchState.NOT_EXPECTED,
    }
)


@dataclass(frozen=True)
class Counts:
    """Where the rows of a batch went; ``rows_in`` is the sum of all the others.

    What isn't quarantined, dropped or suppressed is held until its batch is released or forced.

    Parameters
    ----------
    rows_in, released, held, quarantined, dropped, suppressed : int
        Rows, at least 0.

    Examples
    --------
    >>> Counts(rows_in=10, released=9, quarantined=1).problem(BatchState.RELEASED) is None
    True
    >>> Counts(rows_in=10, released=9).problem(BatchState.RELEASED)
    '9 of 10 rows are accounted for'
    >>> Counts(rows_in=10, released=10).problem(BatchState.HELD)
    '10 rows are called released in a batch that is held'
    """

    rows_in: int = 0
    released: int = 0
    held: int = 0
    quarantined: int = 0
    dropped: int = 0
    suppressed: int = 0

    def problem(self, state: BatchState) -> str | None:
        """Which law the numbers break in this state, None if none."""
        parts = (self.released, self.held, self.quarantined, self.dropped, self.suppressed)
        if min(self.rows_in, *parts) < 0:
            return "a number of rows is negative"
        if sum(parts) != self.rows_in:
            return f"{sum(parts)} of {self.rows_in} rows are accounted for"
        if state in _WITHOUT_READERS and self.released:
            return f"{self.released} rows are called released in a batch that is {state}"
        if state in OUT and self.held:
            return f"{self.held} rows are called held in a batch that is {state}"
        return None


@dataclass(frozen=True)
class BatchRecord:
    """One attempt at a batch, as the catalog has it."""

    dataset: str
    batch: str
    run_id: str
    run_type: str
    state: BatchState
    verdict: Outcome | None
    reasons: tuple[str, ...]
    counts: Counts
    version: str | None
    input_sha: str | None
    started: datetime
    ended: datetime | None


class Arrival(NamedTuple):
    """An attempt that found an input: what a sweep asks of runs.

    Parameters
    ----------
    version : str or None
        What was made of the input; None where that is known of no version.
    """

    dataset: str
    batch: str
    input_sha: str
    version: str | None
    started: datetime
