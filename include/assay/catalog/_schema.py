"""The tables of the catalog, as SQLAlchemy models; their migrations are in ``migrations/``.

Times are timezone-aware UTC on both sides of every column. JSON columns hold what a person or a
page reads whole; what is searched or summed has a column of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column

from assay.errors import CatalogError
from assay.records.runs import Counts

REVISION: Final = "r0009"
"""The newest migration; a test holds it equal to the head that Alembic finds."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware UTC time in every database, SQLite (which has none) included."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone, and store every other in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise CatalogError(
                "a time without zone", got=value, expected="a timezone-aware datetime"
            )
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Give the time back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What the models have in common: constraint names that migrations can refer to."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        str: String,
    }


class Run(Base):
    """One attempt at one batch; the attempt with the highest ``sequence`` is the latest."""

    __tablename__ = "batch_runs"
    __table_args__ = (
        UniqueConstraint("dataset", "batch", "run_id"),
        Index(None, "dataset", "batch", "sequence"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[str]
    batch: Mapped[str]
    run_id: Mapped[str]
    run_type: Mapped[str]
    sequence: Mapped[int]
    state: Mapped[str]
    verdict: Mapped[str | None]
    reasons: Mapped[list[Any]]
    rows_in: Mapped[int] = mapped_column(BigInteger)
    rows_released: Mapped[int] = mapped_column(BigInteger)
    rows_held: Mapped[int] = mapped_column(BigInteger)
    rows_quarantined: Mapped[int] = mapped_column(BigInteger)
    rows_dropped: Mapped[int] = mapped_column(BigInteger)
    rows_suppressed: Mapped[int] = mapped_column(BigInteger)
    counts: Mapped[Counts] = composite(
        "rows_in",
        "rows_released",
        "rows_held",
        "rows_quarantined",
        "rows_dropped",
        "rows_suppressed",
    )
    version: Mapped[str | None]
    input_sha: Mapped[str | None]
    started: Mapped[datetime]
    ended: Mapped[datetime | None]


class Edge(Base):
    """What a version was made from: its input, references, reference tables, parents."""

    __tablename__ = "lineage"
    __table_args__ = (Index(None, "name", "ref"), Index(None, "dataset", "kind", "ref"))
    dataset: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)


class VerdictRow(Base):
    """One gate's judgement of one version, or of a work key where there is no version yet."""

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("dataset", "batch", "key", "gate"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[str]
    batch: Mapped[str]
    key: Mapped[str]
    gate: Mapped[str]
    run_id: Mapped[str | None]
    outcome: Mapped[str]
    holds: Mapped[bool]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class MeasurementRow(Base):
    """A verdict's measurements, flat, for trends."""

    __tablename__ = "measurements"
    __table_args__ = (Index(None, "name", "column_name"),)
    verdict_id: Mapped[int] = mapped_column(
        ForeignKey("verdicts.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    column_name: Mapped[str | None]
    group_name: Mapped[str | None]
    value: Mapped[float | None] = mapped_column(Float(53))
    unit: Mapped[str]
    n: Mapped[int | None] = mapped_column(BigInteger)


class IncidentRow(Base):
    """A check of a data set that fails for some batches; one is open at a time.

    ``resolution`` is how its last batch was resolved, ``reopened`` how often it failed again soon
    after, ``reminders`` how many snoozes have run out, ``escalations`` how often somebody else was
    notified since the last acknowledgement or snooze.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        Index(
            "uq_incidents_open",
            "dataset",
            "check_name",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[str]
    check_name: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str]
    opened: Mapped[datetime]
    closed: Mapped[datetime | None]
    resolution: Mapped[str | None]
    reopened: Mapped[int] = mapped_column(server_default="0")
    acknowledged: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(server_default="0")
    escalations: Mapped[int] = mapped_column(server_default="0")
    escalated: Mapped[datetime | None]


class IncidentBatch(Base):
    """A batch that an incident affects, with its state.

    ``until`` ends a dismissal; without it, a dismissal holds until the batch passes.
    """

    __tablename__ = "incident_batches"
    incident_id: Mapped[int] = mapped_column(
        ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    )
    batch: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    run_id: Mapped[str | None]
    reasons: Mapped[list[Any]]
    rows_affected: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[datetime]
    at: Mapped[datetime]
    until: Mapped[datetime | None]


class IncidentAction(Base):
    """What a person did about an incident, on record."""

    __tablename__ = "incident_actions"
    __table_args__ = (Index(None, "incident_id"), Index(None, "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    action: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    batch: Mapped[str | None]
    reason: Mapped[str | None]


class OutboxRow(Base):
    """A message on its way: written, claimed, sent, marked.

    ``thread`` is one subject at one place, within which messages keep their order; ``hold`` is
    when a new post may be made at the earliest, ``bundle`` names those that then go out as one.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "state", "due"), Index(None, "thread"), Index(None, "bundle"))
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    body: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempts: Mapped[int]
    created: Mapped[datetime]
    due: Mapped[datetime]
    thread: Mapped[str | None]
    bundle: Mapped[str | None]
    hold: Mapped[datetime | None]
    owner: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    sent: Mapped[datetime | None]
    receipt: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]


class LeaseRow(Base):
    """Who may work on a batch; the token only grows, and outlives the lease."""

    __tablename__ = "leases"
    dataset: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str | None]
    expires: Mapped[datetime]
    token: Mapped[int] = mapped_column(Integer)
