"""Parsing: text columns get their types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis

from assay.cleaning._fitted_state import StepFit
from assay.cleaning._marked_table import Change, MarkedTable
from assay.cleaning.steps._step import CleaningStep, Invention, Rule
from assay.engine import DTYPES, Session
from assay.engine.functions import try_strptime
from assay.moment_format import format_pattern
from assay.policy.cleaning_steps import ParseColumn, ParseStep

_WHOLE = r"^\s*[+-]?[0-9]+\s*$"


class Parse(CleaningStep[ParseStep], kind="parse"):
    """Give columns their types; a text that doesn't parse is emptied, or its row is dropped.

    A cell counts as changed where its text became null; a type isn't a change.
    """

    learns = False

    def inventions(self) -> Iterator[Invention]:
        """List the columns by whose texts rows are dropped."""
        for name, how in self.spec.columns.items():
            if how.on_error == "drop":
                what = "parse with on_error: drop"
                yield Invention(name, what, "on_error: null keeps the row.")

    @property
    def drops_rows(self) -> bool:
        """Whether a text that doesn't parse drops its row."""
        return any(how.on_error == "drop" for how in self.spec.columns.values())

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Parse every column."""
        changes, drops = [], []
        for name, how in self.spec.columns.items():
            text, typed = _parsed(rows.column(name, self.index), how)
            if how.on_error == "drop":
                drops.append((text.notnull() & typed.isnull(), f"clean.parse:{name}"))
            emptied = rows.table[name].notnull() & typed.isnull()
            changes.append(Change(name, typed, f"parse.{how.type}", emptied))
        return rows.drop(self.index, drops).change(self.index, changes)

    def rules(self) -> Iterator[Rule]:
        """List a rule a column, by its type."""
        for name, how in self.spec.columns.items():
            drops = ["parse.drop"] if how.on_error == "drop" else []
            yield Rule(self.index, name, (f"parse.{how.type}", *drops))


def _parsed(value: Any, how: ParseColumn) -> tuple[Any, Any]:
    """The text to parse (null for a text that means null), and its value."""
    text = value.cast("string")
    if how.null_values:
        text = ibis.ifelse(text.isin(how.null_values), ibis.null("string"), text)
    dtype = DTYPES[how.type]
    if how.type == "string":
        return text, text
    if how.format is not None and how.type in {"date", "timestamp"}:
        # DuckDB reads 24 as the year 24.
        fits = text.strip().re_search(f"^(?:{format_pattern(how.format)})$")
        whole = ibis.ifelse(fits, text.strip(), ibis.null("string"))
        return text, try_strptime(whole, how.format).cast(dtype)
    if how.type == "integer":
        whole = ibis.ifelse(text.re_search(_WHOLE), text, ibis.null("string"))
        return text, whole.try_cast(dtype)
    return text, text.try_cast(dtype)
