"""Batches and the runs that attempt them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session, aliased

from assay.catalog._leases import check_token
from assay.catalog._schema import Run
from assay.catalog._store import Store, record_of
from assay.errors import CatalogError
from assay.records.runs import OUT, Arrival, BatchRecord, BatchState, Counts
from assay.verdict import Outcome


@dataclass(frozen=True)
class Batches:
    """Attempts at batches: which run works on each, and what became of it."""

    store: Store

    def start(
        self,
        dataset: str,
        batch: str,
        run_id: str,
        *,
        run_type: str,
        at: datetime,
        token: int | None = None,
    ) -> BatchRecord:
        """Record that a run has begun to work on a batch; it is the batch's latest attempt now.

        Safe to repeat: a run that is retried starts over in its own row.

        Parameters
        ----------
        run_type : str
            ``scheduled``, ``manual``, ``backfill`` …
        token : int, optional
            The lease's fencing token.

        Raises
        ------
        LeaseError
            A newer lease than the token's has been given out.
        """
        with self.store.session(writes=True) as session:
            check_token(session, dataset, batch, token)
            last = session.scalar(
                select(func.max(Run.sequence)).where(Run.dataset == dataset, Run.batch == batch)
            )
            row = _find(session, dataset, batch, run_id) or Run(
                dataset=dataset, batch=batch, run_id=run_id
            )
            row.run_type, row.sequence = run_type, (last or 0) + 1
            row.started, row.ended = at, None
            row.version = row.input_sha = None
            _judge(row, BatchState.RUNNING, None, (), Counts())
            session.add(row)
            session.flush()
            return _record(row)

    def finish(
        self,
        dataset: str,
        batch: str,
        run_id: str,
        *,
        state: BatchState | str,
        verdict: Outcome | None,
        counts: Counts,
        at: datetime,
        reasons: Sequence[str] = (),
        version: str | None = None,
        input_sha: str | None = None,
        token: int | None = None,
    ) -> BatchRecord:
        """Record what became of a batch in a run; safe to repeat.

        A candidate whose version is released already is recorded as released: stopping an
        unchanged batch before its release takes nothing back. When a batch comes out with a
        version, its earlier attempts with other versions become ``superseded``.

        Parameters
        ----------
        dataset, batch, run_id : str
            As given to ``start``.
        verdict : Outcome or None
            The worst over all gates, None if nothing could be judged.
        counts : Counts
            Checked: every row that came in has gone to one place.
        reasons : sequence of str
            Reason codes.
        token : int, optional
            The lease's fencing token.

        Raises
        ------
        CatalogError
            The run was never started, or the counts break the law.
        LeaseError
            A newer lease than the token's has been given out.
        """
        with self.store.session(writes=True) as session:
            check_token(session, dataset, batch, token)
            row = _find(session, dataset, batch, run_id)
            if row is None:
                raise CatalogError(
                    "this run was never started", where=f"{dataset} {batch} {run_id}"
                )
            row.version, row.input_sha, row.ended = version, input_sha, at
            reached = BatchState(state)
            if reached is BatchState.CANDIDATE and (out := _out_already(session, row)):
                reached = out
                counts = replace(counts, released=counts.released + counts.held, held=0)
            if problem := counts.problem(reached):
                raise CatalogError(
                    problem,
                    where=f"{dataset} {batch}",
                    got=counts,
                    expected="rows_in = released + held + quarantined + dropped + suppressed",
                )
            _judge(row, reached, verdict, reasons, counts)
            if reached in OUT:
                _supersede_others(session, row)
            session.flush()
            return _record(row)

    def states(self, dataset: str) -> Mapping[str, BatchState]:
        """The state of every batch of a data set, as its latest attempt left it."""
        return {r.batch: r.state for r in self.latest(dataset)}

    def latest(
        self,
        dataset: str | None = None,
        most: int | None = None,
        state: BatchState | None = None,
    ) -> list[BatchRecord]:
        """The latest attempt of every batch, ordered by data set and batch.

        Of batches in one state, and of the newest ``most`` of them only, if given.
        """
        wanted = select(Run).where(is_latest())
        if state is not None:
            wanted = wanted.where(Run.state == state)
        if dataset is not None:
            wanted = wanted.where(Run.dataset == dataset)
        if most is not None:
            found = self.store.all(
                wanted.order_by(Run.dataset.desc(), Run.batch.desc()).limit(most)
            )
            return [_record(row) for row in reversed(found)]
        return [_record(row) for row in self.store.all(wanted.order_by(Run.dataset, Run.batch))]

    def datasets(self) -> list[str]:
        """The data sets of which a batch was attempted."""
        return sorted(self.store.all(select(Run.dataset).distinct()))

    def counted(self, state: BatchState | None = None) -> dict[str, int]:
        """Data set → how many batches of it were attempted, or are in one state."""
        wanted = select(Run.dataset, func.count(Run.batch.distinct())).group_by(Run.dataset)
        if state is not None:
            wanted = wanted.where(is_latest(), Run.state == state)
        with self.store.session(writes=False) as session:
            return dict(session.execute(wanted).tuples().all())

    def arrivals(self) -> list[Arrival]:
        """Every attempt that found an input, of all data sets, by the time it began."""
        columns = (Run.dataset, Run.batch, Run.input_sha, Run.version, Run.started)
        wanted = select(*columns).where(Run.input_sha.is_not(None)).order_by(Run.started)
        with self.store.session(writes=False) as session:
            return [Arrival._make(row) for row in session.execute(wanted)]

    def history(self, dataset: str, batch: str | None = None) -> list[BatchRecord]:
        """Every attempt of a data set's batches, or of one batch, the latest last."""
        wanted = select(Run).where(Run.dataset == dataset).order_by(Run.batch, Run.sequence, Run.id)
        if batch is not None:
            wanted = wanted.where(Run.batch == batch)
        return [_record(row) for row in self.store.all(wanted)]


def is_latest() -> ColumnElement[bool]:
    """The condition that a run is the latest attempt of its batch."""
    later = aliased(Run)
    same = and_(later.dataset == Run.dataset, later.batch == Run.batch)
    return ~select(later.id).where(same, later.sequence > Run.sequence).exists()


def _find(session: Session, dataset: str, batch: str, run_id: str) -> Run | None:
    return session.scalar(
        select(Run).where(Run.dataset == dataset, Run.batch == batch, Run.run_id == run_id)
    )


def _out_already(session: Session, row: Run) -> BatchState | None:
    """The state in which another attempt of the batch brought out this very version."""
    if row.version is None:
        return None
    found = session.scalar(
        select(Run.state)
        .where(Run.dataset == row.dataset, Run.batch == row.batch, Run.id != row.id)
        .where(Run.version == row.version, Run.state.in_(OUT))
        .order_by(Run.sequence.desc())
        .limit(1)
    )
    return BatchState(found) if found else None


def _supersede_others(session: Session, row: Run) -> None:
    replaced = [*OUT, BatchState.CANDIDATE]
    others = and_(Run.dataset == row.dataset, Run.batch == row.batch, Run.id != row.id)
    session.execute(
        update(Run)
        .where(others, Run.state.in_(replaced), Run.version.is_distinct_from(row.version))
        .values(
            state=BatchState.SUPERSEDED,
            rows_held=Run.rows_held + Run.rows_released,
            rows_released=0,
        )
    )


def _judge(
    row: Run, state: BatchState, verdict: Outcome | None, reasons: Sequence[str], counts: Counts
) -> None:
    row.state, row.verdict = state.value, verdict and verdict.value
    row.reasons, row.counts = list(reasons), counts


def _record(row: Run) -> BatchRecord:
    return record_of(
        BatchRecord,
        row,
        state=BatchState(row.state),
        verdict=Outcome(row.verdict) if row.verdict else None,
        reasons=tuple(row.reasons),
    )
