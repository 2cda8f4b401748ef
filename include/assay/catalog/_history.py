"""The registry's head as it was seen last, kept where the registry's own owner can't reach."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assay.catalog._safeguards import HeldObjects, IdentityRow
from assay.catalog._schema import AcceptanceRow, HeadRow, HoldingRow
from assay.catalog._store import Store, insert_new, upsert
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
            if _locked(session).head == before:
                _remember(session, now)

    def accepted(self, acceptance: Acceptance, now: SeenHistory) -> None:
        """Remember a state that doesn't follow from the last one, and who accepted it."""
        with self.store.session(writes=True) as session:
            _locked(session)
            session.execute(delete(HoldingRow))
            session.execute(delete(HeldObjects))  # what is lost stays lost
            _remember(session, now)
            about = acceptance.model_dump(include={"source", "target", "reason", "author", "at"})
            session.add(AcceptanceRow(**about))


def _locked(session: Session) -> HeadRow:
    insert_new(session, HeadRow, {"id": _ONLY, "head": None}, keys=("id",))
    return session.get_one(HeadRow, _ONLY, with_for_update=True, populate_existing=True)


def _remember(session: Session, now: SeenHistory) -> None:
    upsert(session, HeadRow, {"id": _ONLY, "head": now.head})
    for dataset, held in now.holdings.items():
        upsert(session, HoldingRow, {"dataset": dataset, **vars(held)})
