"""The index of the registry: versions with their lineage, snapshots and pointers.

The registry's Git remote is the truth for these; what stands here makes them quick to ask and to
join, and ``rebuild`` restores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from assay.catalog._batches import is_latest
from assay.catalog._schema import Edge, Run, Version
from assay.catalog._store import Store, record_of, upsert
from assay.records.lineage import LineageEdge
from assay.records.runs import BatchState
from assay.records.versions import BatchVersion


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
            Its counts and the names of its objects are kept.
        lineage : iterable of LineageEdge
            What it was made from; added to what is recorded already.
        derived : mapping, optional
            The columns that cleaning derived; no data values.
        """
        key = (version.dataset, version.batch, version.version)
        meta = {
            "counts": dict(version.counts),
            "objects": sorted(version.objects),
            "derived": dict(derived or {}),
        }
        with self.store.session(writes=True) as session:
            known = session.get(Version, key)
            about = {
                "created": known.created if known and known.created else version.at,
                "run_id": known.run_id if known and known.run_id else run_id,
                "meta": {**(known.meta if known else {}), **meta},
            }
            names = dict(zip(("dataset", "batch", "version"), key, strict=True))
            upsert(session, Version, {**names, **about})
            for edge in lineage:
                upsert(session, Edge, {**names, **asdict(edge)})

    def lineage(self, dataset: str, batch: str, version: str) -> list[LineageEdge]:
        """What a version was made from, ordered by kind and name."""
        wanted = (
            select(Edge)
            .where(Edge.dataset == dataset, Edge.batch == batch, Edge.version == version)
            .order_by(Edge.kind, Edge.name, Edge.ref)
        )
        return [record_of(LineageEdge, row) for row in self.store.all(wanted)]

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
        """The versions of a data set, as (batch, version)."""
        wanted = select(Version.batch, Version.version).where(Version.dataset == dataset)
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
