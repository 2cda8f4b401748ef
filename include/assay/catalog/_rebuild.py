"""What the objects of versions say, and releases that no run has recorded, put into the catalog."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, insert, literal, select, tuple_
from sqlalchemy.orm import Session

from assay.catalog._batches import Batches, is_latest
from assay.catalog._details import (
    add_details,
    add_verdicts,
    inputs_of,
    of_batches,
    verdicts_of,
    versions_of,
)
from assay.catalog._leases import live_batches
from assay.catalog._memberships import spans
from assay.catalog._registry_schema import Membership, Pointer
from assay.catalog._schema import Run
from assay.catalog._store import Store
from assay.reasons import is_noted
from assay.records.indexing import Holding
from assay.records.runs import OUT, BatchState, Counts
from assay.records.versions import BatchVersion, VersionDetails
from assay.verdict import Outcome, Verdict, worst


@dataclass(frozen=True)
class Rebuild:
    """What the index of the registry doesn't say; each call is one transaction."""

    store: Store

    def add_details(self, found: Collection[tuple[BatchVersion, VersionDetails]]) -> None:
        """Record lineage, derived columns and verdicts of versions; what is known of them stays."""
        with self.store.session(writes=True) as session:
            add_details(session, found)
            add_verdicts(session, [(v, d.verdicts) for v, d in found if d.verdicts])

    def unrecorded(self, most: int, after: tuple[str, str] | None = None) -> list[Holding]:
        """Released versions of which no run has recorded the release, some of them.

        Their batch was never attempted here, or its latest attempt never ended.
        """
        latest = select(Run.id).where(
            Run.dataset == Membership.dataset, Run.batch == Membership.batch, is_latest()
        )
        ended = latest.where(Run.state != BatchState.RUNNING.value)
        wanted = (
            select(*(getattr(Membership, f.name) for f in fields(Holding)))
            .join(
                Pointer,
                and_(Pointer.dataset == Membership.dataset, spans(Pointer.__table__.c.number)),
            )
            .where(~exists(ended))
            .order_by(Membership.dataset, Membership.batch)
        )
        if after is not None:
            dataset, batch = after
            place = tuple_(Membership.dataset, Membership.batch)
            wanted = wanted.where(place > tuple_(literal(dataset), literal(batch)))
        with self.store.session(writes=False) as session:
            return [Holding(*row) for row in session.execute(wanted.limit(most))]

    def add_releases(self, released: Collection[Holding], *, at: datetime) -> None:
        """Record these releases, each in its batch's latest run, or in one of type ``rebuilt``."""
        with self.store.session(writes=True) as session:
            live = {d: live_batches(session, d, at) for d in {h.dataset for h in released}}
            versions = versions_of(session, {(h.dataset, h.batch, h.version) for h in released})
            verdicts = verdicts_of(session, versions)
            inputs = inputs_of(session, versions)
            runs = _latest_runs(session, released)
            made = []
            for held in released:
                version = versions.get((held.dataset, held.batch, held.version))
                if version is None or held.batch in live[held.dataset]:
                    continue
                key = (held.dataset, held.batch, held.version)
                end = _End(version, held.forced, verdicts.get(key, []), inputs.get(key))
                run = runs.get((held.dataset, held.batch))
                if run is None:
                    made.append(end.row())
                else:
                    self._finish(end, run, at)
            if made:
                session.connection().execute(insert(Run), made)

    def _finish(self, end: _End, run: Run, at: datetime) -> None:
        """Complete a run that never ended, unless another has recorded the release."""
        version, batches = end.version, Batches(self.store)
        history = batches.history(version.dataset, version.batch)
        if any(r.state in OUT and r.version == version.version for r in history):
            return
        batches.finish(
            version.dataset,
            version.batch,
            run.run_id,
            state=end.state,
            verdict=end.verdict,
            counts=end.counts,
            reasons=end.reasons,
            version=version.version,
            input_sha=end.input_sha,
            at=at,
        )


@dataclass(frozen=True)
class _End:
    """How a run ended that released a version, by what the version says."""

    version: BatchVersion
    forced: bool
    verdicts: Sequence[Verdict]
    input_sha: str | None

    @property
    def state(self) -> BatchState:
        return BatchState.FORCED if self.forced else BatchState.RELEASED

    @property
    def verdict(self) -> Outcome | None:
        return worst(v.outcome for v in self.verdicts) if self.verdicts else None

    @property
    def reasons(self) -> list[str]:
        worst_first = sorted(self.verdicts, key=lambda v: -v.outcome.severity)
        given = [(v.outcome, r.code) for v in worst_first for r in v.reasons]
        return list(dict.fromkeys(code for outcome, code in given if is_noted(outcome, code)))

    @property
    def counts(self) -> Counts:
        return _counts(self.version.counts)

    def row(self) -> dict[str, Any]:
        """A run of its own, for a batch that has none."""
        version, verdict = self.version, self.verdict
        about = {"dataset": version.dataset, "batch": version.batch, "version": version.version}
        counted = {k if k == "rows_in" else f"rows_{k}": n for k, n in vars(self.counts).items()}
        return {
            **about,
            **counted,
            "run_id": "rebuilt",
            "run_type": "rebuilt",
            "sequence": 1,
            "state": self.state.value,
            "verdict": verdict.value if verdict else None,
            "reasons": self.reasons,
            "input_sha": self.input_sha,
            "started": version.at,
            "ended": version.at,
        }


def _latest_runs(session: Session, released: Collection[Holding]) -> dict[tuple[str, str], Run]:
    these = of_batches(Run, [(h.dataset, h.batch) for h in released])
    wanted = select(Run).where(these, is_latest())
    return {(run.dataset, run.batch): run for run in session.scalars(wanted)}


def _counts(numbers: Mapping[str, int]) -> Counts:
    """What the committer counted; the registry's versions were held when they were committed."""
    known = {f.name for f in fields(Counts)}
    counted = {k.removeprefix("rows_") if k != "rows_in" else k: n for k, n in numbers.items()}
    given = {k: n for k, n in counted.items() if k in known}
    given["released"] = given.pop("held", 0) + given.get("released", 0)
    counts = Counts(**given)
    return Counts() if counts.problem(BatchState.RELEASED) else counts
