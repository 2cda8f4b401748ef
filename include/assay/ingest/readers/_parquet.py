"""Parquet, its own types compared with the contract's."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assay.contract import Column, Contract, FilesSource
from assay.engine import Session, quoted
from assay.ingest._model import Fault, UnusableError
from assay.ingest.readers._plain_file import Plain
from assay.ingest.readers._records import Records, check_names, type_differs
from assay.ingest.readers._types import from_typed, is_float, is_opaque, literal
from assay.reasons import ReasonCode


def parquet_records(
    session: Session,
    plain: Plain,
    source: FilesSource,  # noqa: ARG001 - only CSV has ways to be read
    contract: Contract,
) -> Records:
    """Parquet, its own types compared with the contract's."""
    _whole_parquet(plain.path)
    try:
        names = pq.read_schema(plain.path).names
    except (pa.ArrowInvalid, OSError):
        message = "The Parquet file has no readable schema."
        raise UnusableError.of(ReasonCode.UNDECODABLE, message) from None
    faults = check_names(contract, names)
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
    counts = ", ".join(["count(*)", *(f"count_if(isnan({quoted(n)}))" for n in floats)])
    _, *nans = session.query(f"SELECT {counts} FROM {scan}")[0]  # noqa: S608
    missing = {name: n for name, n in zip(floats, nans, strict=True) if n}
    sql = f"SELECT file_row_number AS __row, * FROM {scan}"  # noqa: S608
    other = tuple(
        type_differs(column, columns[column.name][1])
        for column in contract.columns
        if from_typed(column, "x", columns[column.name][1]) is None
    )
    return Records(sql, columns, (*faults, *other), missing)


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
