"""A stage may take longer than a lease; a run that lost its lease writes nothing."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay import stages
from assay.errors import LeaseError
from assay.stages._lease import working
from assay.stages._work import Finished, once

DAY = "2024-01-03"
BEGAN = datetime(2024, 2, 1, tzinfo=UTC)


class Clock:
    """Five minutes a second."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return BEGAN + 300 * timedelta(seconds=time.monotonic() - self._began)


def _pinned(ready: Any, clock: Any) -> tuple[stages.Office, stages.Ticket]:
    ready.now = clock
    office = ready.office
    return office, stages.pin(office, "visits", DAY, "long", "manual")


def test_a_stage_longer_than_its_lease_keeps_it(ready: Any) -> None:
    clock = Clock()
    office, ticket = _pinned(ready, clock)
    with working(office, ticket):
        until = clock() + timedelta(minutes=25)
        while clock() < until:
            time.sleep(0.05)
            with pytest.raises(LeaseError, match="another run works on this batch"):
                stages.pin(office, "visits", DAY, "impatient", "manual")
    assert [x.owner for x in office.catalog.live_leases(clock())] == ["long"]
    assert all(t.name != "keep the lease" for t in threading.enumerate())


def test_a_stage_that_slept_past_its_lease_leaves_no_result(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    now = [BEGAN]
    office, ticket = _pinned(ready, lambda: now[0])
    ticket, _ = stages.ingest(office, ticket)

    finished = Finished(result=stages.StageResult(stage="slow"))

    def slept() -> Finished:
        now[0] += timedelta(minutes=11)
        stages.pin(office, "visits", DAY, "next", "manual")
        return finished

    with pytest.raises(LeaseError, match="taken this batch over"):
        once(office, ticket, "slow", slept)
    assert not list((ready.home / "work").rglob("slow.json"))
