"""The tables of the index of the registry, and of its history as it was seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from assay.catalog._schema import Base


class Version(Base):
    """An index of the registry's batch versions, removed ones among them.

    ``objects`` is name → file, MD5, size; it is null until the registry's record was indexed.
    ``detailed`` says that lineage, verdicts and derived columns are known, too.
    """

    __tablename__ = "versions"
    __table_args__ = (Index(None, "detailed", "removed"),)
    dataset: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str | None]
    created: Mapped[datetime | None]
    meta: Mapped[dict[str, Any]]
    objects: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    judged: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tombstone: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    removed: Mapped[bool] = mapped_column(server_default=false())
    detailed: Mapped[bool] = mapped_column(server_default=false())


class SnapshotRow(Base):
    """An index of the registry's releases; what each holds is in ``memberships``."""

    __tablename__ = "snapshots"
    dataset: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent: Mapped[int | None]
    batch: Mapped[str | None]
    version: Mapped[str | None]
    size: Mapped[int]
    withdrawn: Mapped[list[Any]]
    reason: Mapped[str | None]
    author: Mapped[str | None]
    at: Mapped[datetime | None]


class Membership(Base):
    """A version in the snapshots from ``first`` to ``last``; to the newest, where that is null."""

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "dataset", "last"), Index(None, "dataset", "version"))
    dataset: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int | None]
    version: Mapped[str]
    forced: Mapped[bool]


class Pointer(Base):
    """The snapshot that a reader of a data set gets.

    ``covers`` is the highest snapshot number there was.
    """

    __tablename__ = "pointers"
    dataset: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    covers: Mapped[int]
    reason: Mapped[str | None]
    author: Mapped[str | None]
    at: Mapped[datetime | None]


class HeadRow(Base):
    """The registry's newest commit as it was seen last, and how far it is indexed; one row.

    All of the commit ``indexed`` is in the index, and the first ``position`` records of what
    ``target`` has besides.
    """

    __tablename__ = "registry_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    head: Mapped[str | None]
    indexed: Mapped[str | None]
    target: Mapped[str | None]
    position: Mapped[int] = mapped_column(server_default="0")


class HoldingRow(Base):
    """How much a data set had in the registry then; ``highest`` only grows."""

    __tablename__ = "registry_holdings"
    dataset: Mapped[str] = mapped_column(primary_key=True)
    versions: Mapped[int]
    highest: Mapped[int]


class AcceptanceRow(Base):
    """Who accepted a history of the registry that doesn't follow from the last one seen."""

    __tablename__ = "registry_acceptances"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str | None]
    target: Mapped[str | None]
    reason: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime]
