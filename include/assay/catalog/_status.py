"""The catalog at a glance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from assay.catalog._batches import Batches
from assay.catalog._incidents import Incidents
from assay.catalog._snapshots import pointed, pointers
from assay.catalog._store import Store
from assay.catalog._verdicts import reasons_of
from assay.reasons import unjudged_rooms
from assay.records.incidents import Incident
from assay.records.runs import BatchRecord, BatchState
from assay.records.versions import Snapshot
from assay.wording import sentence


@dataclass(frozen=True)
class DatasetStatus:
    """One data set at a glance.

    Parameters
    ----------
    snapshot : Snapshot or None
        The pointer's.
    batches : tuple of BatchRecord
        The latest attempt at each batch.
    incidents : tuple of Incident
        The open ones.
    earlier : int
        Batches before those that are listed.
    why : mapping
        Batch → its reasons that aren't PASS, each a sentence, the worst first.
    """

    name: str
    snapshot: Snapshot | None
    batches: tuple[BatchRecord, ...]
    incidents: tuple[Incident, ...]
    earlier: int = 0
    why: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The status as plain JSON data."""
        read = self.snapshot.batches if self.snapshot else {}
        return {
            "name": self.name,
            "released": _released(self.snapshot) if self.snapshot else None,
            "batches": [
                {**_batch(b, read), "why": list(self.why.get(b.batch, ()))} for b in self.batches
            ],
            "incidents": [_incident(i) for i in self.incidents],
        }


def dataset_statuses(
    store: Store,
    datasets: Iterable[str],
    *,
    only: bool = False,
    most: int | None = None,
    state: BatchState | None = None,
) -> list[DatasetStatus]:
    """The status of every data set that is recorded or named, by name.

    Of those that are named only, of the batches in one state, and of the newest ``most`` of them,
    if that is given.
    """
    with store.session(writes=False) as session:
        counted = Batches(store).counted(state)
        incidents = _by_dataset(Incidents(store).find(state="open"))
        named = {*datasets}
        names = named if only else {*named, *counted, *incidents, *pointers(session)}
        snapshots = pointed(session, names)
        batches = {n: Batches(store).latest(n, most, state) for n in names if n in counted}
        why = {n: reasons_of(session, found) for n, found in batches.items()}
    return [
        DatasetStatus(
            name=name,
            snapshot=snapshots.get(name),
            batches=tuple(batches.get(name, ())),
            incidents=tuple(incidents.get(name, ())),
            earlier=counted.get(name, 0) - len(batches.get(name, ())),
            why={**_of_incidents(incidents.get(name, ())), **why.get(name, {})},
        )
        for name in sorted(names)
    ]


def _of_incidents(incidents: Iterable[Incident]) -> dict[str, list[str]]:
    """Batch → the sentences of its open incidents: all that is known where no gate has judged."""
    found: dict[str, list[str]] = defaultdict(list)
    for incident in incidents:
        for b in incident.batches:
            found[b.batch] += [sentence(r) for r in b.reasons if b.state == "failing"]
    return {batch: list(dict.fromkeys(said)) for batch, said in found.items()}


def _by_dataset(records: Iterable[Incident]) -> dict[str, list[Incident]]:
    grouped: dict[str, list[Incident]] = defaultdict(list)
    for record in records:
        grouped[record.dataset].append(record)
    return grouped


def _released(snapshot: Snapshot) -> dict[str, Any] | None:
    if not snapshot.batches:
        return None
    newest = max(snapshot.batches)  # canonical keys sort by time
    return {"snapshot": snapshot.number, "version": snapshot.batches[newest], "batch": newest}


def _batch(record: BatchRecord, read: Mapping[str, str]) -> dict[str, Any]:
    rows = asdict(record.counts)
    return {
        "batch": record.batch,
        "verdict": record.verdict.value if record.verdict else None,
        "not_judged": unjudged_rooms(record.reasons),
        "state": record.state.value,
        "rows_in": rows.pop("rows_in"),
        **{f"rows_{name}": n for name, n in rows.items()},
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
