"""From what came to the contract's types: exactly, or not at all.

DuckDB's own casts are too kind for this: they round ``1.5`` to 2, read ``1_000`` and ``0x1F``,
take ``nan`` for a number and drop the time of day from a date. A value is taken here only where
nothing of it is lost; anything else stays unparsed, with its text beside it.
"""

from __future__ import annotations

from typing import Final

from assay.contract import Canonical, Column
from assay.ingest.readers._moments import (
    date_from_text,
    date_from_typed,
    text_of_moment,
    timestamp_from_text,
    timestamp_from_typed,
)
from assay.ingest.readers._numbers import (
    FLOATS,
    integer_from_text,
    number_from_text,
    number_from_typed,
)
from assay.ingest.readers._text_sql import trimmed

_TRUE: Final = "('true', 't', 'yes', 'y', 'on', '1', '1.0')"
_FALSE: Final = "('false', 'f', 'no', 'n', 'off', '0', '0.0')"
_OPAQUE: Final = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "INTERVAL", "ARRAY", "LIST")


def canonical(text: str, how: Canonical) -> str:
    """SQL for the one form of an identifier: white space, case, NFC; nothing left is null.

    Idempotent: the canonical form of a canonical form is itself.
    """
    if how.trim:
        text = trimmed(text)
    if how.case:
        # Case is folded on composed characters and may leave some that compose again.
        text = f"{how.case}(nfc_normalize({text}))"
    return f"nullif(nfc_normalize({text}), '')"


def from_text(column: Column, text: str) -> str:
    """SQL for a column's value from its text; null where the text isn't wholly of its type."""
    match column.type:
        case "string":
            how = how_canonical(column)
            return canonical(text, how) if how else text
        case "integer":
            return integer_from_text(text)
        case "number":
            return number_from_text(text)
        case "boolean":
            return _boolean(f"lower({trimmed(text)})")
        case "date":
            return date_from_text(column, text)
        case "timestamp":
            return timestamp_from_text(column, text)


def from_typed(column: Column, value: str, found: str) -> str | None:
    """SQL for a column's value from a typed one; None where the types aren't of one family.

    ``found`` is DuckDB's name of the type. A NaN is null, which is how pandas and NumPy write a
    missing number; an infinity stays unparsed.
    """
    match column.type:
        case "string":
            text = found.split("(", 1)[0] in {"VARCHAR", "ENUM", "UUID"}
            return from_text(column, f"CAST({value} AS VARCHAR)") if text else None
        case "integer" | "number":
            return number_from_typed(column.type, value, found)
        case "boolean":
            return value if found == "BOOLEAN" else None
        case "date":
            return date_from_typed(value, found)
        case "timestamp":
            return timestamp_from_typed(column, value, found)


def text_of(value: str, found: str) -> str:
    """SQL for the text of a typed value; null for null and NaN."""
    text = text_of_moment(value, found) or f"CAST({value} AS VARCHAR)"
    return f"CASE WHEN NOT isnan({value}) THEN {text} END" if is_float(found) else text


def is_float(found: str) -> bool:
    """Whether a DuckDB type can hold NaN."""
    return found in FLOATS


def is_opaque(found: str) -> bool:
    """Whether a DuckDB type is nested or binary, which no column of a contract is."""
    return found.endswith("]") or found.split("(", 1)[0] in _OPAQUE


def how_canonical(column: Column) -> Canonical | None:
    """The canonical form that a column is brought to; None for a column that has none."""
    if column.canonical is None and column.classification == "identifier":
        return Canonical.model_validate({})
    return column.canonical


def _boolean(text: str) -> str:
    return f"CASE WHEN {text} IN {_TRUE} THEN true WHEN {text} IN {_FALSE} THEN false END"
