"""From what came to the contract's types: exactly, or not at all.

DuckDB's own casts are too kind for this: they round ``1.5`` to 2, read ``1_000`` and ``0x1F``,
take ``nan`` for a number and drop the time of day from a date. A value is taken here only where
nothing of it is lost; anything else stays unparsed, with its text beside it.
"""

from __future__ import annotations

from typing import Final

from assay.contract import Canonical, Column

_SPACE: Final = r"^[\s\p{Z}]+|[\s\p{Z}]+$"
_INTEGER: Final = r"[+-]?[0-9]+(\.0*)?"
_NUMBER: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE: Final = _DAY + r"([ T]00:00(:00(\.0+)?)?)?"
_TIME: Final = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
_TIMESTAMP: Final = _DAY + r"([ T]" + _TIME + r")?"
_ZONED: Final = _DAY + r"[ T]" + _TIME + r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_TRUE: Final = "('true', 't', 'yes', 'y', '1')"
_FALSE: Final = "('false', 'f', 'no', 'n', '0')"
_EXACT: Final = "9007199254740992"
_INTEGERS: Final = frozenset({
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
})  # fmt: skip
_TIMESTAMPS: Final = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_FLOATS: Final = frozenset({"FLOAT", "DOUBLE"})
_OPAQUE: Final = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "INTERVAL", "ARRAY", "LIST")


def literal(text: str) -> str:
    """A text as an SQL literal.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def canonical(text: str, how: Canonical) -> str:
    """SQL for the one form of an identifier: white space, case, NFC; nothing left is null.

    Idempotent: the canonical form of a canonical form is itself.
    """
    if how.trim:
        text = f"regexp_replace({text}, {literal(_SPACE)}, '', 'g')"
    if how.case:
        # Case is folded on composed characters and may leave some that compose again.
        text = f"{how.case}(nfc_normalize({text}))"
    return f"nullif(nfc_normalize({text}), '')"


def from_text(column: Column, text: str) -> str:  # noqa: PLR0911
    """SQL for a column's value from its text; null where the text isn't wholly of its type."""
    if column.type == "string":
        how = how_canonical(column)
        return canonical(text, how) if how else text
    bare = f"regexp_replace({text}, {literal(_SPACE)}, '', 'g')"
    if column.format and column.type in {"date", "timestamp"}:
        return _by_format(column, bare)
    if column.type == "integer":
        exact = _when(bare, _INTEGER, f"TRY_CAST(split_part({bare}, '.', 1) AS BIGINT)")
        return _plainly(text, "BIGINT", exact)
    if column.type == "number":
        value = f"TRY_CAST({bare} AS DOUBLE)"
        exact = _when(bare, _NUMBER, f"CASE WHEN isfinite({value}) THEN {value} END")
        return _plainly(text, "BIGINT", exact)
    if column.type == "boolean":
        lower = f"lower({bare})"
        return f"CASE WHEN {lower} IN {_TRUE} THEN true WHEN {lower} IN {_FALSE} THEN false END"
    if column.type == "date":
        return _when(bare, _DATE, f"TRY_CAST(left({bare}, 10) AS DATE)")
    zoned = _when(bare, _ZONED, _utc(f"TRY_CAST({bare} AS TIMESTAMPTZ)"))
    return f"coalesce({_when(bare, _TIMESTAMP, f'TRY_CAST({bare} AS TIMESTAMP)')}, {zoned})"


def from_typed(  # noqa: PLR0911
    column: Column, value: str, found: str
) -> str | None:
    """SQL for a column's value from a typed one; None where the types aren't of one family.

    ``found`` is DuckDB's name of the type. A NaN is null, which is how pandas and NumPy write a
    missing number; an infinity stays unparsed.
    """
    base = found.split("(", 1)[0]
    if column.type == "string":
        text = base in {"VARCHAR", "ENUM", "UUID"}
        return from_text(column, f"CAST({value} AS VARCHAR)") if text else None
    if column.type in {"integer", "number"}:
        return _number(column, value, base)
    if column.type == "boolean":
        return value if base == "BOOLEAN" else None
    if column.type == "date":
        if base == "DATE":
            return value
        day = f"CAST({value} AS DATE)"
        return f"CASE WHEN {value} = {day} THEN {day} END" if base in _TIMESTAMPS else None
    if base == "TIMESTAMP WITH TIME ZONE":
        return _utc(value)
    return f"CAST({value} AS TIMESTAMP)" if base in _TIMESTAMPS | {"DATE"} else None


def text_of(value: str, found: str) -> str:
    """SQL for the text of a typed value; null for null and NaN."""
    text = f"CAST({value} AS VARCHAR)"
    return f"CASE WHEN NOT isnan({value}) THEN {text} END" if is_float(found) else text


def is_float(found: str) -> bool:
    """Whether a DuckDB type can hold NaN."""
    return found in _FLOATS


def is_opaque(found: str) -> bool:
    """Whether a DuckDB type is nested or binary, which no column of a contract is."""
    return found.endswith("]") or found.split("(", 1)[0] in _OPAQUE


def how_canonical(column: Column) -> Canonical | None:
    """The canonical form that a column is brought to; None for a column that has none."""
    if column.canonical is None and column.classification == "identifier":
        return Canonical.model_validate({})
    return column.canonical


def _number(column: Column, value: str, base: str) -> str | None:
    if base in _INTEGERS:
        return f"TRY_CAST({value} AS {'BIGINT' if column.type == 'integer' else 'DOUBLE'})"
    if base not in _FLOATS | {"DECIMAL"}:
        return None
    number = f"CAST({value} AS DOUBLE)"
    if column.type == "number":
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    whole = f"{number} = trunc({number}) AND abs({number}) <= {_EXACT}"
    return f"CASE WHEN {whole} THEN TRY_CAST({value} AS BIGINT) END"


def _by_format(column: Column, text: str) -> str:
    moment = f"try_strptime({text}, {literal(str(column.format))})"
    if column.type == "date":
        return f"CAST({moment} AS DATE)"
    return _utc(moment) if "%z" in str(column.format) else f"CAST({moment} AS TIMESTAMP)"


def _plainly(text: str, kind: str, otherwise: str) -> str:
    """The value of a text that is written just as DuckDB writes it; that spares the patterns."""
    value = f"TRY_CAST({text} AS {kind})"
    return f"CASE WHEN CAST({value} AS VARCHAR) = {text} THEN {value} ELSE {otherwise} END"


def _when(text: str, pattern: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN {value} END"


def _utc(moment: str) -> str:
    return f"make_timestamp(epoch_us({moment}))"
