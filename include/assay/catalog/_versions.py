"""The index of the registry: versions with their lineage, snapshots and pointers.

The registry's Git remote is the truth for these; what stands here makes them quick to ask and to
join, and ``rebuild`` restores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Select, Text, and_, cast, func, or_, select

from assay.catalog._batches import is_latest
from assay.catalog._memberships import spans
from assay.catalog._registry_schema import Membership, Pointer, Version
from assay.catalog._schema import Edge, Run
from assay.catalog._store import Store, record_of, upsert
from assay.records.indexing import CommittedVersion
from assay.records.lineage import EdgeKind, LineageEdge
from assay.records.runs import BatchState
from assay.records.versions import BatchVersion, StoredObject, Tombstone

RECORD: Final = (
    Version.dataset, Version.batch, Version.version, Version.created,
    Version.objects, Version.meta, Version.judged,
)  # fmt: skip
"""The columns that the record of a version is made of."""
_OBJECTS: Final = msgspec.json.Decoder(dict[str, tuple[str, str, int]])


@dataclass(frozen=True)
class Versions:
    """Versions of batches, with what each was made from."""

    store: Store

    def record(
        self,
        version: BatchVersion,
        *,
        lineage: Iterable[LineageEdge] = (),
        derived: Mapping[str, Any] | None = None,
        run_id: str | None = None,
    ) -> None:
        """Record a version that the registry has; safe to repeat, the first time stays.

        Parameters
        ----------
        version : BatchVersion
            Its counts and its objects are kept.
        lineage : iterable of LineageEdge
            What it was made from; added to what is recorded already.
        derived : mapping, optional
            The columns that cleaning derived; no data values.
        """
        row = version_row(version)
        key = (version.dataset, version.batch, version.version)
        with self.store.session(writes=True) as session:
            known = session.get(Version, key)
            row["run_id"] = known.run_id if known and known.run_id else run_id
            row["created"] = known.created if known and known.created else version.at
            row["meta"] = {**row["meta"], "derived": dict(derived or {})}
            upsert(session, Version, {**row, "detailed": True})
            names = dict(zip(("dataset", "batch", "version"), key, strict=True))
            for edge in lineage:
                upsert(session, Edge, {**names, **asdict(edge)})

    def get(self, dataset: str, batch: str, version: str) -> BatchVersion | None:
        """One version as the registry has it, None where it isn't indexed or was removed."""
        with self.store.session(writes=False) as session:
            row = session.get(Version, (dataset, batch, version))
            return None if row is None or row.objects is None or row.removed else as_record(row)

    def all(self, dataset: str | None = None) -> list[BatchVersion]:
        """The versions that aren't removed, by data set, batch and time of commit."""
        wanted = select(*RECORD).where(Version.removed.is_(False), Version.objects.is_not(None))
        if dataset is not None:
            wanted = wanted.where(Version.dataset == dataset)
        order = (Version.dataset, Version.batch, Version.created, Version.version)
        return self._records(wanted.order_by(*order))

    def named(self, dataset: str, which: str) -> list[BatchVersion]:
        """The versions that aren't removed, of this batch or whose ids begin so."""
        wanted = select(*RECORD).where(
            Version.dataset == dataset,
            Version.removed.is_(False),
            Version.objects.is_not(None),
            or_(Version.batch == which, Version.version.startswith(which, autoescape=True)),
        )
        order = (Version.batch, Version.created, Version.version)
        return self._records(wanted.order_by(*order))

    def counted(self) -> dict[str, int]:
        """Data set → how many versions it has that aren't removed."""
        wanted = select(Version.dataset, func.count()).where(Version.removed.is_(False))
        with self.store.session(writes=False) as session:
            return dict(session.execute(wanted.group_by(Version.dataset)).tuples().all())

    def unreleased(self, dataset: str) -> list[BatchVersion]:
        """The versions of a data set that no snapshot ever held, by batch and time of commit."""
        held = select(Membership.version).where(
            Membership.dataset == Version.dataset, Membership.version == Version.version
        )
        wanted = select(*RECORD).where(
            Version.dataset == dataset,
            Version.removed.is_(False),
            Version.objects.is_not(None),
            ~held.exists(),
        )
        order = (Version.batch, Version.created, Version.version)
        return self._records(wanted.order_by(*order))

    def _records(self, wanted: Select[Any]) -> list[BatchVersion]:
        with self.store.session(writes=False) as session:
            return [as_record(row) for row in session.execute(wanted)]

    def tombstones(self, dataset: str | None = None) -> list[Tombstone]:
        """The tombstones, by batch and version."""
        wanted = select(Version.tombstone).where(Version.tombstone.is_not(None))
        if dataset is not None:
            wanted = wanted.where(Version.dataset == dataset)
        found = self.store.all(wanted.order_by(Version.dataset, Version.batch, Version.version))
        return [Tombstone.model_validate(body) for body in found]

    def committed(self) -> list[CommittedVersion]:
        """All versions that are indexed, removed ones among them, as a sweep looks at them."""
        columns = (Version.dataset, Version.batch, Version.version, Version.created)
        wanted = select(*columns, Version.removed, cast(Version.objects, Text))
        with self.store.session(writes=False) as session:
            rows = session.execute(wanted.where(Version.objects.is_not(None)))
            return [_committed(row) for row in rows]

    def undetailed(self, most: int) -> list[BatchVersion]:
        """Versions of which only the registry's record is known, some of them."""
        wanted = select(*RECORD).where(
            Version.detailed.is_(False), Version.removed.is_(False), Version.objects.is_not(None)
        )
        return self._records(wanted.limit(most))

    def lineage(self, dataset: str, batch: str, version: str) -> list[LineageEdge]:
        """What a version was made from, ordered by kind and name."""
        wanted = (
            select(Edge)
            .where(Edge.dataset == dataset, Edge.batch == batch, Edge.version == version)
            .order_by(Edge.kind, Edge.name, Edge.ref)
        )
        return [record_of(LineageEdge, row) for row in self.store.all(wanted)]

    def refs(self, dataset: str, kind: EdgeKind) -> dict[tuple[str, str], str]:
        """(Batch, version) → the one thing of a kind that it was made from."""
        wanted = select(Edge).where(Edge.dataset == dataset, Edge.kind == kind)
        return {(row.batch, row.version): row.ref for row in self.store.all(wanted)}

    def released_otherwise(self, dataset: str, kind: EdgeKind, ref: str) -> list[str]:
        """Batches whose version with readers was made from another thing of a kind, in order.

        A version that was made from nothing of the kind isn't among them.
        """
        wanted = (
            select(Edge.batch)
            .join(Pointer, Pointer.dataset == Edge.dataset)
            .join(
                Membership,
                and_(
                    Membership.dataset == Edge.dataset,
                    Membership.batch == Edge.batch,
                    Membership.version == Edge.version,
                    spans(Pointer.number),
                ),
            )
            # Two ranges of the index, where "is not" would read it all.
            .where(Edge.dataset == dataset, Edge.kind == kind, or_(Edge.ref < ref, Edge.ref > ref))
            .distinct()
            .order_by(Edge.batch)
        )
        with self.store.session(writes=False) as session:
            return list(session.scalars(wanted))

    def made_from(self, name: str, ref: str) -> list[tuple[str, str, str]]:
        """The versions made from something, as (dataset, batch, version)."""
        wanted = (
            select(Edge.dataset, Edge.batch, Edge.version)
            .where(Edge.name == name, Edge.ref == ref)
            .distinct()
            .order_by(Edge.dataset, Edge.batch, Edge.version)
        )
        with self.store.session(writes=False) as session:
            return [(d, b, v) for d, b, v in session.execute(wanted).tuples()]

    def find(self, dataset: str) -> list[tuple[str, str]]:
        """The versions of a data set that aren't removed, as (batch, version)."""
        wanted = select(Version.batch, Version.version).where(
            Version.dataset == dataset, Version.removed.is_(False)
        )
        with self.store.session(writes=False) as session:
            found = session.execute(wanted.order_by(Version.batch, Version.version)).tuples()
            return [(b, v) for b, v in found]

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
        with self.store.session(writes=True) as session:
            for row in session.scalars(wanted):
                row.state = state.value


def _committed(row: Any) -> CommittedVersion:
    dataset, batch, version, at, removed, objects = row
    hashes, size = dict[str, str](), 0
    for name, (_, md5, bytes_) in _OBJECTS.decode(objects).items():
        hashes[name] = md5
        size += bytes_
    return CommittedVersion(dataset, batch, version, at, removed, hashes, size)


def version_row(version: BatchVersion) -> dict[str, Any]:
    """A version's row, as far as the registry's record says it."""
    return {
        "dataset": version.dataset,
        "batch": version.batch,
        "version": version.version,
        "run_id": None,
        "created": version.at,
        "meta": {"counts": dict(version.counts), "derived": {}},
        "objects": {n: [o.file, o.md5, o.size] for n, o in version.objects.items()},
        "judged": {gate: at.isoformat() for gate, at in version.judged.items()},
    }


def as_record(row: Any) -> BatchVersion:
    """A row as the record; what it holds was checked when it was read from the registry."""
    objects = {
        name: StoredObject.model_construct(file=file, md5=md5, size=size)
        for name, (file, md5, size) in (row.objects or {}).items()
    }
    return BatchVersion.model_construct(
        dataset=row.dataset,
        batch=row.batch,
        version=row.version,
        objects=objects,
        counts=dict(sorted(row.meta.get("counts", {}).items())),
        at=row.created,
        judged={g: datetime.fromisoformat(at) for g, at in (row.judged or {}).items()},
    )
