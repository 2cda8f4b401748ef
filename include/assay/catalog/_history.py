"""The registry's head as it was seen last, kept where the registry's own owner can't reach."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assay.catalog._registry_schema import (
    AcceptanceRow,
    HeadRow,
    HoldingRow,
    Membership,
    Pointer,
    SnapshotRow,
    Version,
)
from assay.catalog._safeguards import HeldObjects, IdentityRow
from assay.catalog._store import Store, insert_new, upsert
from assay.catalog._use_schema import OriginRow, ReadRow, UseRow
from assay.records.histories import Holdings, SeenHistory
from assay.records.versions import Acceptance

_ONLY = 1


@dataclass(frozen=True)
class History:
    """What is remembered of the registry's history; a ``Witness`` of it."""

    store: Store

    def identity(self) -> str:
        """The id of this catalog, made with its tables."""
        with self.store.session(writes=False) as session:
            return session.get_one(IdentityRow, _ONLY).identity

    def last(self) -> SeenHistory:
        """The registry as it was seen last."""
        with self.store.session(writes=False) as session:
            row = session.get(HeadRow, _ONLY, populate_existing=True)
            held = session.scalars(select(HoldingRow)).all()
            return SeenHistory(
                row.head if row else None,
                {h.dataset: Holdings(h.versions, h.highest) for h in held},
            )

    def saw(self, before: str | None, now: SeenHistory) -> None:
        """Remember a newer state; nothing changes if another process was first."""
        with self.store.session(writes=True) as session:
            if locked_head(session).head == before:
                _remember(session, now)

    def accepted(self, acceptance: Acceptance, now: SeenHistory) -> None:
        """Remember a state that doesn't follow from the last one, and who accepted it.

        What was indexed of the other history is forgotten: it is read from the beginning.
        """
        with self.store.session(writes=True) as session:
            row = locked_head(session)
            session.execute(delete(HoldingRow))
            session.execute(delete(HeldObjects))  # what is lost stays lost
            _remember(session, now)
            row.indexed, row.target, row.position = None, None, 0
            clear_tables(session)
            about = acceptance.model_dump(include={"source", "target", "reason", "author", "at"})
            session.add(AcceptanceRow(**about))


def locked_head(session: Session) -> HeadRow:
    """The one row about the registry's head, locked until the transaction ends."""
    insert_new(session, HeadRow, {"id": _ONLY, "head": None}, keys=("id",))
    return session.get_one(HeadRow, _ONLY, with_for_update=True, populate_existing=True)


def _remember(session: Session, now: SeenHistory) -> None:
    session.execute(update(HeadRow).values(head=now.head))
    for dataset, held in now.holdings.items():
        upsert(session, HoldingRow, {"dataset": dataset, **vars(held)})


def clear_tables(session: Session) -> None:
    """Forget what the index says; versions stay, as if the registry hadn't been read."""
    for model in (Pointer, Membership, SnapshotRow, OriginRow, ReadRow, UseRow):
        session.execute(delete(model))
    session.execute(update(Version).values(objects=None, tombstone=None, removed=False))
