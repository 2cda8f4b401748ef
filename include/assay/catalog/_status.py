"""The catalog at a glance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from assay.catalog._batches import Batches
from assay.catalog._incidents import Incidents
from assay.catalog._memberships import held_at, newest_at
from assay.catalog._snapshots import pointers
from assay.catalog._store import Store
from assay.catalog._verdicts import reasons_of
from assay.reasons import unjudged_rooms
from assay.records.incidents import Incident
from assay.records.runs import BatchRecord, BatchState
from assay.wording import sentence

_MOST_ASKED: Final = 500
"""Batches that are asked for by name; of more, all that a snapshot holds are read."""


@dataclass(frozen=True)
class Released:
    """What readers get of a data set.

    Parameters
    ----------
    newest : dict or None
        ``snapshot``, ``version`` and ``batch`` of the newest batch; None where there is none.
    read : mapping
        Batch → the version that readers have, of the batches that are listed.
    """

    newest: dict[str, Any] | None
    read: Mapping[str, str]


@dataclass(frozen=True)
class DatasetStatus:
    """One data set at a glance.

    Parameters
    ----------
    released : Released or None
        What readers get.
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
    released: Released | None
    batches: tuple[BatchRecord, ...]
    incidents: tuple[Incident, ...]
    earlier: int = 0
    why: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The status as plain JSON data."""
        read = self.released.read if self.released else {}
        return {
            "name": self.name,
            "released": self.released.newest if self.released else None,
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
        numbers = pointers(session)
        names = named if only else {*named, *counted, *incidents, *numbers}
        batches = {n: Batches(store).latest(n, most, state) for n in names if n in counted}
        released = {
            n: _released(session, n, numbers[n], batches.get(n, ())) for n in names if n in numbers
        }
        why = {n: reasons_of(session, found) for n, found in batches.items()}
    return [
        DatasetStatus(
            name=name,
            released=released.get(name),
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


def _released(
    session: Session, dataset: str, number: int, listed: Sequence[BatchRecord]
) -> Released:
    """What readers get of a data set, and of the batches that are listed."""
    newest = newest_at(session, dataset, number)
    asked = None if len(listed) > _MOST_ASKED else {record.batch for record in listed}
    held = held_at(session, dataset, number, asked) if newest else {}
    return Released(
        newest={"snapshot": number, "version": newest[1], "batch": newest[0]} if newest else None,
        read={batch: version for batch, (version, _) in held.items()},
    )


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
