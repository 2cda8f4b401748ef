"""Spellings: text is trimmed, its case is changed, then spellings are mapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis

from assay.cleaning._fitted_state import StepFit
from assay.cleaning._marked_table import Change, MarkedTable
from assay.cleaning.steps._step import CleaningStep, Invention
from assay.engine import Session
from assay.errors import PolicyError
from assay.policy.cleaning_steps import TextColumn, TextStep

_SPACE = r"[\s\x0B\x{85}\p{Z}]"
_EDGES = rf"^{_SPACE}+|{_SPACE}+$"


class Text(CleaningStep[TextStep], kind="text"):
    """Bring the texts of columns to one spelling."""

    learns = False
    drops_rows = False

    def inventions(self) -> Iterator[Invention]:
        """List the columns whose spellings are mapped."""
        for name, how in self.spec.columns.items():
            if how.map:
                do = "Let the suite set its other spellings aside, by a set."
                yield Invention(name, "text map", do)

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Rewrite every column.

        Raises
        ------
        PolicyError
            If a column isn't text.
        """
        changes = []
        for name, how in self.spec.columns.items():
            value = rows.column(name, self.index)
            if not value.type().is_string():
                where, got = f"steps.{self.index}", str(value.type())
                raise PolicyError(f"the column {name!r} isn't text", where=where, got=got)
            changes.append(Change(name, _spelled(value, how), "text"))
        return rows.change(self.index, changes)


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
