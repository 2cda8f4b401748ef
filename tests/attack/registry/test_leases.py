"""A lease whose holder is gone, whatever its clock said, blocks nobody for long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from assay.errors import LeaseError

DAY = "2024-01-03"
TTL = timedelta(minutes=10)


def test_a_clock_that_was_a_day_ahead(ready: Any) -> None:
    leases, now = ready.services.catalog.leases, ready.now()
    tomorrow = now + timedelta(days=1)
    lost = leases.acquire("visits", DAY, "gone", now=tomorrow, ttl=TTL)
    assert leases.live(now) == []
    taken = leases.acquire("visits", DAY, "next", now=now, ttl=TTL)
    assert taken.expires == now + TTL
    with pytest.raises(LeaseError, match="taken this batch over"):
        leases.renew(lost, now=tomorrow, ttl=TTL)


def test_a_clock_that_is_minutes_ahead_still_excludes(ready: Any) -> None:
    leases, now = ready.services.catalog.leases, ready.now()
    leases.acquire("visits", DAY, "ahead", now=now + timedelta(minutes=8), ttl=TTL)
    with pytest.raises(LeaseError, match="held by ahead"):
        leases.acquire("visits", DAY, "next", now=now, ttl=TTL)


def test_one_command_breaks_it_on_record(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    services = ready.services
    gone = services.catalog.leases.acquire("visits", DAY, "gone", now=ready.now(), ttl=TTL)
    with pytest.raises(LeaseError, match=f"assay leases break visits {DAY}"):
        ready.run("visits", DAY)
    about = {"reason": "its host is lost", "author": "vera", "at": ready.now()}
    broken = services.catalog.leases.break_off("visits", DAY, **about)
    assert (broken.owner, broken.author, broken.reason) == ("gone", "vera", "its host is lost")
    assert services.catalog.leases.broken() == [broken]
    with pytest.raises(LeaseError, match="taken this batch over"):
        services.catalog.leases.renew(gone, now=ready.now(), ttl=TTL)
    with pytest.raises(LeaseError, match="taken this batch over"):
        services.catalog.batches.start(
            "visits", DAY, "gone", run_type="manual", at=ready.now(), token=gone.token
        )
    ready.run("visits", DAY)
    with pytest.raises(LeaseError, match="nobody holds"):
        services.catalog.leases.break_off("visits", DAY, **about)
