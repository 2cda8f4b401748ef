"""The tables of the index of uses: what released data was used for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from assay.catalog._schema import Base


class UseRow(Base):
    """One use; ``body`` is the registry's record of it."""

    __tablename__ = "uses"
    __table_args__ = (
        Index(None, "subject", "kind", "at"),
        Index(None, "at"),
        Index(None, "output_dataset", "output_batch"),
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    output_dataset: Mapped[str | None]
    output_batch: Mapped[str | None]
    author: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[dict[str, Any]]


class ReadRow(Base):
    """A batch of a snapshot that a use read; all of them, where ``batch`` is empty."""

    __tablename__ = "use_reads"
    __table_args__ = (Index(None, "dataset", "number"),)
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    dataset: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    batch: Mapped[str] = mapped_column(primary_key=True)


class OriginRow(Base):
    """What a use comes from: another use, or a version."""

    __tablename__ = "use_origins"
    __table_args__ = (Index(None, "origin_kind", "origin_id"),)
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    origin_kind: Mapped[str] = mapped_column(primary_key=True)
    origin_id: Mapped[str] = mapped_column(primary_key=True)
