"""The index of the registry's snapshots and pointers, as it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from assay.catalog._memberships import held_at
from assay.catalog._registry_schema import Membership, Pointer, SnapshotRow
from assay.catalog._store import Store
from assay.records.indexing import ListedSnapshot, ReleasedVersion
from assay.records.versions import Snapshot


@dataclass(frozen=True)
class Snapshots:
    """Releases of data sets, and the pointer that names the one that readers get."""

    store: Store

    def current(self, dataset: str) -> Snapshot | None:
        """The snapshot that readers of a data set get, None before the first release."""
        with self.store.session(writes=False) as session:
            pointer = session.get(Pointer, dataset)
            return _whole(session, dataset, pointer.number) if pointer else None

    def get(self, dataset: str, number: int) -> Snapshot | None:
        """One snapshot with all that it holds, None where there is none of this number."""
        with self.store.session(writes=False) as session:
            return _whole(session, dataset, number)

    def find(self, dataset: str) -> list[Snapshot]:
        """Every release of a data set, oldest first, each whole: for few only."""
        return [s for n in self.listed(dataset) if (s := self.get(dataset, n.number)) is not None]

    def listed(self, dataset: str) -> list[ListedSnapshot]:
        """Every release of a data set, oldest first, without what it holds."""
        wanted = select(SnapshotRow).where(SnapshotRow.dataset == dataset)
        rows = self.store.all(wanted.order_by(SnapshotRow.number))
        return [_listed(row) for row in rows]

    def pointer(self, dataset: str) -> int | None:
        """The number of the snapshot that readers get, None before the first release."""
        with self.store.session(writes=False) as session:
            pointer = session.get(Pointer, dataset)
            return pointer.number if pointer else None

    def version_of(self, dataset: str, batch: str) -> str | None:
        """The version of a batch that readers get, None where they get none."""
        with self.store.session(writes=False) as session:
            pointer = session.get(Pointer, dataset)
            held = held_at(session, dataset, pointer.number, [batch]) if pointer else {}
            return held[batch][0] if batch in held else None

    def released(self) -> list[ReleasedVersion]:
        """Every version that a snapshot ever held, of all data sets."""
        columns = ("dataset", "batch", "version", "first", "last")
        wanted = (
            select(*(getattr(Membership, name) for name in columns), SnapshotRow.at)
            .join(
                SnapshotRow,
                and_(
                    SnapshotRow.dataset == Membership.dataset,
                    SnapshotRow.number == Membership.first,
                ),
            )
            .order_by(Membership.dataset, Membership.batch, Membership.version, Membership.first)
        )
        with self.store.session(writes=False) as session:
            rows: Sequence[Any] = session.execute(wanted).all()
        found: list[ReleasedVersion] = []
        for dataset, batch, version, first, last, at in rows:
            one = ReleasedVersion(dataset, batch, version, ((first, last),), at)
            if found and found[-1][:3] == one[:3]:
                before = found.pop()
                one = one._replace(spans=before.spans + one.spans, at=min(before.at, at))
            found.append(one)
        return found

    def pointers(self) -> dict[str, int]:
        """Data set → the number of the snapshot that readers get."""
        with self.store.session(writes=False) as session:
            return pointers(session)

    def latest(self) -> dict[str, int]:
        """Data set → its highest snapshot number."""
        wanted = select(SnapshotRow.dataset, func.max(SnapshotRow.number))
        with self.store.session(writes=False) as session:
            return dict(session.execute(wanted.group_by(SnapshotRow.dataset)).tuples().all())


def pointers(session: Session) -> dict[str, int]:
    """Data set → the number that its pointer has, inside a transaction."""
    return dict(session.execute(select(Pointer.dataset, Pointer.number)).tuples().all())


def _whole(session: Session, dataset: str, number: int) -> Snapshot | None:
    row = session.get(SnapshotRow, (dataset, number))
    if row is None:
        return None
    held = held_at(session, dataset, number)
    return Snapshot.model_construct(
        **_about(row),
        batches={batch: version for batch, (version, _) in sorted(held.items())},
        forced=tuple(sorted(batch for batch, (_, forced) in held.items() if forced)),
        withdrawn=tuple(row.withdrawn),
    )


def _about(row: SnapshotRow) -> dict[str, Any]:
    columns = ("dataset", "number", "parent", "batch", "reason", "author", "at")
    return {name: getattr(row, name) for name in columns}


def _listed(row: SnapshotRow) -> ListedSnapshot:
    return ListedSnapshot(
        **_about(row), version=row.version, size=row.size, withdrawn=tuple(row.withdrawn)
    )
