"""Incidents: one is open for a check of a data set, with the batches that it affects.

A partial unique index holds the "one", so that ten batches failing one check at once make one
incident, and one alert.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from assay.catalog._schema import IncidentBatch, IncidentRow
from assay.catalog._store import Store, insert_new
from assay.errors import CatalogError
from assay.verdict import Outcome, Reason, worst

Resolution = Literal["passed", "forced", "dismissed"]
ChangeKind = Literal["opened", "updated", "closed", "unchanged"]


@dataclass(frozen=True)
class AffectedBatch:
    """A batch in an incident: ``failing``, ``passed``, ``forced`` or ``dismissed``."""

    batch: str
    state: str
    since: datetime
    run_id: str | None
    reasons: tuple[Mapping[str, Any], ...]
    rows_affected: int | None


@dataclass(frozen=True)
class Incident:
    """A check that fails for some batches of a data set; open until each has been resolved."""

    id: int
    dataset: str
    check: str
    state: str
    outcome: Outcome
    opened: datetime
    closed: datetime | None
    batches: tuple[AffectedBatch, ...]


@dataclass(frozen=True)
class IncidentChange:
    """What one call did to one incident, with the incident as it is after it."""

    kind: ChangeKind
    incident: Incident


class Incidents(Store):
    """The part of the catalog that knows incidents."""

    def open_or_update_incident(
        self,
        dataset: str,
        check: str,
        batch: str,
        *,
        reasons: Sequence[Reason],
        at: datetime,
        rows_affected: int | None = None,
        run_id: str | None = None,
    ) -> IncidentChange:
        """Record that a check fails for a batch.

        Parameters
        ----------
        dataset, check, batch : str
            ``check`` is the name under which failures belong together, such as
            ``drift/drift_found/age``.
        reasons : sequence of Reason
            Codes, numbers and outcomes; the incident takes the worst outcome it has seen.
        at : datetime
            Timezone-aware.
        rows_affected : int, optional
        run_id : str, optional

        Returns
        -------
        IncidentChange
            ``opened`` if this opened the incident, ``updated`` if the batch is new in it or was
            resolved before, ``unchanged`` if it was failing in it already.
        """
        outcome = worst(r.outcome for r in reasons)
        with self._session(writes=True) as session:
            opened, row = _open_row(session, dataset, check, outcome, at)
            row.outcome = worst([Outcome(row.outcome), outcome]).value
            member = session.get(IncidentBatch, (row.id, batch))
            renewed = member is None or member.state != "failing"
            member = member or IncidentBatch(incident_id=row.id, batch=batch)
            if renewed:
                member.since = at
            member.state, member.at, member.run_id = "failing", at, run_id
            member.reasons = [r.model_dump(mode="json") for r in reasons]
            member.rows_affected = rows_affected
            session.add(member)
            session.flush()
            kind: ChangeKind = "opened" if opened else "updated" if renewed else "unchanged"
            return IncidentChange(kind, _incident(session, row))

    def resolve_batch_in_incidents(
        self,
        dataset: str,
        batch: str,
        *,
        how: Resolution,
        at: datetime,
        still_failing: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> list[IncidentChange]:
        """Resolve a batch in the open incidents of its data set; close those it was the last of.

        Parameters
        ----------
        dataset, batch : str
        how : {'passed', 'forced', 'dismissed'}
        at : datetime
            Timezone-aware.
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
        wanted = _open_with(dataset, batch).order_by(IncidentRow.id).with_for_update(of=IncidentRow)
        changes = []
        with self._session(writes=True) as session:
            for row in session.scalars(wanted).all():
                skipped = only is not None and row.check_name not in only
                if not skipped and row.check_name not in still_failing:
                    changes.append(_resolve(session, row, batch, how, at))
        return changes

    def incidents(self, dataset: str | None = None, *, state: str | None = None) -> list[Incident]:
        """The incidents, oldest first; of one data set or state if given."""
        wanted = select(IncidentRow).order_by(IncidentRow.id)
        if dataset is not None:
            wanted = wanted.where(IncidentRow.dataset == dataset)
        if state is not None:
            wanted = wanted.where(IncidentRow.state == state)
        with self._session(writes=False) as session:
            return [_incident(session, r) for r in session.scalars(wanted).all()]


def _open_row(
    session: Session, dataset: str, check: str, outcome: Outcome, at: datetime
) -> tuple[bool, IncidentRow]:
    """The open incident of a check, made if there is none; whether it was made.

    Two that make it at once meet in the unique index: the later one waits, then finds it there.
    """
    wanted = (
        select(IncidentRow)
        .where(IncidentRow.dataset == dataset, IncidentRow.check_name == check)
        .where(IncidentRow.state == "open")
        .with_for_update()
    )
    opened = False
    while (row := session.scalar(wanted)) is None:
        values = {"dataset": dataset, "check_name": check, "state": "open"}
        rest = {"outcome": outcome.value, "opened": at, "closed": None}
        opened = insert_new(session, IncidentRow, {**values, **rest}, keys=())
    return opened, row


def _open_with(dataset: str, batch: str) -> Any:
    return (
        select(IncidentRow)
        .join(IncidentBatch, IncidentBatch.incident_id == IncidentRow.id)
        .where(IncidentRow.dataset == dataset, IncidentRow.state == "open")
        .where(IncidentBatch.batch == batch, IncidentBatch.state == "failing")
    )


def _resolve(
    session: Session, row: IncidentRow, batch: str, how: Resolution, at: datetime
) -> IncidentChange:
    members = _members(session, row)
    for member in members:
        if member.batch == batch:
            member.state, member.at = how, at
    done = all(m.state != "failing" for m in members)
    if done:
        row.state, row.closed = "closed", at
    session.flush()
    return IncidentChange("closed" if done else "updated", _incident(session, row))


def _members(session: Session, row: IncidentRow) -> Sequence[IncidentBatch]:
    return session.scalars(
        select(IncidentBatch)
        .where(IncidentBatch.incident_id == row.id)
        .order_by(IncidentBatch.batch)
    ).all()


def _incident(session: Session, row: IncidentRow) -> Incident:
    batches = tuple(
        AffectedBatch(m.batch, m.state, m.since, m.run_id, tuple(m.reasons), m.rows_affected)
        for m in _members(session, row)
    )
    return Incident(
        id=row.id,
        dataset=row.dataset,
        check=row.check_name,
        state=row.state,
        outcome=Outcome(row.outcome),
        opened=row.opened,
        closed=row.closed,
        batches=batches,
    )
