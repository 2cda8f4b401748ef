"""Leases: at most one run works on a batch, and a run that lost its lease can't write.

A lease has an owner, an expiry and a *fencing token*, a number that grows each time it is given.
A process that writes about the batch hands its token in; a run that slept past its lease, while
another took the batch over, is refused because its token is the older one.

No lease is given for longer than ten minutes. One that would expire later than twice that was given
by a clock that was ahead: it blocks nobody.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.orm import Session

from assay.catalog._safeguards import BrokenLeaseRow, PinRow
from assay.catalog._schema import LeaseRow
from assay.catalog._store import Store, insert_new, record_of
from assay.errors import CatalogError, LeaseError
from assay.records.leases import LONGEST, BrokenLease, Lease
from assay.records.versions import VersionKey

_BELIEVED: Final = 2 * LONGEST
"""A lease that would expire later isn't believed: clocks may differ by as much as a lease lasts."""


@dataclass(frozen=True)
class Leases:
    """Leases of batches: given, renewed and given back."""

    store: Store

    def acquire(
        self,
        dataset: str,
        batch: str,
        owner: str,
        *,
        now: datetime,
        ttl: timedelta,
        pins: Iterable[VersionKey] = (),
    ) -> Lease:
        """Take the lease of a batch.

        An owner that takes it again gets a new token, as a repeated run does: writes of its earlier
        attempt are refused like another owner's.

        Parameters
        ----------
        owner : str
            The run id; its tasks share the lease by handing the token on.
        ttl : timedelta
            From now until the lease may be taken over; ten minutes at most.
        pins : iterable of (data set, batch, version)
            Versions that the owner reads; no sweep removes them while it has the lease.

        Raises
        ------
        LeaseError
            Another owner's lease hasn't expired.
        """
        if ttl > LONGEST:
            raise CatalogError("a lease that is too long", got=ttl, expected=f"at most {LONGEST}")
        with self.store.session(writes=True) as session:
            start = {"dataset": dataset, "batch": batch, "owner": None, "expires": now, "token": 0}
            insert_new(session, LeaseRow, start, keys=("dataset", "batch"))
            row = _locked(session, dataset, batch)
            if row.owner not in {None, owner} and _holds(row.expires, now):
                raise LeaseError(
                    "another run works on this batch",
                    where=f"{dataset} {batch}",
                    got=f"held by {row.owner} until {row.expires:%Y-%m-%d %H:%M:%S} UTC",
                    do="Wait for it to end, or stop it; its lease expires. Is its host gone? Then: "
                    f"assay leases break {dataset} {batch} --reason WHY.",
                )
            row.owner, row.token = owner, row.token + 1
            row.expires = _prolonged(row.expires, now, ttl)
            _pin(session, row, pins)
            return record_of(Lease, row)

    def pinned(self, now: datetime) -> dict[VersionKey, str]:
        """The versions that runs at work read, and one run that does."""
        same = and_(
            LeaseRow.dataset == PinRow.dataset,
            LeaseRow.batch == PinRow.batch,
            LeaseRow.token == PinRow.token,
        )
        key = (PinRow.pinned_dataset, PinRow.pinned_batch, PinRow.pinned_version)
        wanted = select(*key, LeaseRow.owner).join(LeaseRow, same).where(is_live(now))
        with self.store.session(writes=False) as session:
            found = session.execute(wanted.order_by(*key, LeaseRow.owner.desc())).tuples()
            return {(d, b, v): owner or "" for d, b, v, owner in found}

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
            row.owner, row.expires = lease.owner, _prolonged(row.expires, now, ttl)
            return record_of(Lease, row)

    def release(self, lease: Lease) -> bool:
        """Give a lease back; False if somebody else has taken the batch over meanwhile."""
        with self.store.session(writes=True) as session:
            row = _locked(session, lease.dataset, lease.batch)
            if row.token != lease.token:
                return False
            row.owner = None
            return True

    def break_off(
        self, dataset: str, batch: str, *, reason: str, author: str, at: datetime
    ) -> BrokenLease:
        """End another's lease before it expires, on record.

        Its holder, if it is still there, may write nothing more: the token grows.

        Raises
        ------
        LeaseError
            Nobody holds the batch.
        """
        if not reason.strip():
            raise LeaseError("a lease isn't broken without a reason", where=f"{dataset} {batch}")
        with self.store.session(writes=True) as session:
            row = _locked(session, dataset, batch)
            if row.owner is None:
                raise LeaseError("nobody holds this batch", where=f"{dataset} {batch}")
            broken = record_of(BrokenLease, row, reason=reason, author=author, at=at)
            session.add(BrokenLeaseRow(**vars(broken)))
            row.owner, row.token = None, row.token + 1
            return broken

    def broken(self) -> list[BrokenLease]:
        """The leases that people broke, the earliest first."""
        wanted = select(BrokenLeaseRow).order_by(BrokenLeaseRow.at, BrokenLeaseRow.id)
        return [record_of(BrokenLease, row) for row in self.store.all(wanted)]

    def live(self, now: datetime) -> list[Lease]:
        """The leases that haven't run out, ordered by data set and batch: what is worked on now."""
        wanted = select(LeaseRow).where(is_live(now)).order_by(LeaseRow.dataset, LeaseRow.batch)
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
    wanted = select(LeaseRow.batch).where(LeaseRow.dataset == dataset, is_live(now))
    return set(session.scalars(wanted))


def is_live(now: datetime) -> ColumnElement[bool]:
    """The condition that a lease is held by somebody."""
    return and_(
        LeaseRow.owner.is_not(None), LeaseRow.expires > now, LeaseRow.expires <= now + _BELIEVED
    )


def _pin(session: Session, lease: LeaseRow, pins: Iterable[VersionKey]) -> None:
    """Replace what earlier owners of the batch had pinned."""
    about = {"dataset": lease.dataset, "batch": lease.batch}
    session.execute(
        delete(PinRow).where(PinRow.dataset == lease.dataset, PinRow.batch == lease.batch)
    )
    names = ("pinned_dataset", "pinned_batch", "pinned_version")
    rows = [
        {**about, "token": lease.token, **dict(zip(names, key, strict=True))} for key in {*pins}
    ]
    if rows:
        session.execute(insert(PinRow), rows)


def _holds(expires: datetime, now: datetime) -> bool:
    """Whether a lease that somebody has holds; the same as :func:`is_live`."""
    return now < expires <= now + _BELIEVED


def _prolonged(expires: datetime, now: datetime, ttl: timedelta) -> datetime:
    """Never earlier than it was, unless a clock was ahead."""
    return max(expires, now + ttl) if _holds(expires, now) else now + ttl


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
