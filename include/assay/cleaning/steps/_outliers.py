"""Outliers by column: bounds fitted on the reference, and an action on what lies beyond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ibis import Schema

from assay.cleaning._fitted_state import ColumnFit, FittedOn, StepFit
from assay.cleaning._marked_table import MarkedTable
from assay.cleaning.steps._outlier_actions import ACTIONS, FlagOutliers, inventions, rule_of
from assay.cleaning.steps._outlier_bounds import bounds_of, is_beyond, is_within, whole_bounds_of
from assay.cleaning.steps._outlier_methods import METHODS
from assay.cleaning.steps._step import (
    CleaningStep,
    Fits,
    Invention,
    Need,
    Profiles,
    Rule,
    Spans,
    UnchangedCells,
)
from assay.engine import Session
from assay.policy.cleaning_steps import OutliersStep
from assay.statistics.columns import ColumnNumbers
from assay.statistics.profile import Profile


class Outliers(CleaningStep[OutliersStep], kind="outliers"):
    """Flag, clip, empty or drop what lies strictly beyond the fitted bounds.

    Notes
    -----
    NaN and infinities don't take part in the fit. No values, n too small for the threshold to be
    reached, or no spread at all is a fault: the column is left as it is, INCONCLUSIVE. An infinite
    value lies beyond the bounds; NaN and null don't. A column of whole numbers is clipped to the
    nearest whole number within the bounds, so that its type stays. With the same state, a second
    time changes nothing more.
    """

    numeric = True

    @property
    def action(self) -> FlagOutliers:
        """What is done with outliers."""
        return ACTIONS[self.spec.action]

    def inventions(self) -> Iterator[Invention]:
        """List the columns, unless they are only flagged."""
        return inventions(self.spec)

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        """Need what the method needs."""
        return dict.fromkeys(self.spec.columns, METHODS[self.spec.by.method].needs)

    def fit(self, rows: MarkedTable, numbers: ColumnNumbers, fitted_on: FittedOn) -> StepFit:
        """Fit the bounds of every column, all columns in the same scans."""
        self.check_numbers(rows)
        return self.fitted(columns=self._bounds(numbers, self.spec.columns))

    def _bounds(self, numbers: ColumnNumbers, columns: tuple[str, ...]) -> dict[str, ColumnFit]:
        """Fit bounds; where a whole number is to be clipped and none lies within is a fault."""
        fits = METHODS[self.spec.by.method].fit(numbers, columns, self.spec.by)
        if self.spec.action != "clip":
            return fits
        whole = {name for name in columns if numbers.table[name].type().is_integer()}
        return {n: _with_whole_number(fit) if n in whole else fit for n, fit in fits.items()}

    def estimate(self, sample: ColumnNumbers) -> Fits:
        """Estimate the bounds, where the method can."""
        names = tuple(name for name in self.spec.columns if name in sample.profiles)
        estimable = METHODS[self.spec.by.method].estimable and names
        return self._bounds(sample, names) if estimable else {}

    def changed_spans(self, fits: Fits, profiles: Profiles) -> Mapping[str, Spans]:
        """Find the spans beyond the bounds, where their values will change."""
        if not self.action.changes_values:
            return {}
        fitted = {name: fit for name, fit in fits.items() if fit.fault is None}
        return {n: tuple(profiles[n].tails(*bounds_of(fit)) or ()) for n, fit in fitted.items()}

    @property
    def drops_rows(self) -> bool:
        """Whether an outlier drops its row."""
        return self.action.drops_rows

    def profiles_after(self, fits: Fits, profiles: Profiles, types: Schema) -> dict[str, Profile]:
        """Change the profiles as the action changes the cells."""
        found = super().profiles_after(fits, profiles, types)
        for name in () if self.drops_rows else self.spec.columns:
            changed, fit = profiles.get(name), fits.get(name)
            if changed is not None and self.action.changes_values:
                if fit is None:
                    continue
                if fit.fault is None:
                    changed = self.action.profile_after(changed, fit, types[name])
            if changed is not None:
                found[name] = changed
        return found

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Act on what lies beyond the bounds."""
        fits = {name: one for name, one in fit.columns.items() if one.fault is None}
        beyond = {n: is_beyond(rows.numeric(n, self.index), one) for n, one in fits.items()}
        return self.action.apply(rows, self.index, self.spec, beyond, fits)

    def unchanged(self, cells: UnchangedCells, fit: StepFit) -> UnchangedCells:
        """Add that the cells lie within the bounds."""
        fits = {name: one for name, one in fit.columns.items() if one.fault is None}
        return cells.with_conditions({
            name: is_within(cells.table[name], one, null_if_missing=name in cells.filled)
            for name, one in fits.items()
        })  # fmt: skip

    def rules(self) -> Iterator[Rule]:
        """List a rule a column."""
        names = (rule_of(self.spec), *["outliers.drop"] * self.drops_rows)
        yield from (Rule(self.index, column, names) for column in self.spec.columns)


def _with_whole_number(fit: ColumnFit) -> ColumnFit:
    """The fit of a column of whole numbers: a fault where no whole number lies within."""
    if fit.fault is None and whole_bounds_of(fit)[0] > whole_bounds_of(fit)[1]:
        return fit.model_copy(update={"fault": "spread_zero"})
    return fit
