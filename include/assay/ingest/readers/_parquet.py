"""Parquet, its own types compared with the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from assay.contract import Column
from assay.engine import Session, quoted
from assay.ingest._model import Fault, UnusableError
from assay.ingest.readers._parquet_rewritten import inexact_columns, is_unreadable, write_again
from assay.ingest.readers._records import Input, Records, check_names, type_differs
from assay.ingest.readers._text_sql import literal
from assay.ingest.readers._types import from_typed, is_float, is_opaque
from assay.reasons import ReasonCode

_FIXED: Final = 8
"""Bytes that a value takes which isn't a text."""


def parquet_records(session: Session, given: Input) -> Records:
    """Parquet, its own types compared with the contract's."""
    contract, source = given.contract, given.source
    _whole_parquet(given.plain.path)
    footer = _footer(given.plain.path)
    schema = footer.schema.to_arrow_schema()
    faults = check_names(contract, schema.names)
    _check_declared(footer, source.max_bytes)
    scan, columns, own = _scanned(session, given, footer)
    size, nans = _counted(session, scan, columns)
    _check_decoded(size, source.max_bytes)
    places = [f"{place} AS c{i}" for i, (place, _) in enumerate(columns.values())]
    sql = f"SELECT file_row_number AS __row, {', '.join(places)} FROM {scan}"  # noqa: S608
    found = {n: (f"c{i}", kind) for i, (n, (_, kind)) in enumerate(columns.items())}
    other = tuple(
        type_differs(contract.column(name), columns[name][1])
        for name in own
        if from_typed(contract.column(name), "x", columns[name][1]) is None
    )
    return Records(sql, found, (*faults, *other), nans)


def _scanned(
    session: Session, given: Input, footer: pq.FileMetaData
) -> tuple[str, dict[str, tuple[str, str]], list[str]]:
    """SQL that reads the file, or what was written of it; the columns there; those of own type."""
    schema, names = footer.schema.to_arrow_schema(), given.contract.column_names
    exact = inexact_columns(given.plain.path, schema, names)
    path, order = given.plain.path, schema.names
    if exact or is_unreadable(session, path, schema):
        path, order = given.spare.with_suffix(".parquet"), list(names)
        write_again(session, given.plain.path, path, names, exact)
    scan = f"read_parquet({literal(str(path))}, file_row_number=true, hive_partitioning=false)"
    # By place: of names that differ by case only, the engine calls the second otherwise.
    described = session.query(f"DESCRIBE SELECT * FROM {scan}")  # noqa: S608
    found = {
        name: (quoted(as_), kind) for name, (as_, kind, *_) in zip(order, described, strict=False)
    }
    # A duration is written as a count that says nothing of its unit.
    counts = {field.name for field in schema if pa.types.is_duration(field.type)}
    columns = given.contract.columns
    opaque = [c for c in columns if c.name in counts or is_opaque(found[c.name][1])]
    if opaque:
        raise UnusableError(*(_nested(column) for column in opaque))
    empty = {name for name in names if pa.types.is_null(schema.field(name).type)}
    own = [name for name in names if name not in exact | empty]
    return scan, {n: found[n] if n not in empty else ("NULL", "VARCHAR") for n in names}, own


def _counted(
    session: Session, scan: str, columns: dict[str, tuple[str, str]]
) -> tuple[int, dict[str, int]]:
    """Bytes of all values, and the number of NaNs by column."""
    floats = {name: place for name, (place, kind) in columns.items() if is_float(kind)}
    texts = [f"CAST({place} AS VARCHAR)" for place, kind in columns.values() if kind == "VARCHAR"]
    lengths = " + ".join([f"coalesce(sum(strlen({text})), 0)" for text in texts] or ["0"])
    counts = ["count(*)", lengths, *(f"count_if(isnan({place}))" for place in floats.values())]
    rows, length, *nans = session.query(f"SELECT {', '.join(counts)} FROM {scan}")[0]  # noqa: S608
    missing = {name: n for name, n in zip(floats, nans, strict=True) if n}
    return length + rows * _FIXED * (len(columns) - len(texts)), missing


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
    message = f"The column came nested, binary or as a duration, declared is {column.type}."
    return Fault(code=ReasonCode.SCHEMA_MISMATCH, message=message, column=column.name)
