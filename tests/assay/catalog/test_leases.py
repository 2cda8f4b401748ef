from datetime import datetime, timedelta

import pytest

from assay.catalog import Catalog
from assay.errors import LeaseError
from assay.records.runs import Counts

TTL = timedelta(minutes=10)


def test_a_second_owner_waits_until_it_expires(catalog: Catalog, now: datetime) -> None:
    first = catalog.leases.acquire("flights", "b", "run-1", now=now, ttl=TTL)
    assert first.token == 1
    with pytest.raises(LeaseError, match="held by run-1 until 2026-01-05 06:10:00 UTC"):
        catalog.leases.acquire("flights", "b", "run-2", now=now + TTL / 2, ttl=TTL)
    assert catalog.leases.acquire("flights", "c", "run-2", now=now, ttl=TTL).token == 1
    second = catalog.leases.acquire("flights", "b", "run-2", now=now + TTL, ttl=TTL)
    assert second.token == 2
    with pytest.raises(LeaseError, match="taken this batch over"):
        catalog.leases.renew(first, now=now, ttl=TTL)
    assert catalog.leases.release(first) is False
    assert catalog.leases.release(second) is True
    assert catalog.leases.acquire("flights", "b", "run-1", now=now, ttl=TTL).token == 3


def test_the_tasks_of_one_run_share_its_lease(catalog: Catalog, now: datetime) -> None:
    first = catalog.leases.acquire("flights", "b", "run-1", now=now, ttl=TTL)
    again = catalog.leases.renew(first, now=now + TTL / 2, ttl=TTL)
    assert (again.token, again.expires) == (first.token, now + 1.5 * TTL)
    assert catalog.leases.renew(first, now=now + 5 * TTL, ttl=TTL).expires == now + 6 * TTL


def test_a_run_that_begins_anew_ends_what_it_did_before(catalog: Catalog, now: datetime) -> None:
    first = catalog.leases.acquire("flights", "b", "run-1", now=now, ttl=TTL)
    second = catalog.leases.acquire("flights", "b", "run-1", now=now + TTL / 2, ttl=TTL)
    assert (second.token, second.expires) == (2, now + 1.5 * TTL)
    with pytest.raises(LeaseError, match="taken this batch over"):
        catalog.leases.renew(first, now=now, ttl=TTL)


def test_the_block_gives_it_back_even_when_it_fails(catalog: Catalog, now: datetime) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        catalog.leases.hold("flights", "b", "run-1", clock=lambda: now, ttl=TTL),
    ):
        raise ZeroDivisionError
    with catalog.leases.hold("flights", "b", "run-2", clock=lambda: now, ttl=TTL) as held:
        assert held.owner == "run-2"


def test_waiting_ends_with_a_message(catalog: Catalog, now: datetime) -> None:
    catalog.leases.acquire("flights", "b", "run-1", now=now, ttl=TTL)
    ticks = (now + timedelta(seconds=20 * i) for i in range(1000))
    with (
        pytest.raises(LeaseError, match="another run works on this batch"),
        catalog.leases.hold(
            "flights", "b", "r2", clock=lambda: next(ticks), ttl=TTL, wait=timedelta(minutes=2)
        ),
    ):
        pass


def test_a_run_that_lost_its_lease_cannot_write(catalog: Catalog, now: datetime) -> None:
    old = catalog.leases.acquire("flights", "b", "run-1", now=now, ttl=TTL)
    catalog.batches.start("flights", "b", "run-1", run_type="manual", at=now, token=old.token)
    new = catalog.leases.acquire("flights", "b", "run-2", now=now + TTL, ttl=TTL)
    with pytest.raises(LeaseError, match="taken this batch over"):
        catalog.batches.finish(
            "flights",
            "b",
            "run-1",
            state="released",
            verdict=None,
            counts=Counts(),
            at=now,
            token=old.token,
        )
    assert catalog.batches.states("flights") == {"b": "running"}
    catalog.batches.start("flights", "b", "run-2", run_type="manual", at=now, token=new.token)


def test_a_token_without_any_lease_is_refused(catalog: Catalog, now: datetime) -> None:
    with pytest.raises(LeaseError, match="never been leased"):
        catalog.batches.start("flights", "b", "r", run_type="manual", at=now, token=1)


def test_live_leases_are_what_is_worked_on(catalog: Catalog, now: datetime) -> None:
    held = catalog.leases.acquire("flights", "b", "run-1", now=now, ttl=TTL)
    given_back = catalog.leases.acquire("flights", "a", "run-2", now=now, ttl=TTL)
    catalog.leases.release(given_back)
    assert catalog.leases.live(now) == [held]
    assert catalog.leases.live(now + TTL) == []
