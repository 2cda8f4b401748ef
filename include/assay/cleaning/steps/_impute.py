"""Imputation: missing values are filled by what the reference says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import ibis
from ibis import Schema

from assay.cleaning._fitted_state import ColumnFit, FittedOn, StepFit, Value
from assay.cleaning._marked_table import Change, Flag, MarkedTable
from assay.cleaning.steps._fill_methods import METHODS
from assay.cleaning.steps._step import (
    CleaningStep,
    Fits,
    Invention,
    Need,
    Profiles,
    Rule,
    UnchangedCells,
    held_value,
)
from assay.engine import Session
from assay.errors import PolicyError
from assay.policy.cleaning_steps import ImputeStep
from assay.statistics.columns import ColumnNumbers
from assay.statistics.profile import Profile
from assay.statistics.values import is_missing, is_present


class Impute(CleaningStep[ImputeStep], kind="impute"):
    """Fill missing cells, or drop their rows, and flag the filled cells.

    Notes
    -----
    Missing is null, and for floating-point numbers NaN too. A mode's ties go to the smallest
    value, as in scikit-learn's SimpleImputer. For a column of whole numbers the mean or median is
    rounded to the nearest whole number, halves to even, so that its type stays. A column without a
    value has no fill: a fault, and its cells stay missing.
    """

    def inventions(self) -> Iterator[Invention]:
        """List all its columns."""
        for name, how in self.spec.columns.items():
            do = "Leave its missing values to the suite."
            yield Invention(name, f"imputation ({how.method})", do)

    def number_columns(self) -> Collection[str]:
        """List the columns whose fill is computed from numbers."""
        return [name for name, how in self.spec.columns.items() if METHODS[how.method].needs]

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        """Need what each column's method needs."""
        found = {name: METHODS[how.method].needs for name, how in self.spec.columns.items()}
        return {name: needs for name, needs in found.items() if needs}

    def fit(self, rows: MarkedTable, numbers: ColumnNumbers, fitted_on: FittedOn) -> StepFit:
        """Fit the fill of every column: all means in the same scans, all medians in one."""
        columns = self.spec.columns
        numeric = self.number_columns()
        for name in columns:
            rows.numeric(name, self.index) if name in numeric else rows.column(name, self.index)
        found: dict[str, ColumnFit] = {}
        for method, one in METHODS.items():
            chosen = {name: how for name, how in columns.items() if how.method == method}
            found |= one.fit(numbers, chosen)
        return self.fitted(columns={name: found[name] for name in columns})

    def estimate(self, sample: ColumnNumbers) -> Fits:
        """Estimate means and medians."""
        found = {}
        for name, how in self.spec.columns.items():
            estimate, profile = METHODS[how.method].estimate, sample.profiles.get(name)
            if estimate is not None and profile is not None:
                found[name] = ColumnFit(n=profile.n, values={"fill": estimate(profile)})
        return found

    @property
    def drops_rows(self) -> bool:
        """Whether a missing value drops its row."""
        return any(how.method == "drop" for how in self.spec.columns.values())

    def profiles_after(self, fits: Fits, profiles: Profiles, types: Schema) -> dict[str, Profile]:
        """Fill the missing cells of the profiles."""
        found = super().profiles_after(fits, profiles, types)
        for name, fit in () if self.drops_rows else fits.items():
            changed = profiles.get(name)
            if changed is not None and fit.fault is None:
                fill = held_value(types[name], fit.values["fill"])
                changed = None if fill is None else changed.filled(fill)
            if changed is not None:
                found[name] = changed
        return found

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Fill the cells and flag them in ``<column>__imputed``.

        Where a column could not be fitted its flag is there and false, so that the columns of a
        release don't depend on its rows.
        """
        drops, flags, changes = [], [], []
        for name, how in self.spec.columns.items():
            value = rows.column(name, self.index)
            missing, rule = is_missing(value), f"impute.{how.method}"
            if how.method == "drop":
                drops.append((missing, f"clean.impute:{name}"))
                continue
            failed = fit.columns[name].fault is not None
            where = ibis.literal(False) if failed else missing
            flags.append(Flag(f"{name}__imputed", name, where, rule, follows_log=True))
            if not failed:
                fill = self._literal(value, fit.columns[name].values["fill"], name)
                changes.append(Change(name, ibis.ifelse(missing, fill, value), rule, missing))
        flagged = rows.drop(self.index, drops).flag(self.index, flags)
        marks = {mark.column: mark for mark in flagged.marks if mark.step == self.index}
        return flagged.change(self.index, [replace(c, marked=marks[c.column]) for c in changes])

    def filled_columns(self, fit: StepFit) -> Collection[str]:
        """List the columns that could be fitted."""
        return [name for name in self.spec.columns if fit.columns[name].fault is None]

    def unchanged(self, cells: UnchangedCells, fit: StepFit) -> UnchangedCells:
        """Add that the cells to fill have a value."""
        names = [n for n in self.spec.columns if n in cells.filled and n not in cells.bounded]
        present = tuple(is_present(cells.table[name]) for name in names)
        return replace(cells, conditions=(*cells.conditions, *present))

    def rules(self) -> Iterator[Rule]:
        """List a rule a column, by its method."""
        for name, how in self.spec.columns.items():
            yield Rule(self.index, name, (f"impute.{how.method}",))

    def _literal(self, column: Any, fill: Value, name: str) -> Any:
        """The fill in the column's own type.

        Raises
        ------
        PolicyError
            If a constant isn't of that type.
        """
        dtype = column.type()
        try:
            return ibis.literal(_typed(dtype, fill)).cast(dtype)
        except (TypeError, ValueError) as exc:
            what, where = "the constant isn't of the column's type", f"steps.{self.index}"
            where += f".columns.{name}"
            raise PolicyError(what, where=where, got=fill, expected=str(dtype)) from exc


def _typed(dtype: Any, fill: Value) -> Any:
    if dtype.is_date():
        return date.fromisoformat(str(fill))
    if dtype.is_timestamp():
        return datetime.fromisoformat(str(fill))
    if dtype.is_boolean() or dtype.is_string():
        right = isinstance(fill, bool if dtype.is_boolean() else str)
    else:
        right = isinstance(fill, int | float) and not isinstance(fill, bool)
        right = right and (not dtype.is_integer() or float(fill or 0).is_integer())
    if not right:
        raise TypeError
    return fill
