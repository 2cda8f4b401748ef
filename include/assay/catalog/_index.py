"""The registry, followed into the catalog's index page by page.

Each page is one transaction. A page is taken only if the index has come exactly as far as the page
begins, so that any number of processes may follow at once, and one that was killed is continued.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from assay.catalog._history import clear_tables, locked_head
from assay.catalog._memberships import add_steps
from assay.catalog._pointers import point
from assay.catalog._registry_schema import HeadRow, HoldingRow, SnapshotRow, Version
from assay.catalog._store import Store, upsert_all
from assay.catalog._uses import add_uses
from assay.catalog._versions import version_row
from assay.records.indexing import IndexPage, IndexState
from assay.records.versions import Tombstone


@dataclass(frozen=True)
class RegistryIndex:
    """How far the registry is indexed, and the way on."""

    store: Store

    def state(self) -> IndexState:
        """How far the index has come."""
        with self.store.session(writes=False) as session:
            row = session.get(HeadRow, 1, populate_existing=True)
            return _state(row) if row else IndexState()

    def add(self, page: IndexPage) -> bool:
        """Index the next records; False, and nothing, if the index isn't where they begin."""
        with self.store.session(writes=True) as session:
            row, start = locked_head(session), page.state
            now = _state(row)
            if (now.indexed, now.position) != (start.indexed, start.position) or (
                now.target not in {None, page.target}
            ):
                return False
            _write(session, page)
            row.target, row.position = page.target, page.end
            if page.is_last:
                row.indexed, row.target, row.position = page.target, None, 0
                if start.indexed is None:  # all was read: the registry has no record of these
                    session.execute(delete(Version).where(Version.objects.is_(None)))
            return True

    def agrees(self) -> bool:
        """Whether it holds as much as the registry did when it was seen last."""
        with self.store.session(writes=False) as session:
            held = {h.dataset: (h.versions, h.highest) for h in session.scalars(select(HoldingRow))}
            counted = select(Version.dataset, func.count()).group_by(Version.dataset)
            highest = select(SnapshotRow.dataset, func.max(SnapshotRow.number))
            versions = dict(session.execute(counted).tuples().all())
            given = dict(session.execute(highest.group_by(SnapshotRow.dataset)).tuples().all())
            return all(
                versions.get(d, 0) == v and given.get(d, 0) == n for d, (v, n) in held.items()
            ) and {*versions, *given} <= {*held}

    def clear(self) -> None:
        """Forget the index, so that it is read from the beginning.

        Versions stay, with what no record of the registry says of them, until the registry has
        been read: those that it doesn't have are forgotten then.
        """
        with self.store.session(writes=True) as session:
            row = locked_head(session)
            row.indexed, row.target, row.position = None, None, 0
            clear_tables(session)


def _state(row: HeadRow) -> IndexState:
    return IndexState(row.indexed, row.target, row.position)


def _write(session: Session, page: IndexPage) -> None:
    rows = [version_row(v) for v in page.versions]
    upsert_all(session, Version, rows, update=("objects", "judged"))
    _bury(session, page.tombstones)
    for dataset, steps in groupby(page.steps, lambda s: s.dataset):
        add_steps(session, dataset, list(steps))
    add_uses(session, page.uses)
    for pointer in page.pointers:
        point(session, pointer)


def _bury(session: Session, stones: Iterable[Tombstone]) -> None:
    for stone in stones:
        session.execute(
            update(Version)
            .where(
                Version.dataset == stone.dataset,
                Version.batch == stone.batch,
                Version.version == stone.version,
            )
            .values(tombstone=stone.model_dump(mode="json"), removed=stone.removed)
        )
