"""The catalog at a glance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from assay.catalog._batches import latest_attempts
from assay.catalog._incidents import Incidents
from assay.catalog._schema import SnapshotRow
from assay.catalog._snapshots import pointed
from assay.catalog._store import Store
from assay.records.incidents import Incident
from assay.records.runs import BatchRecord

_Record = TypeVar("_Record", BatchRecord, Incident)


def status(store: Store, datasets: Iterable[str] = ()) -> dict[str, Any]:
    """What ``Catalog.status`` returns."""
    with store.session(writes=False) as session:
        snapshots = pointed(session)
        released = {n: _released(s) for n, s in snapshots.items()}
        read = {n: s.batches for n, s in snapshots.items()}
        batches = _by_dataset(latest_attempts(session, None))
        incidents = _by_dataset(Incidents(store).find(state="open"))
    names = {*datasets, *released, *batches, *incidents}
    return {
        "datasets": [
            {
                "name": name,
                "released": released.get(name),
                "batches": [_batch(b, read.get(name, {})) for b in batches.get(name, [])],
                "incidents": [_incident(i) for i in incidents.get(name, [])],
            }
            for name in sorted(names)
        ]
    }


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


def _batch(record: BatchRecord, read: Mapping[str, str]) -> dict[str, Any]:
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
        "with_readers": read.get(record.batch),
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "check": incident.check,
        "opened": incident.opened.isoformat(),
        "batches": list(incident.failing),
        "state": incident.state,
        "acknowledged": _iso(incident.acknowledged),
        "snoozed_until": _iso(incident.snoozed_until),
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
