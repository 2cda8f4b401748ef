"""Readers: a plain file as SQL over its records, nothing guessed and no error ignored."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assay.contract import Column, Contract, FilesSource
from assay.engine import Session, quoted
from assay.ingest._cast import is_float, is_opaque, literal
from assay.ingest._model import Fault, UnusableError
from assay.ingest._plain import Plain
from assay.reasons import ReasonCode
from assay.verdict import Outcome


@dataclass(frozen=True)
class Raw:
    """The records of a file: SQL that gives ``__row`` and columns, and where each column stands.

    ``columns`` maps a name of the contract to its expression in ``sql`` and DuckDB's type of it;
    a column that the file may lack and does lack isn't in it.
    """

    sql: str
    columns: dict[str, tuple[str, str]]
    faults: tuple[Fault, ...] = ()
    nan_as_null: dict[str, int] = field(default_factory=dict)


def raw_csv(plain: Plain, source: FilesSource, contract: Contract) -> Raw:
    """CSV with a header; a quoted null text is null too."""
    names = _header(plain.path, source.delimiter)
    faults = judged_names(contract, names)
    typed = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    nulls = ", ".join(literal(text) for text in source.null_values) or literal("\1")
    sql = (
        "SELECT (row_number() OVER ()) - 1 AS __row, * FROM read_csv("  # noqa: S608
        f"{literal(str(plain.path))}, header=true, auto_detect=false, strict_mode=true, "
        f"delim={literal(source.delimiter)}, quote='\"', escape='\"', nullstr=[{nulls}], "
        f"compression='none', columns={{{typed}}})"
    )
    places = {name: (f"c{i}", "VARCHAR") for i, name in enumerate(names)}
    return Raw(sql, {n: places[n] for n in contract.column_names if n in places}, faults)


def raw_jsonl(session: Session, plain: Plain, contract: Contract) -> Raw:
    """JSON lines, an object each; a key that is not there is null."""
    objects = f"read_ndjson_objects({literal(str(plain.path))}, compression='uncompressed')"
    declared = ", ".join(literal(name) for name in contract.column_names)
    there = ", ".join(f"count_if(list_contains(k, {literal(n)}))" for n in contract.column_names)
    rows, lists, twice, extra, *found = session.query(
        "SELECT count(*), count_if(t <> 'OBJECT'), count_if(len(k) <> len(list_distinct(k))), "  # noqa: S608
        f"count_if(NOT list_has_all([{declared}], k)), {there} FROM "
        f"(SELECT json_type(json) AS t, json_keys(json) AS k FROM {objects})"
    )[0]
    if lists:
        message = "Lines are JSON, but no objects."
        raise UnusableError(
            Fault(code=ReasonCode.MALFORMED, message=message, numbers={"lines": lists})
        )
    if twice:
        message = "Lines have a key twice."
        raise UnusableError(
            Fault(code=ReasonCode.DUPLICATE_COLUMNS, message=message, numbers={"lines": twice})
        )
    counts = dict(zip(contract.column_names, found, strict=True))
    absent = [c for c in contract.columns if rows and c.required and not counts[c.name]]
    if absent:
        raise UnusableError(*(missing_column(column) for column in absent))
    faults = (_extra("Lines have keys", lines=extra),) if extra else ()
    columns = {n: (f"c{i}", "VARCHAR") for i, n in enumerate(contract.column_names)}
    values = ", ".join(
        f"json_extract_string(json, {literal(_pointer(n))}) AS c{i}"
        for i, n in enumerate(contract.column_names)
    )
    sql = f"SELECT (row_number() OVER ()) - 1 AS __row, {values} FROM {objects}"  # noqa: S608
    return Raw(sql, columns, faults)


def raw_parquet(session: Session, plain: Plain, contract: Contract) -> Raw:
    """Parquet, its own types compared with the contract's."""
    _whole_parquet(plain.path)
    try:
        names = pq.read_schema(plain.path).names
    except (pa.ArrowInvalid, OSError):
        raise UnusableError(_no_parquet("The Parquet file has no readable schema.")) from None
    faults = judged_names(contract, names)
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
    return Raw(sql, columns, faults, missing)


def judged_names(contract: Contract, names: Sequence[str]) -> tuple[Fault, ...]:
    """What a list of column names deserves: faults to go on with.

    Raises
    ------
    UnusableError
        For names that stand twice and for columns that are missing.
    """
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise UnusableError(*_doubled(contract, twice))
    absent = [column for column in contract.columns if column.name not in names]
    if len(absent) == len(contract.columns):
        message = "No column of the contract is there; the file may lack its header."
        numbers = {"found": len(names), "expected": len(contract.columns)}
        raise UnusableError(
            Fault(code=ReasonCode.SCHEMA_MISMATCH, message=message, numbers=dict(numbers))
        )
    if absent:
        raise UnusableError(*(missing_column(column) for column in absent))
    more = len(names) - len(contract.columns)
    return (_extra("There are columns", columns=more),) if more else ()


def missing_column(column: Column) -> Fault:
    """The fault of a column that the input lacks."""
    return Fault(
        code=ReasonCode.SCHEMA_MISMATCH, message="The column is missing.", column=column.name
    )


def type_differs(column: Column, found: str) -> Fault:
    """The remark that a column came in a type of another family, and was read by its text."""
    return Fault(
        code=ReasonCode.TYPE_DIFFERS,
        message=f"The column came as {found}, declared is {column.type}; it was read by its text.",
        column=column.name,
        outcome=Outcome.WARN,
    )


def _header(path: Path, delimiter: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        try:
            names = next(csv.reader(file, delimiter=delimiter, strict=True), [])
        except csv.Error:
            message = "The header can't be read: a name is far too long, or a quote isn't closed."
            numbers = {"most_characters": csv.field_size_limit()}
            raise UnusableError(
                Fault(code=ReasonCode.MALFORMED, message=message, numbers=dict(numbers))
            ) from None
    if not names:
        message = "The file is empty, it has not even a header."
        raise UnusableError(Fault(code=ReasonCode.EMPTY_FILE, message=message))
    return names


def _whole_parquet(path: Path) -> None:
    size = path.stat().st_size
    if size == 0:
        raise UnusableError(Fault(code=ReasonCode.EMPTY_FILE, message="The file has no bytes."))
    with path.open("rb") as file:
        first = file.read(4)
        file.seek(max(0, size - 4))
        last = file.read(4)
    if first != b"PAR1":
        raise UnusableError(_no_parquet("The file isn't Parquet."))
    if last != b"PAR1" or size < 12:
        message = "The Parquet file is cut off before its footer."
        raise UnusableError(Fault(code=ReasonCode.TRUNCATED, message=message))


def _no_parquet(message: str) -> Fault:
    return Fault(code=ReasonCode.UNDECODABLE, message=message)


def _nested(column: Column) -> Fault:
    message = f"The column came nested or binary, declared is {column.type}."
    return Fault(code=ReasonCode.SCHEMA_MISMATCH, message=message, column=column.name)


def _doubled(contract: Contract, twice: set[str]) -> list[Fault]:
    code = ReasonCode.DUPLICATE_COLUMNS
    known = [name for name in contract.column_names if name in twice]
    faults = [Fault(code=code, message="The column stands twice.", column=n) for n in known]
    if len(known) < len(twice):
        numbers = {"names": len(twice) - len(known)}
        message = "Names that the contract doesn't know stand twice."
        faults.append(Fault(code=code, message=message, numbers=dict(numbers)))
    return faults


def _extra(what: str, **numbers: int) -> Fault:
    return Fault(
        code=ReasonCode.EXTRA_COLUMNS,
        message=f"{what} that the contract doesn't know; only the original has them.",
        numbers=dict(numbers),
        outcome=Outcome.WARN,
    )


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
