"""Texts that a file writes where it has no value, found by what becomes typed without them."""

from __future__ import annotations

from typing import Any, Final

import ibis

from assay.engine import data_columns

_TOKENS: Final = ("NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "?", "-", "missing")
_WHOLE: Final = r"^\s*[+-]?[0-9]+\s*$"
_TYPES: Final = ("int64", "float64", "date", "timestamp")


def without_null_tokens(table: Any) -> tuple[Any, tuple[str, ...]]:
    """A table of a text file with its null texts made null, and those texts.

    A text counts as one only where a column of text has it and becomes wholly numeric or temporal
    without it; then it is null in every column, as in the contract's source.
    """
    texts = [n for n in data_columns(table) if table[n].type().is_string()]
    if not texts:
        return table, ()
    found = _tests(table, texts)
    narrower = {}
    for i, name in enumerate(texts):
        if found[f"t{i}"] and found[f"n{i}"]:
            kind = next((k for k in _TYPES if not found[f"{k}{i}"]), None)
            if kind is not None:
                narrower[name] = kind
    if not narrower:
        return table, ()
    present = _present(table, list(narrower))
    changed = {}
    for name in texts:
        value = _nulled(table[name], present)
        changed[name] = _cast(value, narrower[name]) if name in narrower else value
    return table.mutate(**changed), present


def _tests(table: Any, names: list[str]) -> dict[str, int]:
    """Of each column: cells with a token, cells without, and those that each type can't read."""
    parts: dict[str, Any] = {}
    for i, name in enumerate(names):
        rest = _nulled(table[name], _TOKENS)
        parts |= {f"t{i}": table[name].isin(_TOKENS).sum(), f"n{i}": rest.count()}
        parts |= {f"{k}{i}": (rest.notnull() & _cast(rest, k).isnull()).sum() for k in _TYPES}
    row = table.aggregate(**parts).to_pyarrow().to_pylist()[0]
    return {key: int(value or 0) for key, value in row.items()}


def _present(table: Any, names: list[str]) -> tuple[str, ...]:
    parts = {
        f"{i}_{j}": (table[name] == token).any()
        for i, name in enumerate(names)
        for j, token in enumerate(_TOKENS)
    }
    row = table.aggregate(**parts).to_pyarrow().to_pylist()[0]
    there = {int(key.partition("_")[2]) for key, value in row.items() if value}
    return tuple(token for j, token in enumerate(_TOKENS) if j in there)


def _nulled(value: Any, tokens: tuple[str, ...]) -> Any:
    return ibis.ifelse(value.isin(tokens), ibis.null("string"), value)


def _cast(text: Any, kind: str) -> Any:
    if kind == "int64":
        text = ibis.ifelse(text.re_search(_WHOLE), text, ibis.null("string"))
    if kind == "date":
        text = ibis.ifelse(text.length() <= 10, text, ibis.null("string"))
    return text.try_cast(kind)
