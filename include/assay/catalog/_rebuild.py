"""The catalog's index, restored from the registry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from assay.catalog._batches import Batches
from assay.catalog._leases import live_batches
from assay.catalog._snapshots import Snapshots, clear_index, follow_pointer
from assay.catalog._store import Store
from assay.catalog._verdicts import Verdicts
from assay.catalog._versions import Versions
from assay.records.runs import OUT, BatchState, Counts
from assay.records.versions import BatchVersion, DatasetRecords, VersionDetails
from assay.verdict import Outcome, worst

Details = Mapping[tuple[str, str, str], VersionDetails]


@dataclass(frozen=True)
class Rebuild:
    """One rebuild of the index, within a transaction."""

    store: Store
    details: Details
    at: datetime

    def run(self, registry: Mapping[str, DatasetRecords]) -> None:
        """Replace the index by what the registry holds."""
        with self.store.session(writes=True) as session:
            clear_index(session)
            for dataset, held in registry.items():
                for version in held.versions:
                    self._restore_version(version)
                snapshots = Snapshots(self.store)
                for snapshot in held.snapshots:
                    snapshots.record(snapshot)
                snapshots.point(dataset, held.pointer)
                follow_pointer(session, dataset)
                if (current := snapshots.current(dataset)) is not None:
                    live = live_batches(session, dataset, self.at)
                    for version in held.versions:
                        released = current.batches.get(version.batch) == version.version
                        if released and version.batch not in live:
                            self._restore_release(version, current.forced)

    def _restore_version(self, version: BatchVersion) -> None:
        known, verdicts = self._details(version), Verdicts(self.store)
        Versions(self.store).record(version, lineage=known.lineage, derived=known.derived)
        key = (version.dataset, version.batch, version.version)
        recorded = {r.verdict.gate for r in verdicts.find(*key)}
        for verdict, given in known.verdicts:
            if verdict.gate not in recorded:
                verdicts.record(*key, verdict, at=given)

    def _restore_release(self, version: BatchVersion, forced: Collection[str]) -> None:
        """Record the release of a version in a run, unless a run has recorded it."""
        dataset, batch, batches = version.dataset, version.batch, Batches(self.store)
        runs = batches.history(dataset, batch)
        if not runs:
            batches.start(dataset, batch, "rebuilt", run_type="rebuilt", at=version.at)
            self._finish(version, forced, "rebuilt", version.at)
        elif runs[-1].state is BatchState.RUNNING and not any(
            r.state in OUT and r.version == version.version for r in runs
        ):
            self._finish(version, forced, runs[-1].run_id, self.at)

    def _finish(
        self, version: BatchVersion, forced: Collection[str], run_id: str, at: datetime
    ) -> None:
        key = (version.dataset, version.batch, version.version)
        verdicts = [r.verdict for r in Verdicts(self.store).find(*key)]
        verdicts.sort(key=lambda v: -v.outcome.severity)
        codes = [r.code for v in verdicts if v.outcome is not Outcome.PASS for r in v.reasons]
        lineage = self._details(version).lineage
        Batches(self.store).finish(
            version.dataset,
            version.batch,
            run_id,
            state=BatchState.FORCED if version.batch in forced else BatchState.RELEASED,
            verdict=worst(v.outcome for v in verdicts) if verdicts else None,
            counts=_counts(version.counts),
            reasons=list(dict.fromkeys(codes)),
            version=version.version,
            input_sha=next((e.ref for e in lineage if e.kind == "input"), None),
            at=at,
        )

    def _details(self, version: BatchVersion) -> VersionDetails:
        key = (version.dataset, version.batch, version.version)
        return self.details.get(key, VersionDetails())


def _counts(numbers: Mapping[str, int]) -> Counts:
    """What the committer counted; the registry's versions were held when they were committed."""
    known = {f.name for f in fields(Counts)}
    counted = {k.removeprefix("rows_") if k != "rows_in" else k: n for k, n in numbers.items()}
    given = {k: n for k, n in counted.items() if k in known}
    given["released"] = given.pop("held", 0) + given.get("released", 0)
    counts = Counts(**given)
    return Counts() if counts.problem(BatchState.RELEASED) else counts
