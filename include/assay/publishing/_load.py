"""Load the rows of a version, from Parquet by Arrow to COPY, block by block."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from assay.errors import InputError
from assay.publishing._statements import partition
from assay.publishing._wanted import BATCH, VERSION, PublishedVersion, Wanted

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

_BLOCK = 65_536


def load_version(connection: Connection, wanted: Wanted, one: PublishedVersion) -> int:
    """Copy a version's rows into its table; give their number.

    Raises
    ------
    InputError
        If a text holds the character NUL, which PostgreSQL's texts can't have.
    """
    import pyarrow.parquet as pq
    from psycopg import sql

    rows = 0
    with pq.ParquetFile(one.open()) as file:
        names = [column.name for column in one.columns]
        into = sql.SQL("COPY {}.{} ({}) FROM STDIN (FORMAT csv)").format(
            sql.Identifier(wanted.dataset), sql.Identifier(partition(one.version)),
            sql.SQL(", ").join(map(sql.Identifier, [*names, BATCH, VERSION])),
        )  # fmt: skip
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            for block in file.iter_batches(_BLOCK, columns=names):
                rows += block.num_rows
                copy.write(_as_csv(block.select(names), one))
    return rows


def _as_csv(block: pa.RecordBatch, one: PublishedVersion) -> bytes:
    """A block as CSV: a null is nothing, an empty text is two quotes."""
    import pyarrow as pa
    from pyarrow import csv

    number = block.num_rows
    columns: list[Any] = [_plain(column) for column in block.columns]
    columns += [pa.array([text] * number, pa.string()) for text in (one.batch, one.version)]
    table = pa.table(columns, names=[*block.schema.names, BATCH, VERSION])
    _refuse_nul(table)
    buffer = io.BytesIO()
    csv.write_csv(table, buffer, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return buffer.getvalue()


def _plain(column: pa.Array) -> pa.Array:
    """A column that Arrow writes as text that PostgreSQL reads back as the same value."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz))
    if pa.types.is_floating(kind) and not pa.types.is_float64(kind):
        return column.cast(pa.float64())
    return column


def _refuse_nul(table: pa.Table) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in zip(table.column_names, table.columns, strict=True):
        text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        if text and pc.any(pc.match_substring(column, "\0")).as_py():
            raise InputError(
                "a text holds the character NUL, which PostgreSQL can't store", where=name,
                do="Remove it by a rule of the cleaning policy.",
            )  # fmt: skip
