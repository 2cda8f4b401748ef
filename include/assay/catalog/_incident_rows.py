"""Incidents as rows: what each step does within a transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assay.catalog._schema import IncidentBatch, IncidentRow
from assay.catalog._store import insert_new, record_of
from assay.errors import CatalogError
from assay.records.incidents import (
    DISMISSED,
    AffectedBatch,
    ChangeKind,
    Incident,
    IncidentChange,
    Resolution,
)
from assay.verdict import Outcome, Reason

_LARGEST: Final = 2**31 - 1
"""No database counts incidents further."""


def found(session: Session, incident_id: int, *, lock: bool = False) -> IncidentRow:
    """An incident's row, which nobody else changes meanwhile if it is locked.

    Where there is none, the error names the open ones.
    """
    known = 0 < incident_id <= _LARGEST
    row = session.get(IncidentRow, incident_id, with_for_update=lock or None) if known else None
    if row is None:
        opened = session.scalars(
            select(IncidentRow.id).where(IncidentRow.state == "open").order_by(IncidentRow.id)
        ).all()
        raise CatalogError(
            "no such incident",
            got=incident_id,
            expected="a number from `assay incidents list`; open are: "
            + (", ".join(map(str, opened)) or "none"),
        )
    return row


def open_row(
    session: Session,
    dataset: str,
    check: str,
    outcome: Outcome,
    at: datetime,
    continues_within: timedelta | None,
) -> tuple[ChangeKind | None, IncidentRow]:
    """Find or make the open incident; None if another process made it just now.

    Two that make it at once meet in the unique index: the later one waits, then finds it there.
    """
    wanted, recent = open_one(dataset, check), _recent_one(dataset, check, at, continues_within)
    kind: ChangeKind | None = None
    while (row := session.scalar(wanted)) is None:
        if recent is not None and (row := session.scalar(recent)) and _reopen(session, row):
            return "reopened", row
        values = {"dataset": dataset, "check_name": check, "state": "open"}
        rest = {"outcome": outcome.value, "opened": at, "closed": None}
        made = insert_new(session, IncidentRow, {**values, **rest}, keys=())
        kind = "opened" if made else None
    return kind, row


def open_one(dataset: str, check: str) -> Select[IncidentRow]:
    """The open incident of a check, locked."""
    return _of_check(dataset, check).where(IncidentRow.state == "open").with_for_update()


def _of_check(dataset: str, check: str) -> Select[IncidentRow]:
    wanted = select(IncidentRow).where(IncidentRow.dataset == dataset)
    return wanted.where(IncidentRow.check_name == check).order_by(IncidentRow.id.desc())


def _recent_one(
    dataset: str, check: str, at: datetime, within: timedelta | None
) -> Select[IncidentRow] | None:
    if within is None:
        return None
    return (
        _of_check(dataset, check)
        .where(IncidentRow.state == "closed", IncidentRow.closed >= at - within)
        .where(or_(IncidentRow.resolution.is_(None), IncidentRow.resolution != DISMISSED))
        .limit(1)
        .with_for_update()
    )


def _reopen(session: Session, row: IncidentRow) -> bool:
    """Open a closed incident again; False where another one has been opened meanwhile."""
    try:
        with session.begin_nested():
            row.state, row.closed, row.resolution = "open", None, None
            row.reopened += 1
    except IntegrityError:
        session.refresh(row)
        return False
    return True


def dismissed_in(dataset: str, check: str, batch: str, at: datetime) -> Select[IncidentRow]:
    """The incident in which a person dismissed a batch, if that still holds."""
    return (
        _of_check(dataset, check)
        .join(IncidentBatch, IncidentBatch.incident_id == IncidentRow.id)
        .where(IncidentBatch.batch == batch, IncidentBatch.state == DISMISSED)
        .where(or_(IncidentBatch.until.is_(None), IncidentBatch.until > at))
        .limit(1)
    )


def note_failing(
    session: Session,
    row: IncidentRow,
    batch: str,
    reasons: Sequence[Reason],
    at: datetime,
    rows_affected: int | None,
    run_id: str | None,
) -> bool:
    """Note a failing batch in its incident; whether that is news."""
    described = [r.model_dump(mode="json") for r in reasons]
    member = session.get(IncidentBatch, (row.id, batch))
    renewed = member is None or member.state != "failing"
    member = member or IncidentBatch(incident_id=row.id, batch=batch, reasons=[])
    news = renewed or member.reasons != described
    if renewed:
        member.since = at
    member.state, member.at, member.run_id, member.until = "failing", at, run_id, None
    member.reasons, member.rows_affected = described, rows_affected
    session.add(member)
    session.flush()
    return news


def open_with(dataset: str, batch: str) -> Select[IncidentRow]:
    """The open incidents of a data set in which a batch fails."""
    return (
        select(IncidentRow)
        .join(IncidentBatch, IncidentBatch.incident_id == IncidentRow.id)
        .where(IncidentRow.dataset == dataset, IncidentRow.state == "open")
        .where(IncidentBatch.batch == batch, IncidentBatch.state == "failing")
    )


def end_dismissals(
    session: Session,
    dataset: str,
    batch: str,
    how: Resolution,
    at: datetime,
    still_failing: Collection[str],
    only: Collection[str] | None,
) -> None:
    """End the dismissals of a batch: it has passed, or was forced."""
    ids = select(IncidentRow.id).where(IncidentRow.dataset == dataset)
    ids = ids.where(IncidentRow.check_name.not_in(list(still_failing)))
    if only is not None:
        ids = ids.where(IncidentRow.check_name.in_(list(only)))
    session.execute(
        update(IncidentBatch)
        .where(IncidentBatch.incident_id.in_(ids), IncidentBatch.batch == batch)
        .where(IncidentBatch.state == DISMISSED)
        .values(state=how, at=at, until=None)
    )


def resolve(
    session: Session,
    row: IncidentRow,
    batches: Collection[str],
    how: Resolution,
    at: datetime,
    until: datetime | None = None,
) -> IncidentChange:
    """Resolve failing batches of an incident, and close it if none is left."""
    members = _members(session, [row])
    for member in members:
        if member.batch in batches and member.state == "failing":
            member.state, member.at, member.until = how, at, until
    done = all(m.state != "failing" for m in members)
    if done:
        row.state, row.closed, row.resolution = "closed", at, how
    return changed(session, row, "closed" if done else "updated")


def _members(session: Session, rows: Sequence[IncidentRow]) -> Sequence[IncidentBatch]:
    return session.scalars(
        select(IncidentBatch)
        .where(IncidentBatch.incident_id.in_([r.id for r in rows]))
        .order_by(IncidentBatch.incident_id, IncidentBatch.batch)
    ).all()


def changed(session: Session, row: IncidentRow, kind: ChangeKind) -> IncidentChange:
    """What was done to an incident, with the incident as it is now."""
    session.flush()
    return IncidentChange(kind, incidents_of(session, [row])[0])


def incidents_of(session: Session, rows: Sequence[IncidentRow]) -> list[Incident]:
    """Rows as incidents, with their batches."""
    members: dict[int, list[AffectedBatch]] = {row.id: [] for row in rows}
    columns = [getattr(IncidentBatch, f.name) for f in fields(AffectedBatch)]
    wanted = (
        select(IncidentBatch.incident_id, *columns)
        .where(IncidentBatch.incident_id.in_(members))
        .order_by(IncidentBatch.incident_id, IncidentBatch.batch)
    )
    for incident_id, *values in session.execute(wanted):
        named = dict(zip((f.name for f in fields(AffectedBatch)), values, strict=True))
        named["reasons"] = tuple(named["reasons"])
        members[incident_id].append(AffectedBatch(**named))
    return [
        record_of(
            Incident,
            row,
            check=row.check_name,
            outcome=Outcome(row.outcome),
            batches=tuple(members[row.id]),
        )
        for row in rows
    ]
