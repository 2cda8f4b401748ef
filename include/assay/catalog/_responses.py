"""Responses of people to incidents: acknowledge, snooze or dismiss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assay.catalog._incident_rows import changed, found, incidents_of, resolve
from assay.catalog._schema import IncidentAction, IncidentBatch, IncidentRow
from assay.catalog._store import Store, record_of
from assay.errors import CatalogError
from assay.records.incidents import (
    DISMISSED,
    ActionKind,
    Incident,
    IncidentChange,
    Response,
    Silence,
)


@dataclass(frozen=True)
class Responses:
    """Responses of people to incidents, and the silences that follow from them."""

    store: Store

    def acknowledge(
        self, incident_id: int, *, by: str, at: datetime, reason: str | None = None
    ) -> IncidentChange:
        """Acknowledge an incident: it isn't escalated any more.

        Raises
        ------
        CatalogError
            There is no such incident, or it is closed.
        """
        with self.store.session(writes=True) as session:
            row = _open(session, incident_id)
            if row.acknowledged is not None:
                return changed(session, row, "unchanged")
            row.acknowledged = at
            _record(session, row, "acknowledge", by, at, reason=reason)
            return changed(session, row, "acknowledged")

    def snooze(
        self, incident_id: int, *, until: datetime, reason: str, by: str, at: datetime
    ) -> IncidentChange:
        """Send no message about an incident until a time; then a reminder, if it is still open.

        Raises
        ------
        CatalogError
            There is no such incident, it is closed, or the time has passed.
        """
        if until <= at:
            raise CatalogError(
                "the time has passed", got=f"{until:%Y-%m-%d %H:%M %Z}", expected="a later one"
            )
        with self.store.session(writes=True) as session:
            row = _open(session, incident_id)
            if row.snoozed_until == until and _last(session, row, "snooze") == (by, reason):
                return changed(session, row, "unchanged")
            row.snoozed_until = until
            _record(session, row, "snooze", by, at, until=until, reason=reason)
            return changed(session, row, "snoozed")

    def dismiss(
        self,
        incident_id: int,
        *,
        reason: str,
        by: str,
        at: datetime,
        until: datetime | None = None,
        batch: str | None = None,
    ) -> IncidentChange:
        """Dismiss failing batches of an incident, and close it if none is left.

        They stay dismissed, in later runs too, until they pass or ``until``.

        Parameters
        ----------
        batch : str, optional
            Only this one; all failing ones by default.

        Raises
        ------
        CatalogError
            There is no such incident, it is closed, or the batch doesn't fail in it.
        """
        with self.store.session(writes=True) as session:
            row = found(session, incident_id, lock=True)
            if row.resolution == DISMISSED and _last(session, row, "dismiss") == (by, reason):
                return changed(session, row, "unchanged")
            row = _open(session, incident_id)
            failing = incidents_of(session, [row])[0].failing
            if batch is not None and batch not in failing:
                raise CatalogError(
                    "this batch doesn't fail in the incident",
                    where=f"incident {incident_id}",
                    got=batch,
                    expected="one of: " + ", ".join(failing),
                )
            chosen = failing if batch is None else (batch,)
            if set(chosen) == set(failing):
                row.snoozed_until = None
            _record(session, row, "dismiss", by, at, until=until, batch=batch, reason=reason)
            return resolve(session, row, chosen, "dismissed", at, until)

    def find(
        self, incident_id: int | None = None, *, since: datetime | None = None
    ) -> list[Response]:
        """What people did, oldest first; about one incident, or since a time, if given."""
        wanted = select(IncidentAction).order_by(IncidentAction.id)
        if incident_id is not None:
            wanted = wanted.where(IncidentAction.incident_id == incident_id)
        if since is not None:
            wanted = wanted.where(IncidentAction.at >= since)
        return [
            record_of(Response, row, incident=row.incident_id) for row in self.store.all(wanted)
        ]

    def silences(self, at: datetime) -> list[Silence]:
        """The silences: snoozed incidents and dismissed batches, oldest incident first."""
        dismissed = select(IncidentBatch.incident_id).where(IncidentBatch.state == DISMISSED)
        wanted = (
            select(IncidentRow)
            .where(IncidentRow.snoozed_until.is_not(None) | IncidentRow.id.in_(dismissed))
            .order_by(IncidentRow.id)
        )
        with self.store.session(writes=False) as session:
            silent = incidents_of(session, session.scalars(wanted).all())
            last = {(r.incident, r.action): r for r in self.find()} if silent else {}
        return [s for incident in silent for s in _silences(incident, last, at)]


def _silences(
    incident: Incident, last: dict[tuple[int, str], Response], at: datetime
) -> Sequence[Silence]:
    found = []
    if incident.snoozed_until is not None:
        until, response = incident.snoozed_until, last.get((incident.id, "snooze"))
        state: Literal["active", "expired"] = "active" if at < until else "expired"
        found.append(Silence(incident, "snoozed", state, until, incident.failing, response))
    ends: dict[datetime | None, list[str]] = {}
    for batch in incident.batches:
        if batch.state == DISMISSED:
            ends.setdefault(batch.until, []).append(batch.batch)
    for end, batches in ends.items():
        stands: Literal["active", "unbounded", "expired"]
        stands = "unbounded" if end is None else "active" if at < end else "expired"
        response = last.get((incident.id, "dismiss"))
        found.append(Silence(incident, "dismissed", stands, end, tuple(batches), response))
    return found


def _open(session: Session, incident_id: int) -> IncidentRow:
    row = found(session, incident_id, lock=True)
    if row.state != "open":
        raise CatalogError(
            "this incident is closed",
            where=f"incident {incident_id}",
            got=f"{row.resolution or 'closed'} at {row.closed:%Y-%m-%d %H:%M} UTC",
            expected="an open one, as `assay incidents list` shows",
        )
    return row


def _record(
    session: Session, row: IncidentRow, action: ActionKind, by: str, at: datetime, **more: Any
) -> None:
    about = {"incident_id": row.id, "action": action, "author": by, "at": at}
    session.add(IncidentAction(**about, **more))


def _last(session: Session, row: IncidentRow, action: ActionKind) -> tuple[str, str | None] | None:
    """Author and reason of the last such action: a step that is repeated is recorded once."""
    found = session.scalar(
        select(IncidentAction)
        .where(IncidentAction.incident_id == row.id, IncidentAction.action == action)
        .order_by(IncidentAction.id.desc())
        .limit(1)
    )
    return (found.author, found.reason) if found else None
