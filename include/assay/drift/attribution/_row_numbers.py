"""The file of row numbers behind a shift."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis
from ibis import Table

from assay.drift.attribution._cause import Cause
from assay.engine import ID, ROW, Session


def write_rows(
    session: Session, explained: Sequence[tuple[Cause, Table | None]], path: Path
) -> list[Cause]:
    """Write one Parquet file: a row for each cause and each row of the batch behind it.

    Its columns are ``reference``, ``column``, ``slice``, ``code`` and ``__id``, the row's number
    in the version. It has no data values.

    Returns
    -------
    list of Cause
        The causes, those with rows in the file naming it.
    """
    parts = [
        rows.select(
            reference=ibis.literal(cause.reference),
            column=ibis.literal(cause.column),
            slice=ibis.literal(cause.slice, "string"),
            code=ibis.literal(cause.code),
            **{ID: rows[ROW].cast("int64")},
        )
        for cause, rows in explained
        if rows is not None and cause.rows
    ]
    if parts:
        table = ibis.union(*parts) if parts[1:] else parts[0]
        session.write_parquet(table, path, ["reference", "column", "slice", "code", ID])
    return [
        cause.model_copy(update={"file": path.name}) if rows is not None and cause.rows else cause
        for cause, rows in explained
    ]
