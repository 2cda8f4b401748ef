"""Derived columns: an expression each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from ibis import Table

from assay.cleaning._fitted_state import FittedOn, StepFit
from assay.cleaning._marked_table import MarkedTable
from assay.cleaning.steps._step import CleaningStep, UnchangedCells, removed_column
from assay.engine import Session
from assay.errors import PolicyError, Problem, unknown
from assay.expression import columns_of, compile_expression
from assay.policy.cleaning_steps import DeriveStep
from assay.statistics.columns import ColumnNumbers


class Derive(CleaningStep[DeriveStep], kind="derive"):
    """Add columns, each from those before it; no cell of the data is changed."""

    learns = False
    drops_rows = False
    replaces_flags = False

    def problems(
        self, columns: Collection[str] | None, dropped: Collection[str]
    ) -> Iterator[Problem]:
        """List the faults of expressions, and the columns that they don't find."""
        available = None if columns is None else set(columns)
        for name, text in self.spec.columns.items():
            where = f"steps.{self.index}.columns.{name}"
            try:
                reads = columns_of(text)
            except PolicyError as exc:
                for problem in exc.problems:
                    yield replace(problem, where=f"{where} {problem.where or ''}".rstrip())
                continue
            if available is None:
                continue
            for read in (n for n in reads if n not in available):
                if read in dropped:
                    yield removed_column(read, where, available)
                    continue
                yield Problem("no such column", where=where, **unknown(read, sorted(available)))
            available.add(name)

    def read_columns(self) -> Collection[str]:
        """List the columns that the expressions read."""
        return {name for text in self.spec.columns.values() for name in columns_of(text)}

    def fit(self, rows: MarkedTable, numbers: ColumnNumbers, fitted_on: FittedOn) -> StepFit:
        """Record the columns that each expression reads."""
        reads = {name: columns_of(text) for name, text in self.spec.columns.items()}
        return self.fitted(derived_from=reads)

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Add the columns."""
        return replace(rows, table=self._derived(rows.table))

    def unchanged(self, cells: UnchangedCells, fit: StepFit) -> UnchangedCells:
        """Add the columns, of which later conditions may speak."""
        return replace(cells, table=self._derived(cells.table))

    def _derived(self, table: Table) -> Table:
        for name, text in self.spec.columns.items():
            table = table.mutate(**{name: compile_expression(text, table)})
        return table
