"""The rows of several partitions in one file, as somebody reads who trains or counts on them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from assay.errors import InputError
from assay.lake import publish

BATCH: Final = "__batch"
"""The partition that a row is from."""
_OURS: Final = re.compile(r"__.*|.+__(imputed|outlier)", re.DOTALL)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BLOCK: Final = 65_536


@dataclass(frozen=True)
class Exported:
    """A written file: the snapshot, its batches, the number of rows, and the columns."""

    snapshot: int
    batches: tuple[str, ...]
    rows: int
    columns: tuple[str, ...]


def is_bookkeeping(column: str) -> bool:
    """Whether a column says what was done to a row, and isn't of the data.

    Examples
    --------
    >>> [is_bookkeeping(c) for c in ("__id", "age__imputed", "age")]
    [True, True, False]
    """
    return _OURS.fullmatch(column) is not None


def export_rows(
    parts: Mapping[str, Path], to: Path, *, bookkeeping: bool, data: Collection[str] = ()
) -> tuple[int, tuple[str, ...]]:
    """Write the rows of partitions to one file, at once or not at all.

    Parameters
    ----------
    parts : mapping of str to Path
        Partition key to its Parquet file.
    to : Path
        ``.parquet`` or ``.csv``.
    bookkeeping : bool
        Whether the columns come along that say what was done to a row.
    data : collection of str
        Columns that are of the data, whatever their names.

    Returns
    -------
    tuple
        The number of rows, and the columns: ``__batch`` first. It is a date where keys are days.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = {batch: pq.ParquetFile(path) for batch, path in sorted(parts.items())}
    whole = pa.unify_schemas(
        [file.schema_arrow.remove_metadata() for file in files.values()],
        promote_options="permissive",
    )
    names = [n for n in whole.names if bookkeeping or n in data or not is_bookkeeping(n)]
    days = all(_DAY.fullmatch(batch) for batch in files)
    key = pa.field(BATCH, pa.date32() if days else pa.string())
    schema = pa.schema([key, *(whole.field(n) for n in names if n != BATCH)])
    rows = 0
    with _writing(to, schema) as writer:
        for batch, file in files.items():
            value = date.fromisoformat(batch) if days else batch
            for block in file.iter_batches(_BLOCK, columns=[n for n in names if n in _names(file)]):
                writer.write_batch(_fitted(block, schema, value))
                rows += block.num_rows
    return rows, tuple(schema.names)


def _names(file: Any) -> Collection[str]:
    return set(file.schema_arrow.names)


def _fitted(block: Any, schema: Any, batch: Any) -> Any:
    """A block with the columns of the whole: those that its partition lacks are null."""
    import pyarrow as pa

    columns = [pa.repeat(pa.scalar(batch, schema.field(BATCH).type), block.num_rows)]
    for field in list(schema)[1:]:
        known = field.name in block.schema.names
        column = block.column(field.name) if known else pa.nulls(block.num_rows)
        columns.append(column.cast(field.type))
    return pa.record_batch(columns, schema=schema)


@contextmanager
def _writing(to: Path, schema: Any) -> Iterator[Any]:
    """A writer of the file's kind; the file comes to its place when it is whole."""
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
