"""What a text file means: texts for no value, numbers in spaces, dates in other forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import ibis
from ibis import Table

from assay.engine import data_columns

_TOKENS: Final = ("NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "?", "-", "missing")
# What each type is written like; a number that begins with a needless 0 is a code.
_SHAPES: Final = {
    "int64": r"^[+-]?(0|[1-9][0-9]*)$",
    "float64": r"^[+-]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][+-]?[0-9]+)?$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+$",
}
_FORMATS: Final = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d",
    "%d %b %Y", "%d-%b-%Y", "%b %d, %Y",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S",
)  # fmt: skip


@dataclass(frozen=True)
class Meant:
    """A text file's table as it is meant.

    ``null_tokens`` are the texts that stand for no value, as the file writes them; ``formats`` are
    those of dates and times, by column; ``undecided`` are columns whose dates two formats read.
    """

    table: Table
    null_tokens: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    undecided: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_meaning(table: Table) -> Meant:
    """Read a text file's columns as what they are meant to be.

    A text counts as one for null only where a column of text has it and becomes wholly numeric or
    temporal without it, spaces aside; then it is null in every column, as in a contract's source.
    A date in another form than ISO's is one if exactly one format reads every value.
    """
    texts = [n for n in data_columns(table) if table[n].type().is_string()]
    if not texts:
        return Meant(table)
    found = _tests(table, texts)
    narrower: dict[str, str] = {}
    tokened = []
    for i, name in enumerate(texts):
        kind = next((k for k in _SHAPES if not found[f"{k}{i}"]), None) if found[f"n{i}"] else None
        if kind is not None:
            narrower[name] = kind
        if found[f"t{i}"] and (kind is not None or _fits(found, i)):
            tokened.append(name)
    present = _present(table, tokened)
    formats, undecided = _formats(found, texts, narrower)
    changed = {}
    for name in texts:
        value = ibis.ifelse(table[name].isin(present), ibis.null("string"), table[name])
        if name in narrower:
            value = _cast(value.strip(), narrower[name])
        elif name in formats:
            moment = _try_strptime(value.strip(), formats[name])
            value = moment if "%H" in formats[name] else moment.cast("date")
        changed[name] = value
    return Meant(table.mutate(**changed), present, formats, undecided)


def _tests(table: Table, names: list[str]) -> dict[str, int]:
    """Of each column: tokens, other values, and those that no type and no format reads."""
    parts: dict[str, Any] = {}
    for i, name in enumerate(names):
        bare = table[name].strip()
        token = bare.isin(_TOKENS)
        rest = ibis.ifelse(token, ibis.null("string"), bare)
        parts |= {f"t{i}": token.sum(), f"n{i}": rest.count()}
        parts |= {f"{k}{i}": (rest.notnull() & _cast(rest, k).isnull()).sum() for k in _SHAPES}
        parts |= {
            f"{f}{i}": (rest.notnull() & _try_strptime(rest, f).isnull()).sum() for f in _FORMATS
        }
    row = table.aggregate(**parts).to_pyarrow().to_pylist()[0]
    return {key: int(value or 0) for key, value in row.items()}


def _fits(found: Mapping[str, int], i: int) -> list[str]:
    """Formats that read every value of a column."""
    return [f for f in _FORMATS if found[f"n{i}"] and not found[f"{f}{i}"]]


def _formats(
    found: Mapping[str, int], names: list[str], narrower: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    formats, undecided = {}, {}
    for i, name in enumerate(names):
        fits = _fits(found, i) if name not in narrower else []
        if len(fits) == 1:
            formats[name] = fits[0]
        elif fits:
            undecided[name] = tuple(fits)
    return formats, undecided


def _present(table: Table, names: list[str]) -> tuple[str, ...]:
    """The tokens of some columns as the file writes them, spaces included."""
    found: set[str] = set()
    for name in names:
        written = table.filter(table[name].strip().isin(_TOKENS)).select(text=table[name])
        found |= set(written.distinct().to_pyarrow()["text"].to_pylist())
    return tuple(sorted(found, key=lambda text: (_TOKENS.index(text.strip()), text)))


@ibis.udf.scalar.builtin(name="try_strptime", signature=(("string", "string"), "timestamp"))
def _try_strptime(text, form):  # type: ignore[no-untyped-def]
    """The engine's own: a moment, or null where the format doesn't read the text."""


def _cast(text: Any, kind: str) -> Any:
    shaped = ibis.ifelse(text.re_search(_SHAPES[kind]), text, ibis.null("string"))
    return shaped.try_cast(kind)
