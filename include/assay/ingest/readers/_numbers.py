"""Whole numbers and numbers, exactly.

A whole number lands as 64 bits. A number lands as a double, and only where the double says the same
number to all the digits that were written: either its shortest form is the written number, or its
exact value, rounded to as many significant digits, has the same digits. So ``0.1``, ``1e23`` and
C's ``%.17g`` of any double land; ``12345678901234567890.12`` doesn't.
"""

from __future__ import annotations

import re
from typing import Final

from assay.ingest.readers._text_sql import literal, trimmed, when

FLOATS: Final = frozenset({"FLOAT", "DOUBLE"})
_SMALL: Final = frozenset({
    "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"
})  # fmt: skip
_LARGE: Final = frozenset({"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT"})
_WHOLE: Final = r"[+-]?[0-9]+(\.0*)?"
_PLAIN: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"
_NUMBER: Final = _PLAIN + r"([eE][+-]?[0-9]+)?"
_EXACT_DIGITS: Final = 15
"""Digits that every double keeps."""
_MOST_DIGITS: Final = 800
"""More significant digits than any double has."""
_EXACT: Final = "9007199254740992"
_NORMAL: Final = "1e-290"
"""Above it, a double has all its digits."""


def integer_from_text(text: str) -> str:
    """SQL for the whole number that a text is; null where it is none, or has more than 64 bits."""
    bare, value = trimmed(text), f"TRY_CAST({text} AS BIGINT)"
    exact = when(bare, _WHOLE, f"TRY_CAST(split_part({bare}, '.', 1) AS BIGINT)")
    # A text that is written as DuckDB writes it needs no pattern.
    return f"CASE WHEN CAST({value} AS VARCHAR) = {text} THEN {value} ELSE {exact} END"


def number_from_text(text: str) -> str:
    """SQL for the double that says what a text says; null where none does."""
    value = f"TRY_CAST({text} AS DOUBLE)"
    short = f"length({text}) <= {_EXACT_DIGITS} AND regexp_full_match({text}, {literal(_PLAIN)})"
    shortest = f"CAST({value} AS VARCHAR) = {text} AND isfinite({value})"
    return (
        f"CASE WHEN {short} OR ({shortest}) THEN {value} "
        f"ELSE {when(trimmed(text), _NUMBER, _by_digits(trimmed(text)))} END"
    )


def number_spelled(text: str, decimal: str, thousands: str | None) -> str:
    """SQL for a number's text in a file's own notation, written with a point.

    Null where the text isn't in that notation: ``1.5`` isn't where the decimal sign is a comma.
    """
    group = re.escape(thousands) if thousands else ""
    digits = f"([1-9][0-9]{{0,2}}({group}[0-9]{{3}})+|[0-9]+)" if thousands else "[0-9]+"
    sign = re.escape(decimal)
    pattern = rf"[+-]?({digits}({sign}[0-9]*)?|{sign}[0-9]+)([eE][+-]?[0-9]+)?"
    plain = f"replace({trimmed(text)}, {literal(thousands)}, '')" if thousands else trimmed(text)
    return when(trimmed(text), pattern, f"replace({plain}, {literal(decimal)}, '.')")


def number_from_typed(kind: str, value: str, found: str) -> str | None:
    """SQL for an ``integer`` or a ``number`` from a typed number; None for another type."""
    base = found.split("(", 1)[0]
    if base in _SMALL | _LARGE:
        return _from_integer(kind, value, base)
    if base == "DECIMAL":
        return _from_decimal(kind, value, found)
    if base not in FLOATS:
        return None
    number = f"CAST({value} AS DOUBLE)"
    if kind == "number":
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    whole = f"{number} = trunc({number}) AND abs({number}) <= {_EXACT}"
    return f"CASE WHEN {whole} THEN TRY_CAST({value} AS BIGINT) END"


def _from_integer(kind: str, value: str, base: str) -> str:
    if kind == "integer":
        return f"TRY_CAST({value} AS BIGINT)"
    number = f"CAST({value} AS DOUBLE)"
    if base in _SMALL:
        return number
    return f"CASE WHEN TRY_CAST({number} AS HUGEINT) = {value} THEN {number} END"


def _from_decimal(kind: str, value: str, found: str) -> str:
    text = f"CAST({value} AS VARCHAR)"
    digits, scale = map(int, found.removeprefix("DECIMAL(").removesuffix(")").split(","))
    if kind == "integer":
        # A decimal without digits before its point has none in the engine's text either.
        zero = f"CASE WHEN {value} = 0 THEN 0 END"
        return zero if digits == scale else integer_from_text(text)
    return f"CAST({value} AS DOUBLE)" if digits <= _EXACT_DIGITS else number_from_text(text)


def _by_digits(text: str) -> str:
    """SQL that compares a double's digits with the written ones; a lambda computes each once."""
    rounded = "format('{:.' || (length(x.digits) - 1) || 'e}', x.value)"
    same = (
        f"x.digits = '' "
        f"OR (length(x.digits) <= {_EXACT_DIGITS} AND abs(x.value) > {_NORMAL}) "
        f"OR (length(x.digits) < {_MOST_DIGITS} AND {_digits(rounded)} = x.digits) "
        f"OR rtrim({_digits('CAST(x.value AS VARCHAR)')}, '0') = rtrim(x.digits, '0')"
    )
    read = f"{{'value': TRY_CAST({text} AS DOUBLE), 'digits': {_digits(text)}}}"
    exact = f"CASE WHEN isfinite(x.value) AND ({same}) THEN x.value END"
    return f"list_transform([{read}], lambda x: {exact})[1]"


def _digits(text: str) -> str:
    """SQL for the digits of a number's text from the first that isn't 0 on."""
    mantissa = f"split_part(lower({text}), 'e', 1)"
    for sign in ".-+":
        mantissa = f"replace({mantissa}, '{sign}', '')"
    return f"ltrim({mantissa}, '0')"
