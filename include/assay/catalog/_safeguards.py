"""The tables of what the catalog knows by itself: who it is, what runs read, what may not go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from assay.catalog._schema import Base


class BrokenLeaseRow(Base):
    """A lease that a person ended before it had expired."""

    __tablename__ = "broken_leases"
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[str]
    batch: Mapped[str]
    owner: Mapped[str]
    token: Mapped[int]
    expires: Mapped[datetime]
    reason: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime]


class PinRow(Base):
    """A version that a run reads, for as long as its lease has this token."""

    __tablename__ = "pins"
    dataset: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(primary_key=True)
    pinned_dataset: Mapped[str] = mapped_column(primary_key=True)
    pinned_batch: Mapped[str] = mapped_column(primary_key=True)
    pinned_version: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[int]


class IdentityRow(Base):
    """The id of this catalog; there is one row."""

    __tablename__ = "catalog_identity"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    identity: Mapped[str]


class HeldObjects(Base):
    """The objects of a version, kept whatever the registry says of it later.

    ``ended`` is when a sweep of this catalog decided that the version goes.
    """

    __tablename__ = "held_objects"
    dataset: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    objects: Mapped[dict[str, Any]]
    ended: Mapped[datetime | None]
