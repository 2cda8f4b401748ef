"""The types that the texts of a file have: which mean null, which are numbers or dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import Table

from assay.engine import Session, data_columns
from assay.engine.functions import count_if, try_strptime
from assay.onboarding.evidence._data_view import Aggregates
from assay.onboarding.evidence._many_columns import measure_aggregates, measure_values

_TOKENS: Final = ("NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "?", "-", "missing")
_MOST_TOKENS: Final = 100
# What each type is written like; a number that begins with a plus or a needless 0, or that no type
# holds exactly, is a code.
_SHAPES: Final = {
    "int64": r"^-?(0|[1-9][0-9]*)$",
    "float64": r"^-?(0|[1-9][0-9]{0,14})?(\.[0-9]*)?([eE][+-]?[0-9]+)?$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+$",
}
_FORMATS: Final = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d",
    "%d %b %Y", "%d-%b-%Y", "%b %d, %Y",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S",
)  # fmt: skip

# Python's formats of dates and times by the shape of what they write.
_FORMATS_BY_SHAPE: Final[Mapping[str, tuple[str, ...]]] = {
    "9999-99-99": ("%Y-%m-%d",),
    "99/99/9999": ("%d/%m/%Y", "%m/%d/%Y"),
    "99-99-9999": ("%d-%m-%Y", "%m-%d-%Y"),
    "99.99.9999": ("%d.%m.%Y",),
    "9999/99/99": ("%Y/%m/%d",),
    "99/99/99": ("%d/%m/%y", "%m/%d/%y"),
    "99:99": ("%H:%M",),
    "99:99:99": ("%H:%M:%S",),
    "9999-99-99 99:99": ("%Y-%m-%d %H:%M",),
    "9999-99-99 99:99:99": ("%Y-%m-%d %H:%M:%S",),
    "99/99/9999 99:99": ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"),
    "99-Aaa-9999": ("%d-%b-%Y",),
    "99 Aaa 9999": ("%d %b %Y",),
}


@dataclass(frozen=True)
class TypedText:
    """A text file's table with the types that its texts have.

    ``null_tokens`` are the texts that mean null, as the file writes them; ``formats`` are those of
    dates and times, by column; ``ambiguous`` are columns whose dates two formats read.
    """

    table: Table
    null_tokens: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Column:
    """How many texts of a column are null tokens, are none, and don't fit each type or format."""

    tokens: int
    texts: int
    misfits: Mapping[str, int]

    @property
    def type(self) -> str | None:
        """The first type that every text fits."""
        return next((k for k in _SHAPES if self.texts and not self.misfits[k]), None)

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of dates that read every text."""
        return tuple(f for f in _FORMATS if self.texts and not self.misfits[f])


def read_types(session: Session, table: Table) -> TypedText:
    """Read the columns of a text file by the types that their texts have.

    A text means null only where a column of text has it and becomes wholly numeric or temporal
    without it, spaces aside; then it is null in every column, as in a contract's source. A date in
    another form than ISO's is read if exactly one format reads every value.
    """
    texts = [n for n in data_columns(table) if table[n].type().is_string()]
    if not texts:
        return TypedText(table)
    rows, found = measure_aggregates(session, table, {n: _aggregates(table[n]) for n in texts})
    columns = {n: _measured(counts) for n, counts in found.items()}
    tokened = [n for n, c in columns.items() if c.tokens and (c.type or c.formats)]
    tokens = _written_tokens(session, table, tokened, rows)
    dated = {n: c.formats for n, c in columns.items() if c.type is None and c.formats}
    formats = {n: fits[0] for n, fits in dated.items() if len(fits) == 1}
    ambiguous = {n: fits for n, fits in dated.items() if len(fits) > 1}
    typed = {}
    for name, column in columns.items():
        if column.type is None and name not in formats and not tokens:
            continue
        value = ibis.ifelse(table[name].isin(tokens), ibis.null("string"), table[name])
        if column.type is not None:
            value = _cast(value.strip(), column.type)
        elif name in formats:
            moment = try_strptime(value.strip(), formats[name])
            value = moment if "%H" in formats[name] else moment.cast("date")
        typed[name] = value
    return TypedText(table.mutate(**typed) if typed else table, tokens, formats, ambiguous)


def _aggregates(value: ir.StringColumn) -> Aggregates:
    bare = value.strip()
    token = bare.isin(_TOKENS)
    text = ibis.ifelse(token, ibis.null("string"), bare)
    read = {kind: _cast(text, kind) for kind in _SHAPES}
    read |= {form: try_strptime(text, form) for form in _FORMATS}
    misfits = {k: count_if(text.notnull() & v.isnull()) for k, v in read.items()}
    return {"tokens": count_if(token), "texts": text.count(), **misfits}


def _measured(counts: Mapping[str, int | None]) -> _Column:
    numbers = {key: int(n or 0) for key, n in counts.items()}
    return _Column(numbers["tokens"], numbers["texts"], numbers)


def _written_tokens(session: Session, table: Table, names: list[str], rows: int) -> tuple[str, ...]:
    """The null tokens of some columns as the file writes them, spaces included."""
    written = {
        name: ibis.ifelse(table[name].strip().isin(_TOKENS), table[name], ibis.null("string"))
        for name in names
    }
    counted = measure_values(session, written, table, rows, _MOST_TOKENS)
    found = {text for texts in counted.values() for text in texts}
    return tuple(sorted(found, key=lambda text: (_TOKENS.index(text.strip()), text)))


def _cast(text: ir.StringValue, kind: str) -> ir.Value:
    shaped = ibis.ifelse(text.re_search(_SHAPES[kind]), text, ibis.null("string"))
    return shaped.try_cast(kind)


def date_formats(shapes: Mapping[str, int], n: int) -> tuple[str, ...]:
    """Formats that may read every value, by its shape alone; the values still have to be read.

    Examples
    --------
    >>> date_formats({"99/99/9999": 12}, 12)
    ('%d/%m/%Y', '%m/%d/%Y')
    """
    if len(shapes) != 1 or sum(shapes.values()) != n:
        return ()
    return _FORMATS_BY_SHAPE.get(next(iter(shapes)), ())


def formats_that_read(
    session: Session, texts: ir.StringColumn, formats: Sequence[str]
) -> tuple[str, ...]:
    """Those of some formats of dates that read every text."""
    misfits = {f: count_if(texts.notnull() & try_strptime(texts, f).isnull()) for f in formats}
    found = session.one(texts.as_table().aggregate(**misfits)) if formats else {}
    return tuple(f for f in formats if not found[f])
