"""JSON lines, one object a line."""

from __future__ import annotations

from assay.contract import Contract, FilesSource
from assay.engine import Session
from assay.ingest._model import UnusableError
from assay.ingest.readers._plain_file import Plain
from assay.ingest.readers._records import Records, extra_columns, missing_column
from assay.ingest.readers._types import literal
from assay.reasons import ReasonCode


def json_records(
    session: Session,
    plain: Plain,
    source: FilesSource,  # noqa: ARG001 - only CSV has ways to be read
    contract: Contract,
) -> Records:
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
        message = "Lines are JSON, but not objects."
        raise UnusableError.of(ReasonCode.MALFORMED, message, lines=lists)
    if twice:
        message = "Lines have a key twice."
        raise UnusableError.of(ReasonCode.DUPLICATE_COLUMNS, message, lines=twice)
    counts = dict(zip(contract.column_names, found, strict=True))
    absent = [c for c in contract.columns if rows and c.required and not counts[c.name]]
    if absent:
        raise UnusableError(*(missing_column(column) for column in absent))
    faults = (extra_columns("Lines have keys", lines=extra),) if extra else ()
    columns = {n: (f"c{i}", "VARCHAR") for i, n in enumerate(contract.column_names)}
    values = ", ".join(
        f"json_extract_string(json, {literal(_pointer(n))}) AS c{i}"
        for i, n in enumerate(contract.column_names)
    )
    sql = f"SELECT (row_number() OVER ()) - 1 AS __row, {values} FROM {objects}"  # noqa: S608
    return Records(sql, columns, faults)


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
