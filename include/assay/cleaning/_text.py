"""Parsing text and bringing it to one spelling."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis

from assay.cleaning._flow import Change, Flow, change, drop
from assay.engine import DTYPES
from assay.errors import PolicyError
from assay.policy.cleaning import ParseColumn, ParseStep, TextColumn, TextStep

_SPACE = r"[\s\x0B\x{85}\p{Z}]"
_EDGES = rf"^{_SPACE}+|{_SPACE}+$"
_WHOLE = r"^\s*[+-]?[0-9]+\s*$"


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def try_strptime(text: str, form: str) -> datetime:  # type: ignore[empty-body]
    """DuckDB's own: a timestamp by format, null where the text doesn't fit."""


def apply_parse(flow: Flow, index: int, step: ParseStep) -> Flow:
    """Give columns their types; what doesn't parse is emptied or drops its row, as declared.

    A cell counts as changed where its text became null; being typed isn't a change.
    """
    changes, drops = [], []
    for name, how in step.columns.items():
        text, typed = _parsed(flow.column(name, index), how)
        wrong = text.notnull() & typed.isnull()
        if how.on_error == "drop":
            drops.append((wrong, f"clean.parse:{name}"))
        emptied = flow.table[name].notnull() & typed.isnull()
        changes.append(Change(name, typed, f"parse.{how.type}", emptied))
    dropped = drop(flow, index, drops)
    return change(dropped, index, changes)


def _parsed(value: Any, how: ParseColumn) -> tuple[Any, Any]:
    """The text that is to be parsed (null where it says so), and its value."""
    text = value.cast("string")
    if how.null_values:
        text = ibis.ifelse(text.isin(how.null_values), ibis.null("string"), text)
    dtype = DTYPES[how.type]
    if how.type == "string":
        return text, text
    if how.format is not None and how.type in {"date", "timestamp"}:
        return text, try_strptime(text, how.format).cast(dtype)
    if how.type == "integer":
        whole = ibis.ifelse(text.re_search(_WHOLE), text, ibis.null("string"))
        return text, whole.try_cast(dtype)
    return text, text.try_cast(dtype)


def apply_text(flow: Flow, index: int, step: TextStep) -> Flow:
    """Trim, then change case, then map.

    Raises
    ------
    PolicyError
        If a column isn't text.
    """
    changes = []
    for name, how in step.columns.items():
        value = flow.column(name, index)
        if not value.type().is_string():
            raise PolicyError(
                f"the column {name!r} isn't text", where=f"steps.{index}", got=str(value.type())
            )
        changes.append(Change(name, _spelled(value, how), "text"))
    return change(flow, index, changes)


def _spelled(value: Any, how: TextColumn) -> Any:
    if how.trim:
        value = value.re_replace(_EDGES, "")
    if how.case is not None:
        value = value.upper() if how.case == "upper" else value.lower()
    if how.map:
        branches = [
            (key, ibis.null("string") if to is None else ibis.literal(to))
            for key, to in how.map.items()
        ]
        value = value.cases(*branches, else_=value)
    return value
