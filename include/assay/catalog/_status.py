"""The catalog at a glance, and its index restored from the registry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict, TypeVar

from sqlalchemy import delete

from assay.catalog._batches import Batches, BatchRecord, latest_attempts
from assay.catalog._incidents import Incident, Incidents
from assay.catalog._schema import Pointer, SnapshotRow
from assay.catalog._versions import LineageEdge, Versions, clear_index, follow_pointer, pointed
from assay.errors import CatalogError

_Record = TypeVar("_Record", BatchRecord, Incident)


class VersionDump(TypedDict):
    """A version as the registry knows it."""

    batch: str
    version: str
    created: NotRequired[datetime | None]
    meta: NotRequired[Mapping[str, Any]]
    lineage: NotRequired[Iterable[LineageEdge]]


class SnapshotDump(TypedDict):
    """A release as the registry knows it."""

    number: int
    batches: Mapping[str, str]
    parent: NotRequired[int | None]
    reason: NotRequired[str | None]
    author: NotRequired[str | None]
    at: NotRequired[datetime | None]


class RegistryDump(TypedDict):
    """One data set of the registry as plain data; ``pointer`` is a snapshot's number."""

    versions: Iterable[VersionDump]
    snapshots: Iterable[SnapshotDump]
    pointer: int | None


class Status(Batches, Incidents, Versions):
    """The part of the catalog that answers ``assay status`` and ``assay catalog rebuild``."""

    def status(self, datasets: Iterable[str] = ()) -> dict[str, Any]:
        """Every data set with its pointer, batches and open incidents, as plain JSON data.

        Parameters
        ----------
        datasets : iterable of str
            Data sets to list even if nothing is recorded of them yet.

        Returns
        -------
        dict
            ``{"datasets": [{"name", "released", "batches", "incidents"}]}``. ``released`` is the
            pointer's snapshot with its newest batch and that batch's version, or None.
        """
        with self._session(writes=False) as session:
            released = {n: _released(s) for n, s in pointed(session).items()}
            batches = _by_dataset(latest_attempts(session, None))
            incidents = _by_dataset(self.incidents(state="open"))
        names = {*datasets, *released, *batches, *incidents}
        return {
            "datasets": [
                {
                    "name": name,
                    "released": released.get(name),
                    "batches": [_batch(b) for b in batches.get(name, [])],
                    "incidents": [_incident(i) for i in incidents.get(name, [])],
                }
                for name in sorted(names)
            ]
        }

    def rebuild(self, registry: Mapping[str, RegistryDump]) -> None:
        """Make versions, snapshots and pointers equal to the registry's, in one transaction.

        Batches, verdicts, measurements and incidents stay as they are.

        Parameters
        ----------
        registry : mapping
            Data set to its dump.
        """
        with self._session(writes=True) as session:
            clear_index(session)
            for dataset, dump in registry.items():
                self._index(dataset, dump)
                follow_pointer(session, dataset)

    def _index(self, dataset: str, dump: RegistryDump) -> None:
        for version in dump["versions"]:
            self.record_version(
                dataset,
                version["batch"],
                version["version"],
                at=version.get("created"),
                meta=version.get("meta"),
                lineage=version.get("lineage", ()),
            )
        for snapshot in dump["snapshots"]:
            self.record_snapshot(
                dataset,
                snapshot["number"],
                snapshot["batches"],
                parent=snapshot.get("parent"),
                reason=snapshot.get("reason"),
                author=snapshot.get("author"),
                at=snapshot.get("at"),
            )
        self._point(dataset, dump["pointer"])

    def _point(self, dataset: str, number: int | None) -> None:
        with self._session(writes=True) as session:
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


def _by_dataset(records: Iterable[_Record]) -> dict[str, list[_Record]]:
    grouped: dict[str, list[_Record]] = defaultdict(list)
    for record in records:
        grouped[record.dataset].append(record)
    return grouped


def _released(snapshot: SnapshotRow) -> dict[str, Any] | None:
    if not snapshot.batches:
        return None
    newest = max(snapshot.batches)  # canonical keys sort as the time that they stand for
    return {
        "snapshot": snapshot.number,
        "version": snapshot.batches[newest],
        "batch": newest,
    }


def _batch(record: BatchRecord) -> dict[str, Any]:
    counts = record.counts
    return {
        "batch": record.batch,
        "verdict": record.verdict.value if record.verdict else None,
        "state": record.state.value,
        "rows_in": counts.rows_in,
        "rows_released": counts.released,
        "rows_held": counts.held,
        "rows_quarantined": counts.quarantined,
        "rows_dropped": counts.dropped,
        "rows_suppressed": counts.suppressed,
        "reasons": list(record.reasons),
        "version": record.version,
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "check": incident.check,
        "opened": incident.opened.isoformat(),
        "batches": [b.batch for b in incident.batches],
        "state": incident.state,
    }
