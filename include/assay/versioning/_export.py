"""The rows of several partitions in one file, as somebody reads who trains or counts on them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.errors import InputError
from assay.lake import publish
from assay.versioning._rows import BATCH, PartitionRows


def export_rows(rows: PartitionRows, to: Path, *, bookkeeping: bool) -> tuple[int, tuple[str, ...]]:
    """Write the rows of partitions to one file, at once or not at all.

    Parameters
    ----------
    to : Path
        ``.parquet`` or ``.csv``.
    bookkeeping : bool
        Whether the columns come along that say what was done to a row.

    Returns
    -------
    tuple
        The number of rows, and the columns: ``__batch`` first.
    """
    columns, written = [BATCH, *rows.columns(bookkeeping=bookkeeping)], 0
    with _writing(to, rows.schema_of(columns)) as writer:
        for block in rows.blocks(columns):
            writer.write_batch(block)
            written += block.num_rows
    return written, tuple(columns)


@contextmanager
def _writing(to: Path, schema: Any) -> Iterator[Any]:
    """A writer of the file's kind; the file is published when it is whole."""
    import pyarrow.csv
    import pyarrow.parquet

    kinds = {".parquet": pyarrow.parquet.ParquetWriter, ".csv": pyarrow.csv.CSVWriter}
    if to.suffix not in kinds:
        raise InputError("the file is Parquet or CSV", got=to.name, expected="NAME.parquet or .csv")
    to.parent.mkdir(parents=True, exist_ok=True)
    aside = to.with_name(f".{to.name}.{uuid.uuid4().hex}")
    try:
        with kinds[to.suffix](aside, schema) as writer:
            yield writer
        publish(aside, to)
    finally:
        aside.unlink(missing_ok=True)
