"""CSV with a header, all of it text."""

from __future__ import annotations

import csv
from pathlib import Path

from assay.contract import Contract, FilesSource
from assay.engine import Session
from assay.ingest._model import UnusableError
from assay.ingest.readers._plain_file import Plain
from assay.ingest.readers._records import Records, check_names
from assay.ingest.readers._types import literal
from assay.reasons import ReasonCode


def csv_records(session: Session, plain: Plain, source: FilesSource, contract: Contract) -> Records:  # noqa: ARG001
    """CSV with a header; a quoted null text is null too."""
    names = _header(plain.path, source.delimiter)
    faults = check_names(contract, names)
    typed = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    nulls = ", ".join(literal(text) for text in source.null_values) or literal("\1")
    sql = (
        "SELECT (row_number() OVER ()) - 1 AS __row, * FROM read_csv("  # noqa: S608
        f"{literal(str(plain.path))}, header=true, auto_detect=false, strict_mode=true, "
        f"delim={literal(source.delimiter)}, quote='\"', escape='\"', nullstr=[{nulls}], "
        f"compression='none', columns={{{typed}}})"
    )
    places = {name: (f"c{i}", "VARCHAR") for i, name in enumerate(names)}
    return Records(sql, {n: places[n] for n in contract.column_names if n in places}, faults)


def _header(path: Path, delimiter: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        try:
            names = next(csv.reader(file, delimiter=delimiter, strict=True), [])
        except csv.Error:
            message = "The header can't be read: a name is far too long, or a quote isn't closed."
            most = csv.field_size_limit()
            raise UnusableError.of(ReasonCode.MALFORMED, message, most_characters=most) from None
    if not names:
        message = "The file is empty: it doesn't even have a header."
        raise UnusableError.of(ReasonCode.EMPTY_FILE, message)
    return names
