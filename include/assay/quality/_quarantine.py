"""Rows that are set aside: their marks, and the quarantine with the landed rows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import ibis

from assay.engine import ROW, FileDigest, Session
from assay.quality._validation import Validation


def write_marks(session: Session, validation: Validation, path: Path) -> FileDigest:
    """Write which rows are set aside and why; row numbers and reasons, never a value.

    Parameters
    ----------
    path : Path
        A Parquet file: ``__row`` (int64), ``disposition`` (``quarantined`` or ``dropped``),
        ``reasons`` (list of text). Written without rows where every row goes on.
    """
    marks = validation.marks
    table = marks.select(
        marks[ROW].cast("int64").name(ROW),
        marks.disposition.cast("string").name("disposition"),
        marks.reasons.cast("array<string>").name("reasons"),
    )
    return session.write_parquet(table, path, [ROW])


def write_quarantine(
    session: Session,
    validation: Validation,
    landed: Any,
    path: Path,
    *,
    batch: str,
    time: dt.datetime,
) -> FileDigest:
    """Write the quarantined rows as they landed, with their reasons.

    The file holds clear values: it belongs in a restricted zone.

    Parameters
    ----------
    landed : ibis.Table
        Rows with ``__row``: the judged table itself for raw data, the landing rows for clean data.
    path : Path
        A Parquet file: the landed columns, ``__row``, ``__reasons``, ``__batch``, ``__time``.
    batch : str
        Partition key, or another name of the batch.
    time : datetime
        When it was judged; with a time zone, or it is taken as UTC.
    """
    marks = validation.marks
    quarantined = marks.filter(marks.disposition == "quarantined")
    reasons = quarantined.select(ROW, __reasons=quarantined.reasons)
    when = time.astimezone(dt.UTC).replace(tzinfo=None) if time.tzinfo else time
    table = landed.inner_join(reasons, ROW).mutate(
        __batch=ibis.literal(batch), __time=ibis.literal(when, type="timestamp")
    )
    return session.write_parquet(table, path, [ROW])
