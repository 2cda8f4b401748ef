"""JSON lines, one object a line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from assay.contract import Contract
from assay.engine import Session
from assay.ingest._model import UnusableError
from assay.ingest.readers._records import Input, Records, extra_columns, missing_column
from assay.ingest.readers._text_sql import literal
from assay.reasons import ReasonCode

_NUMBER: Final = r":\s*(-?[0-9.]{16}|-?[0-9.]+[eE]|-0\s*[,}])"
"""A number that a double may not hold, or that the engine writes otherwise."""
_NO_NUMBER: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?(?i:nan|inf(?:inity)?)')
"""A text, or what isn't a number."""


def json_records(session: Session, given: Input) -> Records:
    """JSON lines, an object each; a key that is not there is null."""
    contract = given.contract
    objects = _objects(given.plain.path)
    declared = ", ".join(literal(name) for name in contract.column_names)
    there = ", ".join(f"count_if(list_contains(k, {literal(n)}))" for n in contract.column_names)
    rows, lists, twice, extra, inexact, *found = session.query(
        "SELECT count(*), count_if(t <> 'OBJECT'), count_if(len(k) <> len(list_distinct(k))), "  # noqa: S608
        f"count_if(NOT list_has_all([{declared}], k)), count_if({_inexact(contract)}), {there} "
        f"FROM (SELECT json, json_type(json) AS t, json_keys(json) AS k FROM {objects})"
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
    if inexact:
        objects = _objects(as_texts(given))
    columns = {n: (f"c{i}", "VARCHAR") for i, n in enumerate(contract.column_names)}
    values = f"json_extract_string(json, [{_pointers(contract.column_names)}])"
    each = ", ".join(f"c[{i}] AS c{i - 1}" for i in range(1, len(columns) + 1))
    sql = f"SELECT (row_number() OVER ()) - 1 AS __row, {values} AS c FROM {objects}"  # noqa: S608
    return Records(f"SELECT __row, {each} FROM ({sql})", columns, faults)  # noqa: S608


def _objects(path: Path) -> str:
    return f"read_ndjson_objects({literal(str(path))}, compression='uncompressed')"


def _inexact(contract: Contract) -> str:
    """SQL for whether the engine would give a line's values otherwise than they are written."""
    kinds = f"json_type(json, [{_pointers(contract.column_names)}])"
    found = (
        f"regexp_matches(json, {literal(_NUMBER)}) OR list_has_any({kinds}, ['OBJECT', 'ARRAY'])"
    )
    texts = [column.name for column in contract.columns if column.type == "string"]
    if not texts:
        return found
    return f"{found} OR list_contains(json_type(json, [{_pointers(texts)}]), 'DOUBLE')"


def as_texts(given: Input) -> Path:
    """The same lines, written beside the spare place, each value as the text that it is written as.

    The engine reads a number as a double, so ``1.10`` would be the text ``1.1``, and
    ``12345678901234567890.12`` another number.
    """
    path, names = given.spare.with_suffix(".jsonl"), frozenset(given.contract.column_names)
    with given.plain.path.open("rb") as lines, path.open("wb") as out:
        for number, line in enumerate(lines, 1):
            if line.strip():
                out.write(msgspec.json.encode(_texts(line, number, names)) + b"\n")
    return path


def _texts(line: bytes, number: int, names: frozenset[str]) -> dict[str, str]:
    try:
        values = _values(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        message = "A line isn't JSON."
        raise UnusableError.of(ReasonCode.MALFORMED, message, line=number) from None
    there = ((name, bytes(raw)) for name, raw in values.items() if name in names)
    return {name: _text(raw) for name, raw in there if raw != b"null"}


def _values(line: bytes) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        # Python writes NaN and infinities, which aren't JSON; the engine reads them.
        quoted = _NO_NUMBER.sub(lambda m: m[0] if m[0][:1] == b'"' else b'"%b"' % m[0], line)
        return msgspec.json.decode(quoted, type=dict[str, msgspec.Raw])


def _text(raw: bytes) -> str:
    return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else raw.decode()


def _pointers(names: Iterable[str]) -> str:
    pointers = ("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
    return ", ".join(literal(pointer) for pointer in pointers)
