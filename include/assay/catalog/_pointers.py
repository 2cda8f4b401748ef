"""The pointer of a data set as the registry has it, and the states of batches that follow it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from assay.catalog._batches import is_latest
from assay.catalog._memberships import held_at
from assay.catalog._registry_schema import Pointer, SnapshotRow
from assay.catalog._schema import Run
from assay.catalog._store import upsert
from assay.errors import CatalogError
from assay.records import versions as records
from assay.records.runs import OUT, BatchState


def point(session: Session, pointer: records.Pointer) -> None:
    """Let the pointer name a snapshot as the registry does, with what that does to the batches.

    A batch whose version isn't in the snapshot is ``superseded`` from then on; one whose version
    is in it again is ``released``.

    Raises
    ------
    CatalogError
        No such snapshot is indexed.
    """
    dataset, number = pointer.dataset, pointer.snapshot
    made = session.get(SnapshotRow, (dataset, number))
    if made is None:
        raise CatalogError(
            "the registry's pointer names a snapshot that it doesn't hold",
            where=dataset,
            got=number,
        )
    before = session.get(Pointer, dataset)
    was = before.number if before else None
    moved = pointer.rollbacks[-1] if pointer.rollbacks else None
    about = moved if moved is not None and made.at is not None and moved.at >= made.at else made
    values = {name: getattr(about, name) for name in ("reason", "author", "at")}
    upsert(
        session,
        Pointer,
        {"dataset": dataset, "number": number, "covers": pointer.latest, **values},
    )
    follow_pointer(session, dataset, was, made)


def follow_pointer(
    session: Session, dataset: str, before: int | None, pointed: SnapshotRow
) -> None:
    """Make the states of a data set's batches agree with where its pointer is now."""
    one = pointed.batch if before is not None and pointed.parent == before else None
    held = held_at(session, dataset, pointed.number, None if one is None else [one])
    moving = {*OUT, BatchState.SUPERSEDED}
    wanted = select(Run).where(Run.dataset == dataset, is_latest(), Run.state.in_(moving))
    if one is not None:  # a release: nothing else has changed
        wanted = wanted.where(Run.batch == one)
    for row in session.scalars(wanted):
        version, forced = held.get(row.batch, (None, False))
        _settle(row, in_it=row.version is not None and version == row.version, forced=forced)


def _settle(row: Run, *, in_it: bool, forced: bool) -> None:
    if in_it and row.state == BatchState.SUPERSEDED:
        row.state = (BatchState.FORCED if forced else BatchState.RELEASED).value
        row.counts = replace(row.counts, released=row.counts.released + row.counts.held, held=0)
    elif not in_it and row.state != BatchState.SUPERSEDED:
        row.state = BatchState.SUPERSEDED.value
        row.counts = replace(row.counts, held=row.counts.released + row.counts.held, released=0)
