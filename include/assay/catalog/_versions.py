"""The index of the registry: versions with their lineage, snapshots and pointers.

The registry's Git remote is the truth for these; what stands here makes them quick to ask and to
join, and ``rebuild`` restores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from assay.catalog._batches import is_latest
from assay.catalog._schema import Edge, Pointer, Run, SnapshotRow, Version
from assay.catalog._store import Store, insert_new, upsert
from assay.errors import CatalogError
from assay.records.lineage import LineageEdge
from assay.records.runs import OUT, BatchState


@dataclass(frozen=True)
class SnapshotRecord:
    """A release: which version each batch has in it."""

    dataset: str
    number: int
    parent: int | None
    batches: Mapping[str, str]
    forced: tuple[str, ...]
    reason: str | None
    author: str | None
    at: datetime | None


class Versions(Store):
    """The part of the catalog that indexes the registry."""

    def record_version(
        self,
        dataset: str,
        batch: str,
        version: str,
        *,
        at: datetime | None,
        lineage: Iterable[LineageEdge] = (),
        run_id: str | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a version that the registry has; safe to repeat, the first time stays.

        Parameters
        ----------
        dataset, batch, version : str
        at : datetime or None
            Timezone-aware; None where the registry doesn't say.
        lineage : iterable of LineageEdge
            What it was made from; added to what is recorded already.
        run_id : str, optional
        meta : mapping
            Counts and object names; no data values.
        """
        with self._session(writes=True) as session:
            _put_version(session, (dataset, batch, version), at, run_id, meta or {})
            _put_edges(session, (dataset, batch, version), lineage)

    def lineage(self, dataset: str, batch: str, version: str) -> list[LineageEdge]:
        """What a version was made from, ordered by kind and name."""
        wanted = (
            select(Edge)
            .where(Edge.dataset == dataset, Edge.batch == batch, Edge.version == version)
            .order_by(Edge.kind, Edge.name, Edge.ref)
        )
        with self._session(writes=False) as session:
            return [LineageEdge(e.kind, e.name, e.ref) for e in session.scalars(wanted)]  # type: ignore[arg-type]

    def made_from(self, name: str, ref: str) -> list[tuple[str, str, str]]:
        """The versions made from something, as (dataset, batch, version)."""
        wanted = (
            select(Edge.dataset, Edge.batch, Edge.version)
            .where(Edge.name == name, Edge.ref == ref)
            .distinct()
            .order_by(Edge.dataset, Edge.batch, Edge.version)
        )
        with self._session(writes=False) as session:
            return [(d, b, v) for d, b, v in session.execute(wanted).tuples()]

    def versions(self, dataset: str) -> list[tuple[str, str]]:
        """The versions of a data set, as (batch, version)."""
        wanted = select(Version.batch, Version.version).where(Version.dataset == dataset)
        with self._session(writes=False) as session:
            found = session.execute(wanted.order_by(Version.batch, Version.version)).tuples()
            return [(b, v) for b, v in found]

    def record_snapshot(
        self,
        dataset: str,
        number: int,
        batches: Mapping[str, str],
        *,
        parent: int | None = None,
        forced: Iterable[str] = (),
        reason: str | None = None,
        author: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Record a release, and let the pointer move on to it; safe to repeat, in any order.

        The pointer never goes back to a lower number here: releases of parallel runs may be
        recorded in another order than they were made. Going back is ``record_pointer``.

        Parameters
        ----------
        dataset : str
        number : int
        batches : mapping
            Batch to version: all of them, not only the new one.
        parent : int, optional
        forced : iterable of str
            Batches in it that were released against a verdict.
        reason, author : str, optional
        at : datetime, optional
            Timezone-aware.
        """
        values = {"batches": dict(batches), "forced": sorted(forced), "parent": parent}
        told = {"reason": reason, "author": author, "at": at}
        with self._session(writes=True) as session:
            upsert(session, SnapshotRow, {"dataset": dataset, "number": number, **values, **told})
            first = {"dataset": dataset, "number": number, "covers": number, **told}
            insert_new(session, Pointer, first, keys=("dataset",))
            pointer = session.get_one(Pointer, dataset, with_for_update=True)
            if number > pointer.covers:
                upsert(session, Pointer, first)

    def record_pointer(
        self,
        dataset: str,
        number: int,
        *,
        reason: str,
        author: str,
        at: datetime,
        newest: int | None = None,
    ) -> None:
        """Record that the pointer was moved, as a rollback does, and what it does to the batches.

        A batch whose version isn't in the snapshot is ``superseded`` from then on; one whose
        version is in it again is ``released``.

        Parameters
        ----------
        dataset : str
        number : int
            Of a recorded snapshot.
        reason, author : str
        at : datetime
            Timezone-aware.
        newest : int, optional
            The highest number the registry held when the pointer was moved; the highest recorded
            one by default.

        Raises
        ------
        CatalogError
            No such snapshot is recorded.
        """
        with self._session(writes=True) as session:
            snapshot = session.get(SnapshotRow, (dataset, number))
            if snapshot is None:
                raise CatalogError(
                    "no such snapshot in the catalog",
                    where=dataset,
                    got=number,
                    do="Record it first, or rebuild the catalog from the registry.",
                )
            known = session.scalar(
                select(func.max(SnapshotRow.number)).where(SnapshotRow.dataset == dataset)
            )
            covers = max(number, known or number) if newest is None else newest
            told = {"reason": reason, "author": author, "at": at}
            values = {"dataset": dataset, "number": number, "covers": covers}
            upsert(session, Pointer, {**values, **told})
            follow_pointer(session, dataset)

    def expire(self, dataset: str, batch: str, version: str) -> None:
        """Record that a version's period has ended; safe to repeat.

        The batch is ``expired`` if its last attempt made this version.
        """
        self._become(dataset, batch, version, BatchState.EXPIRED)

    def bring_back(self, dataset: str, batch: str, version: str) -> None:
        """Record that an expired version is in the registry again, with no reader yet."""
        self._become(dataset, batch, version, BatchState.SUPERSEDED)

    def _become(self, dataset: str, batch: str, version: str, state: BatchState) -> None:
        wanted = select(Run).where(
            Run.dataset == dataset, Run.batch == batch, Run.version == version, is_latest()
        )
        with self._session(writes=True) as session:
            for row in session.scalars(wanted):
                row.state = state.value

    def pointer(self, dataset: str) -> SnapshotRecord | None:
        """The snapshot that readers of a data set get, None before the first release."""
        with self._session(writes=False) as session:
            row = pointed(session).get(dataset)
            return _snapshot(row) if row else None

    def snapshots(self, dataset: str) -> list[SnapshotRecord]:
        """Every release of a data set, oldest first."""
        wanted = select(SnapshotRow).where(SnapshotRow.dataset == dataset)
        with self._session(writes=False) as session:
            return [_snapshot(r) for r in session.scalars(wanted.order_by(SnapshotRow.number))]


def pointed(session: Session) -> dict[str, SnapshotRow]:
    """The pointer's snapshot of every data set, inside a transaction."""
    wanted = select(SnapshotRow).join(
        Pointer, (Pointer.dataset == SnapshotRow.dataset) & (Pointer.number == SnapshotRow.number)
    )
    return {r.dataset: r for r in session.scalars(wanted)}


def follow_pointer(session: Session, dataset: str) -> None:
    """Make the states of a data set's batches agree with where its pointer is now."""
    snapshot = pointed(session).get(dataset)
    batches = snapshot.batches if snapshot else {}
    moving = {*OUT, BatchState.SUPERSEDED}
    wanted = select(Run).where(Run.dataset == dataset, is_latest(), Run.state.in_(moving))
    for row in session.scalars(wanted):
        in_it = row.version is not None and batches.get(row.batch) == row.version
        if in_it and row.state == BatchState.SUPERSEDED:
            forced = snapshot is not None and row.batch in snapshot.forced
            row.state = (BatchState.FORCED if forced else BatchState.RELEASED).value
            row.rows_released, row.rows_held = row.rows_released + row.rows_held, 0
        elif not in_it:
            row.state = BatchState.SUPERSEDED.value
            row.rows_released, row.rows_held = 0, row.rows_released + row.rows_held


def clear_index(session: Session) -> None:
    """Forget versions, snapshots and pointers; the lineage stays, the registry holds none."""
    for model in (Pointer, SnapshotRow, Version):
        session.execute(delete(model))


def _put_version(
    session: Session,
    key: tuple[str, str, str],
    at: datetime | None,
    run_id: str | None,
    meta: Mapping[str, Any],
) -> None:
    dataset, batch, version = key
    known = session.get(Version, key)
    values = {
        "created": known.created if known and known.created else at,
        "run_id": known.run_id if known and known.run_id else run_id,
        "meta": {**(known.meta if known else {}), **meta},
    }
    upsert(session, Version, {"dataset": dataset, "batch": batch, "version": version, **values})


def _put_edges(session: Session, key: tuple[str, str, str], lineage: Iterable[LineageEdge]) -> None:
    dataset, batch, version = key
    for edge in lineage:
        values = {"kind": edge.kind, "name": edge.name, "ref": edge.ref}
        upsert(session, Edge, {"dataset": dataset, "batch": batch, "version": version, **values})


def _snapshot(row: SnapshotRow) -> SnapshotRecord:
    return SnapshotRecord(
        dataset=row.dataset,
        number=row.number,
        parent=row.parent,
        batches=dict(row.batches),
        forced=tuple(row.forced),
        reason=row.reason,
        author=row.author,
        at=row.at,
    )
