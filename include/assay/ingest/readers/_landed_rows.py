"""From records to landed rows: each value in its type, and the text of what didn't parse beside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from assay.contract import Contract, FilesSource
from assay.engine import ROW, EngineError, FileDigest, Session, quoted
from assay.engine.width import is_wide
from assay.ingest._model import UnusableError
from assay.ingest.readers._csv import csv_records, with_one_line_end
from assay.ingest.readers._json_lines import json_records
from assay.ingest.readers._local_time import define_zones
from assay.ingest.readers._parquet import parquet_records
from assay.ingest.readers._plain_file import Plain, as_binary, as_utf8, compression_of
from assay.ingest.readers._records import Input, Records
from assay.ingest.readers._text_sql import literal
from assay.ingest.readers._types import from_text, from_typed, how_canonical, text_of
from assay.ingest.readers._unclear_times import unclear_times
from assay.reasons import ReasonCode

_LONGEST_LINE: Final = 1 << 24
_RECORDS: Final[dict[str, Callable[..., Records]]] = {
    "csv": csv_records,
    "jsonl": json_records,
    "parquet": parquet_records,
}
_NUMBERS: Final = frozenset({"integer", "number"})
_SQL_TYPE: Final = {
    "string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE",
    "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP",
}  # fmt: skip


def write_rows(
    session: Session,
    contract: Contract,
    source: FilesSource,
    original: Path,
    spare: Path,
    target: Path,
) -> tuple[FileDigest, Records]:
    """Land an original as Parquet, one row a record, in the order of the file.

    Parameters
    ----------
    source : FilesSource
        How to read the original.
    original : Path
        The file as it came.
    spare : Path
        A restricted place for its plain form, where it isn't plain; the caller removes it.
    target : Path
        The Parquet file.

    Raises
    ------
    UnusableError
        With what is wrong with the original.
    """
    compression = compression_of(original.name, source.compression)
    if source.format == "parquet":
        plain = as_binary(original, compression, source.max_bytes, spare)
    else:
        plain = as_utf8(original, compression, source.encoding, source.max_bytes, spare)
    given = Input(plain, source, contract, spare)
    try:
        define_zones(session, contract)
        written, records = _written(session, given, target)
        unclear = tuple(unclear_times(session, contract, target))
        return written, replace(records, faults=records.faults + unclear)
    except EngineError as exc:
        if not exc.of_data:
            raise
        # The engine's message quotes the line at fault, so only its line number is used.
        raise _unusable(str(exc), source, plain) from None


def _written(session: Session, given: Input, target: Path) -> tuple[FileDigest, Records]:
    try:
        records = _RECORDS[given.source.format](session, given)
        table = session.sql(_landed(given.contract, records))
        # Records come in the order of the file; to see whether they did is dearer than to sort few.
        in_order = is_wide(len(table.columns))
        return session.write_parquet(table, target, [ROW], presorted=in_order), records
    except EngineError as exc:
        # The engine refuses a file whose lines end in several ways, but for those within quotes.
        if given.source.format != "csv" or not given.plain.mixed_line_ends or not exc.of_data:
            raise
        return _written(session, with_one_line_end(given), target)


def _landed(contract: Contract, records: Records) -> str:
    cells: list[str] = []
    shown: list[str] = []
    unparsed: list[tuple[str, str, str]] = []
    kept: list[tuple[str, str, str]] = []
    for i, column in enumerate(contract.columns):
        expression, found = records.columns.get(column.name, ("NULL", "VARCHAR"))
        text = text_of(expression, found)
        value = from_typed(column, expression, found) if found != "VARCHAR" else None
        if value is None:
            value = from_text(column, records.spelled(text) if column.type in _NUMBERS else text)
        cells.append(f"{text} AS t{i}, CAST({value} AS {_SQL_TYPE[column.type]}) AS v{i}")
        shown.append(f"v{i} AS {quoted(column.name)}")
        if column.type != "string":
            unparsed.append((column.name, f"t{i}", f"t{i} IS NOT NULL AND v{i} IS NULL"))
        if how_canonical(column) is not None:
            differs = f"t{i} IS DISTINCT FROM CAST(v{i} AS VARCHAR)"
            kept.append((column.name, f"t{i}", f"t{i} IS NOT NULL AND {differs}"))
    covered = {name for name, _, _ in kept}
    kept += [entry for entry in unparsed if entry[0] not in covered]
    return (
        f"SELECT __row, {', '.join(shown)}, {_names(unparsed)} AS __unparsed, "  # noqa: S608
        f"{_texts(kept)} AS __landed "
        f"FROM (SELECT __row, {', '.join(cells)} FROM ({records.sql}))"
    )


def _names(entries: list[tuple[str, str, str]]) -> str:
    if not entries:
        return "CAST(NULL AS VARCHAR[])"
    return _listed([(literal(name), when) for name, _, when in entries], "{}")


def _texts(entries: list[tuple[str, str, str]]) -> str:
    if not entries:
        return "CAST(NULL AS MAP(VARCHAR, VARCHAR))"
    cells = [(f"{{'key': {literal(n)}, 'value': {text}}}", when) for n, text, when in entries]
    return _listed(cells, "map_from_entries({})")


def _listed(cells: list[tuple[str, str]], form: str) -> str:
    """SQL for the list of the values whose condition holds, in a form; null where none does."""
    anything = " OR ".join(f"({when})" for _, when in cells)
    each = ", ".join(f"CASE WHEN {when} THEN {value} END" for value, when in cells)
    filtered = form.format(f"list_filter([{each}], lambda x: x IS NOT NULL)")
    return f"CASE WHEN {anything} THEN {filtered} END"


def _is_torn(message: str, line: int | None, source: FilesSource, plain: Plain) -> bool:
    """Whether it is the last line, which has no end, that is at fault."""
    if source.format == "csv":
        return "unterminated quote" in message or (line or 0) > plain.newlines
    with plain.path.open("rb") as file:
        file.seek(max(0, plain.bytes - _LONGEST_LINE))
        last = file.read().rpartition(b"\n")[2]
    try:
        json.loads(last)
    except ValueError:
        return True
    return False


def _unusable(message: str, source: FilesSource, plain: Plain) -> UnusableError:
    """The fault in what an engine's message says of a file."""
    if source.format == "parquet":
        text = "The Parquet file can't be read to its end."
        if "string encoding" in message:
            text = "A text of the Parquet file isn't UTF-8."
        return UnusableError.of(ReasonCode.UNDECODABLE, text)
    if too_long := re.search(r"Maximum line size of (\d+) bytes exceeded", message):
        text = "A line is too long to be read: a cell is far too large, or a quote is never closed."
        return UnusableError.of(ReasonCode.MALFORMED, text, most_bytes=int(too_long[1]))
    match = re.search(r"[Ll]ine:? (\d+)", message)
    line = int(match[1]) if match else None
    numbers: dict[str, Any] = {} if line is None else {"line": line}
    if not plain.ends_in_newline and _is_torn(message, line, source, plain):
        text = "The last line isn't complete, so the input is cut off."
        return UnusableError.of(ReasonCode.TRUNCATED, text, **numbers)
    if "surrogate" in message:
        text = "A line has half a character (a lone surrogate)."
        return UnusableError.of(ReasonCode.UNDECODABLE, text, **numbers)
    text = "A line doesn't fit the header." if source.format == "csv" else "A line isn't JSON."
    return UnusableError.of(ReasonCode.MALFORMED, text, **numbers)
