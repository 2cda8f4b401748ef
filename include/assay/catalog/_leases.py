"""Leases: at most one run works on a batch, and a run that lost its lease can't write.

A lease has an owner, an expiry and a *fencing token*, a number that grows each time it is given.
Whoever writes about the batch hands its token in; a run that slept past its lease, while another
took the batch over, is refused because its token is the older one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assay.catalog._schema import LeaseRow
from assay.catalog._store import Store, insert_new, record_of
from assay.errors import LeaseError
from assay.records.leases import Lease


@dataclass(frozen=True)
class Leases:
    """Leases of batches: given, renewed and given back."""

    store: Store

    def acquire(
        self, dataset: str, batch: str, owner: str, *, now: datetime, ttl: timedelta
    ) -> Lease:
        """Take the lease of a batch.

        An owner that takes it again gets a new token, as a repeated run does: writes of its earlier
        attempt are refused like another owner's.

        Parameters
        ----------
        owner : str
            The run id; its tasks share the lease by handing the token on.
        ttl : timedelta
            From now until the lease may be taken over.

        Raises
        ------
        LeaseError
            Another owner's lease hasn't expired.
        """
        with self.store.session(writes=True) as session:
            start = {"dataset": dataset, "batch": batch, "owner": None, "expires": now, "token": 0}
            insert_new(session, LeaseRow, start, keys=("dataset", "batch"))
            row = _locked(session, dataset, batch)
            if row.owner not in {None, owner} and row.expires > now:
                raise LeaseError(
                    "another run works on this batch",
                    where=f"{dataset} {batch}",
                    got=f"held by {row.owner} until {row.expires:%Y-%m-%d %H:%M:%S} UTC",
                    do="Wait for it to end, or stop it; its lease expires.",
                )
            row.owner, row.token = owner, row.token + 1
            row.expires = max(row.expires, now + ttl)
            return record_of(Lease, row)

    def renew(self, lease: Lease, *, now: datetime, ttl: timedelta) -> Lease:
        """Prolong a lease that is still the newest of its batch, even if it has just expired.

        Raises
        ------
        LeaseError
            Somebody else has taken the batch over.
        """
        with self.store.session(writes=True) as session:
            check_token(session, lease.dataset, lease.batch, lease.token)
            row = _locked(session, lease.dataset, lease.batch)
            row.owner, row.expires = lease.owner, max(row.expires, now + ttl)
            return record_of(Lease, row)

    def release(self, lease: Lease) -> bool:
        """Give a lease back; False if somebody else has taken the batch over meanwhile."""
        with self.store.session(writes=True) as session:
            row = _locked(session, lease.dataset, lease.batch)
            if row.token != lease.token:
                return False
            row.owner = None
            return True

    def live(self, now: datetime) -> list[Lease]:
        """The leases that haven't run out, ordered by data set and batch: what is worked on now."""
        wanted = (
            select(LeaseRow)
            .where(LeaseRow.owner.is_not(None), LeaseRow.expires > now)
            .order_by(LeaseRow.dataset, LeaseRow.batch)
        )
        return [record_of(Lease, row) for row in self.store.all(wanted)]

    @contextmanager
    def hold(
        self,
        dataset: str,
        batch: str,
        owner: str,
        *,
        clock: Callable[[], datetime],
        ttl: timedelta,
        wait: timedelta = timedelta(0),
    ) -> Iterator[Lease]:
        """Hold the lease of a batch while the block runs.

        Parameters
        ----------
        ttl : timedelta
            Longer than the block takes; renew within for more.
        wait : timedelta
            How long to ask again while another run holds it.

        Raises
        ------
        LeaseError
            The other run held it all the while.
        """
        until = clock() + wait
        while True:
            try:
                held = self.acquire(dataset, batch, owner, now=clock(), ttl=ttl)
                break
            except LeaseError:
                if clock() >= until:
                    raise
            time.sleep(random.uniform(0.05, 0.25))  # noqa: S311 - only spreads the retries
        try:
            yield held
        finally:
            self.release(held)


def check_token(session: Session, dataset: str, batch: str, token: int | None) -> None:
    """Refuse a fencing token that is older than the batch's newest; None isn't checked."""
    if token is None:
        return
    # Locked, so that the lease can't change hands between this look and the write it permits.
    newest = _locked(session, dataset, batch).token
    if newest != token:
        raise LeaseError(
            "another run has taken this batch over",
            where=f"{dataset} {batch}",
            got=f"token {token}",
            expected=f"token {newest}",
            do="Nothing was written; the run that holds the lease decides the batch.",
        )


def live_batches(session: Session, dataset: str, now: datetime) -> set[str]:
    """The batches of a data set that a run works on, inside a transaction."""
    wanted = select(LeaseRow.batch).where(
        LeaseRow.dataset == dataset, LeaseRow.owner.is_not(None), LeaseRow.expires > now
    )
    return set(session.scalars(wanted))


def _locked(session: Session, dataset: str, batch: str) -> LeaseRow:
    row = session.scalar(
        select(LeaseRow)
        .where(LeaseRow.dataset == dataset, LeaseRow.batch == batch)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise LeaseError(
            "this batch has never been leased",
            where=f"{dataset} {batch}",
            expected="a lease of this catalog",
        )
    return row
