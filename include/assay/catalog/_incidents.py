"""Incidents: one is open for a check of a data set, with the batches that it affects.

A partial unique index holds the "one", so that ten batches failing one check at once make one
incident, and one alert. A check that fails again soon after its incident was closed goes on with
it; a batch that a person dismissed stays dismissed until it passes or the dismissal ends.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import select

from assay.catalog._incident_rows import (
    changed,
    dismissed_in,
    end_dismissals,
    found,
    incidents_of,
    note_failing,
    open_one,
    open_row,
    open_with,
    resolve,
)
from assay.catalog._schema import IncidentBatch, IncidentRow
from assay.catalog._store import Store
from assay.errors import CatalogError
from assay.records.incidents import DISMISSED, ChangeKind, Incident, IncidentChange, Resolution
from assay.verdict import Outcome, Reason, worst


@dataclass(frozen=True)
class Incidents:
    """Incidents of data sets: opened, resolved, reminded of and escalated."""

    store: Store

    def open_or_update(
        self,
        dataset: str,
        check: str,
        batch: str,
        *,
        reasons: Sequence[Reason],
        at: datetime,
        rows_affected: int | None = None,
        run_id: str | None = None,
        continues_within: timedelta | None = None,
    ) -> IncidentChange:
        """Record that a check fails for a batch.

        Parameters
        ----------
        dataset, check, batch : str
            ``check`` is the name under which failures belong together, such as
            ``drift/drift_found/age``.
        reasons : sequence of Reason
            Codes, numbers and outcomes; the incident takes the worst outcome it has seen.
        continues_within : timedelta, optional
            An incident of the check that was closed no longer ago, and not by dismissal, is
            opened again; without it, another one is opened.

        Returns
        -------
        IncidentChange
            ``opened`` or ``reopened`` if this did it, ``updated`` if the batch is new in it, was
            resolved before or fails otherwise than it did, ``unchanged`` if it failed in it just
            so, or is dismissed.
        """
        outcome = worst(r.outcome for r in reasons)
        with self.store.session(writes=True) as session:
            # The lock comes first: a dismissal that is under way is seen then.
            row = session.scalar(open_one(dataset, check))
            if dismissed := session.scalar(dismissed_in(dataset, check, batch, at)):
                return IncidentChange("unchanged", incidents_of(session, [dismissed])[0])
            kind: ChangeKind | None = None
            if row is None:
                kind, row = open_row(session, dataset, check, outcome, at, continues_within)
            row.outcome = worst([Outcome(row.outcome), outcome]).value
            news = note_failing(session, row, batch, reasons, at, rows_affected, run_id)
            kind = kind or ("updated" if news else "unchanged")
            return IncidentChange(kind, incidents_of(session, [row])[0])

    def resolve_batch(
        self,
        dataset: str,
        batch: str,
        *,
        how: Resolution,
        at: datetime,
        still_failing: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> list[IncidentChange]:
        """Resolve a batch in the open incidents of its data set; close those that it leaves empty.

        A batch that passed, or was forced, ends its dismissals too: its next failure is news.

        Parameters
        ----------
        still_failing : collection of str
            Checks in which the batch stays as it is.
        only : collection of str, optional
            Only these checks.

        Returns
        -------
        list of IncidentChange
            ``closed`` or ``updated``, one for each incident that had the batch failing.

        Raises
        ------
        CatalogError
            ``how`` isn't one of the three.
        """
        if how not in get_args(Resolution):
            raise CatalogError(
                "a batch isn't resolved like this", got=how, expected="passed, forced or dismissed"
            )
        wanted = open_with(dataset, batch).order_by(IncidentRow.id).with_for_update(of=IncidentRow)
        changes = []
        with self.store.session(writes=True) as session:
            for row in session.scalars(wanted).all():
                skipped = only is not None and row.check_name not in only
                if not skipped and row.check_name not in still_failing:
                    changes.append(resolve(session, row, [batch], how, at))
            if how != DISMISSED:
                end_dismissals(session, dataset, batch, how, at, still_failing, only)
        return changes

    def checks_against(self, dataset: str, batch: str) -> list[str]:
        """The checks in whose incidents a batch is failing, or dismissed."""
        wanted = (
            select(IncidentRow.check_name)
            .join(IncidentBatch, IncidentBatch.incident_id == IncidentRow.id)
            .where(IncidentRow.dataset == dataset, IncidentBatch.batch == batch)
            .where(IncidentBatch.state.in_(["failing", DISMISSED]))
            .distinct()
        )
        return sorted(self.store.all(wanted))

    def find(self, dataset: str | None = None, *, state: str | None = None) -> list[Incident]:
        """The incidents, oldest first; of one data set or state if given."""
        wanted = select(IncidentRow).order_by(IncidentRow.id)
        if dataset is not None:
            wanted = wanted.where(IncidentRow.dataset == dataset)
        if state is not None:
            wanted = wanted.where(IncidentRow.state == state)
        with self.store.session(writes=False) as session:
            return incidents_of(session, session.scalars(wanted).all())

    def get(self, incident_id: int) -> Incident:
        """One incident.

        Raises
        ------
        CatalogError
            There is none of this number.
        """
        with self.store.session(writes=False) as session:
            return incidents_of(session, [found(session, incident_id)])[0]

    def wake(self, at: datetime, datasets: Collection[str]) -> list[IncidentChange]:
        """End the snoozes whose time is over; each is ``woken`` if it is open, else ``closed``."""
        due = (
            select(IncidentRow)
            .where(IncidentRow.snoozed_until <= at, IncidentRow.dataset.in_(list(datasets)))
            .order_by(IncidentRow.id)
            .with_for_update()
        )
        changes = []
        with self.store.session(writes=True) as session:
            for row in session.scalars(due).all():
                row.snoozed_until = row.acknowledged = row.escalated = None
                row.escalations, row.reminders = 0, row.reminders + 1
                changes.append(changed(session, row, "woken" if row.state == "open" else "closed"))
        return changes

    def escalate(self, incident_id: int, *, step: int, at: datetime) -> IncidentChange:
        """Record the ``step``-th escalation; ``unchanged`` if it is on record."""
        with self.store.session(writes=True) as session:
            row = found(session, incident_id, lock=True)
            late = row.state != "open" or row.acknowledged is not None or row.escalations >= step
            if late or row.snoozed_until is not None:
                return changed(session, row, "unchanged")
            row.escalations, row.escalated = step, at
            return changed(session, row, "escalated")
