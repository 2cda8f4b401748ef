"""CSV with a header, all of it text."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Final

from assay.engine import Session
from assay.engine.line_ends import unify_line_ends
from assay.ingest._model import UnusableError
from assay.ingest.readers._numbers import number_spelled
from assay.ingest.readers._records import Input, Records, check_names
from assay.ingest.readers._text_sql import literal
from assay.reasons import ReasonCode

_LONGEST_HEADER: Final = 2_000_000
_DELIMITERS: Final = (",", ";", "\t", "|")


def csv_records(session: Session, given: Input) -> Records:
    """CSV with a header; a quoted null text is null too."""
    source, contract = given.source, given.contract
    names = _header(given.plain.path, source.delimiter)
    _check_delimiter(names, given)
    faults = check_names(contract, names)
    typed = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    nulls = ", ".join(literal(text) for text in source.null_values) or literal("\1")
    places = {name: f"c{i}" for i, name in enumerate(names)}
    wanted = {name: places[name] for name in contract.column_names if name in places}
    lines = f"lines_{secrets.token_hex(8)}"
    # A view of the engine's own: parsing thousands of columns in Python would take seconds.
    session.query(
        f"CREATE TEMP VIEW {lines} AS SELECT (row_number() OVER ()) - 1 AS __row, "  # noqa: S608
        f"{', '.join(wanted.values())} FROM read_csv("
        f"{literal(str(given.plain.path))}, header=true, auto_detect=false, strict_mode=true, "
        f"delim={literal(source.delimiter)}, quote='\"', escape='\"', nullstr=[{nulls}], "
        f"compression='none', columns={{{typed}}})"
    )
    columns = {name: (place, "VARCHAR") for name, place in wanted.items()}
    records = Records(f"SELECT * FROM {lines}", columns, faults)  # noqa: S608
    if (source.decimal, source.thousands) == (".", None):
        return records
    spelled = partial(number_spelled, decimal=source.decimal, thousands=source.thousands)
    return replace(records, spelled=spelled)


def with_one_line_end(given: Input) -> Input:
    """The same CSV with one kind of line end, written beside the spare place."""
    path = given.spare.with_suffix(".csv")
    unify_line_ends(given.plain.path, path, given.source.delimiter)
    plain = replace(given.plain, path=path, mixed_line_ends=False)
    return replace(given, plain=plain)


def _check_delimiter(names: list[str], given: Input) -> None:
    """Name the likely reason for which all of the header is one name."""
    if len(names) > 1 or names[0] in given.contract.column_names:
        return
    for other in _DELIMITERS:
        if set(given.contract.column_names) & set(names[0].split(other)):
            message = (
                f"The header has one name; its names seem to be separated by {other!r}. "
                "The contract's delimiter says how they are."
            )
            raise UnusableError.of(ReasonCode.SCHEMA_MISMATCH, message)


def _header(path: Path, delimiter: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        try:
            names = next(csv.reader(_first_lines(file), delimiter=delimiter, strict=True), [])
        except csv.Error:
            message = "The header can't be read: a name is far too long, or a quote isn't closed."
            most = csv.field_size_limit()
            raise UnusableError.of(ReasonCode.MALFORMED, message, most_characters=most) from None
    if not names:
        message = "The file is empty: it doesn't even have a header."
        raise UnusableError.of(ReasonCode.EMPTY_FILE, message)
    return names


def _first_lines(file: IO[str]) -> Iterator[str]:
    """The lines of a header, of a bounded length in all; one may go on within quotes."""
    left = _LONGEST_HEADER
    while line := file.readline(left):
        left -= len(line)
        if left <= 0:
            raise csv.Error("too long")
        yield line
