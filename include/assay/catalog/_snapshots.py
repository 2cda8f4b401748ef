"""The index of the registry's snapshots and pointers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from assay.catalog._batches import is_latest
from assay.catalog._schema import Pointer, Run, SnapshotRow, Version
from assay.catalog._store import Store, insert_new, upsert
from assay.errors import CatalogError
from assay.records.runs import OUT, BatchState
from assay.records.versions import Snapshot


@dataclass(frozen=True)
class Snapshots:
    """Releases of data sets, and the pointer that names the one that readers get."""

    store: Store

    def record(self, snapshot: Snapshot) -> None:
        """Record a release, and let the pointer move on to it; safe to repeat, in any order.

        The pointer never goes back to a lower number here: releases of parallel runs may be
        recorded in another order than they were made. ``move_pointer`` moves it back.
        """
        dataset, number = snapshot.dataset, snapshot.number
        made = {"reason": snapshot.reason, "author": snapshot.author, "at": snapshot.at}
        values = {
            "batches": dict(snapshot.batches),
            "forced": sorted(snapshot.forced),
            "parent": snapshot.parent,
        }
        with self.store.session(writes=True) as session:
            upsert(session, SnapshotRow, {"dataset": dataset, "number": number, **values, **made})
            first = {"dataset": dataset, "number": number, "covers": number, **made}
            insert_new(session, Pointer, first, keys=("dataset",))
            pointer = session.get_one(Pointer, dataset, with_for_update=True)
            if number > pointer.covers:
                upsert(session, Pointer, first)

    def move_pointer(
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
        number : int
            Of a recorded snapshot.
        newest : int, optional
            The highest number the registry held when the pointer was moved; the highest recorded
            one by default.

        Raises
        ------
        CatalogError
            No such snapshot is recorded.
        """
        with self.store.session(writes=True) as session:
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
            moved = {"covers": covers, "reason": reason, "author": author, "at": at}
            upsert(session, Pointer, {"dataset": dataset, "number": number, **moved})
            follow_pointer(session, dataset)

    def current(self, dataset: str) -> Snapshot | None:
        """The snapshot that readers of a data set get, None before the first release."""
        with self.store.session(writes=False) as session:
            return pointed(session).get(dataset)

    def point(self, dataset: str, number: int | None) -> None:
        """Let the pointer name a snapshot as the registry does; None removes it.

        Raises
        ------
        CatalogError
            No such snapshot is recorded.
        """
        with self.store.session(writes=True) as session:
            if number is None:
                session.execute(delete(Pointer).where(Pointer.dataset == dataset))
                return
            pointer = session.get(Pointer, dataset)
            if pointer is None or session.get(SnapshotRow, (dataset, number)) is None:
                raise CatalogError(
                    "the registry's pointer names a snapshot that it doesn't hold",
                    where=dataset,
                    got=number,
                )
            pointer.number = number

    def find(self, dataset: str) -> list[Snapshot]:
        """Every release of a data set, oldest first."""
        wanted = select(SnapshotRow).where(SnapshotRow.dataset == dataset)
        return [_snapshot(row) for row in self.store.all(wanted.order_by(SnapshotRow.number))]


def pointed(session: Session) -> dict[str, Snapshot]:
    """The pointer's snapshot of every data set, inside a transaction."""
    wanted = select(SnapshotRow).join(
        Pointer, (Pointer.dataset == SnapshotRow.dataset) & (Pointer.number == SnapshotRow.number)
    )
    return {r.dataset: _snapshot(r) for r in session.scalars(wanted)}


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
            row.counts = replace(row.counts, released=row.counts.released + row.counts.held, held=0)
        elif not in_it:
            row.state = BatchState.SUPERSEDED.value
            row.counts = replace(row.counts, held=row.counts.released + row.counts.held, released=0)


def clear_index(session: Session) -> None:
    """Forget versions, snapshots and pointers; the lineage stays, the registry holds none."""
    for model in (Pointer, SnapshotRow, Version):
        session.execute(delete(model))


def _snapshot(row: SnapshotRow) -> Snapshot:
    """A row as the record; the catalog keeps neither ``batch`` nor ``withdrawn``."""
    columns = ("dataset", "number", "parent", "reason", "author", "at")
    return Snapshot.model_construct(
        **{name: getattr(row, name) for name in columns},
        batches=dict(row.batches),
        forced=tuple(row.forced),
    )
