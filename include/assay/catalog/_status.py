"""The catalog at a glance, and its index restored from the registry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete
from sqlalchemy.orm import Session

from assay.catalog._batches import Batches, latest_attempts
from assay.catalog._leases import live_batches
from assay.catalog._responses import Responses
from assay.catalog._schema import Pointer, SnapshotRow
from assay.catalog._verdicts import Verdicts
from assay.catalog._versions import Versions, clear_index, follow_pointer, pointed
from assay.errors import CatalogError
from assay.records.incidents import Incident
from assay.records.runs import OUT, BatchRecord, BatchState, Counts
from assay.verdict import Outcome, worst

_Record = TypeVar("_Record", BatchRecord, Incident)


class Status(Batches, Responses, Versions, Verdicts):
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
            pointer's snapshot with its newest batch and that batch's version, or None. A batch is
            told by its latest attempt; ``with_readers`` is the version that the pointer's snapshot
            holds of it, whatever that attempt came to, or None. An incident's ``batches`` are those
            that still fail.
        """
        with self._session(writes=False) as session:
            snapshots = pointed(session)
            released = {n: _released(s) for n, s in snapshots.items()}
            read = {n: s.batches for n, s in snapshots.items()}
            batches = _by_dataset(latest_attempts(session, None))
            incidents = _by_dataset(self.incidents(state="open"))
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

    def rebuild(self, registry: Mapping[str, Mapping[str, Any]], *, at: datetime) -> None:
        """Make versions, snapshots and pointers equal to the registry's, in one transaction.

        Verdicts and lineage of versions that the catalog lacks come back as well. What it has of
        them stays, as do incidents and batches, except that batches' states follow the pointer.
        One in the pointer's snapshot of whose release no run is on record gets it: in its latest
        run, where that never ended, or in one of type ``rebuilt``, where there is none.

        Parameters
        ----------
        registry : mapping
            Data set to plain data: ``versions`` (each ``batch``, ``version`` and where known
            ``created``, ``lineage``, ``meta`` with ``counts`` named as in ``Counts``, ``verdicts``
            as pairs of a verdict and its time), ``snapshots`` (each ``number``, ``batches`` and
            where known ``parent``, ``forced``, ``reason``, ``author``, ``at``) and ``pointer``, a
            snapshot's number or None.
        at : datetime
            Timezone-aware; when it is rebuilt.
        """
        with self._session(writes=True) as session:
            clear_index(session)
            for dataset, dump in registry.items():
                self._index(dataset, dump)
                follow_pointer(session, dataset)
                self._restore_batches(session, dataset, dump, at)

    def _restore_batches(
        self, session: Session, dataset: str, dump: Mapping[str, Any], at: datetime
    ) -> None:
        snapshot = self.pointer(dataset)
        if snapshot is None:
            return
        live = live_batches(session, dataset, at)
        for version in dump["versions"]:
            batch = version["batch"]
            if snapshot.batches.get(batch) != version["version"] or batch in live:
                continue
            runs = self.history(dataset, batch)
            if not runs:
                started = version.get("created") or at
                self.start_batch(dataset, batch, "rebuilt", run_type="rebuilt", at=started)
                self._release(dataset, version, snapshot.forced, "rebuilt", started)
            elif runs[-1].state is BatchState.RUNNING and not any(
                r.state in OUT and r.version == version["version"] for r in runs
            ):
                self._release(dataset, version, snapshot.forced, runs[-1].run_id, at)

    def _release(
        self,
        dataset: str,
        version: Mapping[str, Any],
        forced: Collection[str],
        run_id: str,
        at: datetime,
    ) -> None:
        """Record in a run what the registry knows of a released version."""
        batch = version["batch"]
        told = [r.verdict for r in self.verdicts(dataset, batch, version["version"])]
        told.sort(key=lambda v: -v.outcome.severity)
        codes = [r.code for v in told if v.outcome is not Outcome.PASS for r in v.reasons]
        self.finish_batch(
            dataset,
            batch,
            run_id,
            state=BatchState.FORCED if batch in forced else BatchState.RELEASED,
            verdict=worst(v.outcome for v in told) if told else None,
            counts=_counts((version.get("meta") or {}).get("counts", {})),
            reasons=list(dict.fromkeys(codes)),
            version=version["version"],
            input_sha=next((e.ref for e in version.get("lineage", ()) if e.kind == "input"), None),
            at=at,
        )

    def _index(self, dataset: str, dump: Mapping[str, Any]) -> None:
        for version in dump["versions"]:
            self.record_version(
                dataset,
                version["batch"],
                version["version"],
                at=version.get("created"),
                meta=version.get("meta"),
                lineage=version.get("lineage", ()),
            )
            self._restore_verdicts(dataset, version)
        for snapshot in dump["snapshots"]:
            self.record_snapshot(
                dataset,
                snapshot["number"],
                snapshot["batches"],
                parent=snapshot.get("parent"),
                forced=snapshot.get("forced", ()),
                reason=snapshot.get("reason"),
                author=snapshot.get("author"),
                at=snapshot.get("at"),
            )
        self._point(dataset, dump["pointer"])

    def _restore_verdicts(self, dataset: str, version: Mapping[str, Any]) -> None:
        batch, key = version["batch"], version["version"]
        known = {r.verdict.gate for r in self.verdicts(dataset, batch, key)}
        for verdict, given in version.get("verdicts", ()):
            if verdict.gate not in known:
                self.record_verdict(dataset, batch, key, verdict, at=given)

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


def _counts(numbers: Mapping[str, int]) -> Counts:
    """What the committer counted; the registry's versions were held when they were committed."""
    known = {f.name for f in fields(Counts)}
    counted = {k.removeprefix("rows_") if k != "rows_in" else k: n for k, n in numbers.items()}
    given = {k: n for k, n in counted.items() if k in known}
    given["released"] = given.pop("held", 0) + given.get("released", 0)
    counts = Counts(**given)
    return Counts() if counts.problem(BatchState.RELEASED) else counts


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
