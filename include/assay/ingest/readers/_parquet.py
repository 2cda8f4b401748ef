"""Parquet, its own types compared with the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from assay.contract import Column, Contract, FilesSource
from assay.engine import Session, quoted
from assay.ingest._model import Fault, UnusableError
from assay.ingest.readers._plain_file import Plain
from assay.ingest.readers._records import Records, check_names, type_differs
from assay.ingest.readers._types import from_typed, is_float, is_opaque, literal
from assay.reasons import ReasonCode

_FIXED: Final = 8
"""Bytes that a value takes which isn't a text."""


def parquet_records(
    session: Session,
    plain: Plain,
    source: FilesSource,
    contract: Contract,
) -> Records:
    """Parquet, its own types compared with the contract's."""
    _whole_parquet(plain.path)
    footer = _footer(plain.path)
    faults = check_names(contract, footer.schema.to_arrow_schema().names)
    _check_declared(footer, source.max_bytes)
    scan = (
        f"read_parquet({literal(str(plain.path))}, file_row_number=true, hive_partitioning=false)"
    )
    described = session.query(f"DESCRIBE SELECT * FROM {scan}")  # noqa: S608
    types = {name: kind for name, kind, *_ in described}
    opaque = [c for c in contract.columns if c.name in types and is_opaque(types[c.name])]
    if opaque:
        raise UnusableError(*(_nested(column) for column in opaque))
    columns = {n: (quoted(n), types[n]) for n in contract.column_names if n in types}
    floats = [n for n, (_, kind) in columns.items() if is_float(kind)]
    texts = [n for n, (_, kind) in columns.items() if kind == "VARCHAR"]
    lengths = " + ".join([f"coalesce(sum(strlen({quoted(n)})), 0)" for n in texts] or ["0"])
    counts = ["count(*)", lengths, *(f"count_if(isnan({quoted(n)}))" for n in floats)]
    rows, length, *nans = session.query(f"SELECT {', '.join(counts)} FROM {scan}")[0]  # noqa: S608
    _check_decoded(length + rows * _FIXED * (len(columns) - len(texts)), source.max_bytes)
    missing = {name: n for name, n in zip(floats, nans, strict=True) if n}
    sql = f"SELECT file_row_number AS __row, * FROM {scan}"  # noqa: S608
    other = tuple(
        type_differs(column, columns[column.name][1])
        for column in contract.columns
        if from_typed(column, "x", columns[column.name][1]) is None
    )
    return Records(sql, columns, (*faults, *other), missing)


def _footer(path: Path) -> pq.FileMetaData:
    try:
        footer = pq.read_metadata(path)
        footer.schema.to_arrow_schema()
    except (pa.ArrowException, OSError, ValueError):
        message = "The Parquet file has no readable schema."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None
    return footer


def _check_declared(footer: pq.FileMetaData, max_bytes: int | None) -> None:
    """Refuse what the file itself declares to be too large, before any of it is unpacked.

    A value takes a byte at least: a column of one repeated value is a few bytes and any number of
    rows.
    """
    groups = (footer.row_group(i) for i in range(footer.num_row_groups))
    _check_decoded(max(sum(group.total_byte_size for group in groups),
                       footer.num_rows * footer.num_columns), max_bytes)  # fmt: skip


def _check_decoded(size: int, max_bytes: int | None) -> None:
    if max_bytes is not None and size > max_bytes:
        message = "The input decodes to more than its contract allows."
        numbers = {"decoded_bytes": size, "max_bytes": max_bytes}
        raise UnusableError.of(ReasonCode.TOO_LARGE, message, **numbers)


def _whole_parquet(path: Path) -> None:
    size = path.stat().st_size
    if size == 0:
        raise UnusableError.of(ReasonCode.EMPTY_FILE, "The file has no bytes.")
    with path.open("rb") as file:
        first = file.read(4)
        file.seek(max(0, size - 4))
        last = file.read(4)
    if first != b"PAR1":
        raise UnusableError.of(ReasonCode.UNDECODABLE, "The file isn't Parquet.")
    if last != b"PAR1" or size < 12:
        message = "The Parquet file is cut off before its footer."
        raise UnusableError.of(ReasonCode.TRUNCATED, message)


def _nested(column: Column) -> Fault:
    message = f"The column came nested or binary, declared is {column.type}."
    return Fault(code=ReasonCode.SCHEMA_MISMATCH, message=message, column=column.name)
