"""What the rules of proposals are given: the evidence, and what several rules need of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from assay.engine import Session
from assay.onboarding.evidence._batch_clock import Restated, find_restated
from assay.onboarding.evidence._column_names import names_code
from assay.onboarding.evidence._column_pairs import sample_rows
from assay.onboarding.evidence._columns import ColumnEvidence, TableEvidence
from assay.onboarding.evidence._level_list import LevelList, measure_list
from assay.onboarding.evidence._text_patterns import measure_shapes, shapes_of
from assay.onboarding.evidence._text_types import date_formats, formats_that_read
from assay.onboarding.evidence._versions import Version, names_batch
from assay.onboarding.proposals._proposal import Proposal, Remark, Stage

Found = Iterator[Proposal | Remark]


@dataclass(frozen=True)
class TableContext:
    """A table and its earlier versions; ``keyed`` where a key is stated already.

    ``own`` are the batches of the table itself, where it has several; ``key`` is that of the only
    one, where it is known.
    """

    session: Session
    evidence: TableEvidence
    earlier: Sequence[Version]
    keyed: bool = False
    own: Sequence[Version] = ()
    key: str | None = None

    @property
    def versions(self) -> Sequence[Version]:
        """All batches but the one that a table of one batch is."""
        return [*self.earlier, *self.own]

    @property
    def batches(self) -> int:
        """Number of batches that the evidence is from."""
        return len(self.earlier) + max(1, len(self.own))

    def named(self, n: int) -> str:
        """So many of the :attr:`versions`, in words: those of the table aren't earlier ones."""
        return f"{n} {'' if self.own else 'earlier '}batches"

    def texts(self, column: ColumnEvidence) -> ir.StringColumn:
        """The values of a text column, without the spaces around padded ones."""
        values = self.evidence.table[column.name]
        return values.strip() if column.padded else values

    @cached_property
    def shapes(self) -> Mapping[str, Mapping[str, int]]:
        """The shapes of each text column that has no list of levels."""
        texts = {
            name: self.texts(c)
            for name, c in self.evidence.columns.items()
            if c.type == "string" and c.levels is None
        }
        evidence = self.evidence
        return measure_shapes(self.session, texts, evidence.table, evidence.rows)

    @cached_property
    def sample(self) -> pd.DataFrame:
        """Some rows, to rule out pairs of columns that aren't worth a scan."""
        return sample_rows(self.session, self.evidence)


@dataclass(frozen=True)
class ColumnContext:
    """One column of a table."""

    of: TableContext
    column: ColumnEvidence

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return self.of.evidence.present(self.name)

    @property
    def stage(self) -> Stage:
        """The suite that judges its values: the clean one where they need trimming."""
        return "clean" if self.column.padded else "raw"

    def kwargs(self, **more: Any) -> dict[str, Any]:
        """Arguments of an expectation about the column."""
        return {"column": self.name, **more}

    @property
    def texts(self) -> ir.StringColumn:
        """The values of a text column, without the spaces around padded ones."""
        return self.of.texts(self.column)

    @cached_property
    def shapes(self) -> Mapping[str, int]:
        """The shapes of a text column, each with its rows."""
        if self.column.levels is not None:
            return shapes_of({str(level): n for level, n in self.column.levels.items()})
        return self.of.shapes[self.name]

    @property
    def padded_numbers(self) -> bool:
        """Whether the texts are numbers with spaces around."""
        return self.column.padded > 0 and all(set(s.strip()) <= set("9.+-") for s in self.shapes)

    @cached_property
    def date_formats(self) -> tuple[str, ...]:
        """Formats of dates that read every text of the column."""
        if self.column.type != "string" or self.padded_numbers:
            return ()
        likely = date_formats(self.shapes, self.present)
        return formats_that_read(self.of.session, self.texts, likely)

    @cached_property
    def restated(self) -> Restated | None:
        """What of its batch a column of numbers restates."""
        column, name = self.column, self.name
        if column.hidden or not column.numeric or not column.top:
            return None
        found = {v.label: v.numbers(name) for v in self.of.versions}
        if self.of.key is not None and not self.of.own:
            found[self.of.key] = column.numbers
        return find_restated(name, found)

    @cached_property
    def names_batch(self) -> bool:
        """Whether the column names the batch."""
        return self.restated is not None or names_batch(
            self.column, self.of.versions, several=bool(self.of.own)
        )

    @cached_property
    def level_list(self) -> LevelList | None:
        """The levels of the column, where it may be a list."""
        if len(self.date_formats) == 1:
            return None
        return measure_list(self.column, self.of.earlier, self.of.own)

    @property
    def constant(self) -> bool:
        """Whether it holds one number in all rows."""
        return bool(self.column.top) and self.column.top[0] == self.column.bottom[0]

    @property
    def listed(self) -> bool:
        """Whether the column has a closed list of levels."""
        return self.level_list is not None and not (self.names_batch or self.level_list.why_open)

    @property
    def unmeasured(self) -> bool:
        """Whether its numbers name something, so that their size means nothing."""
        named = self.names_batch or self.listed or self.column.unique
        return named or names_code(self.name)
