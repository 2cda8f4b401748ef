"""Actions on what lies beyond a column's bounds: flag, clip, empty, drop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

import ibis
from ibis.expr.datatypes import DataType

from assay.cleaning._fitted_state import ColumnFit
from assay.cleaning._marked_table import Change, Flag, MarkedTable
from assay.cleaning.steps import _outlier_bounds as bounds
from assay.cleaning.steps._outlier_bounds import bounds_of
from assay.cleaning.steps._step import Fits, Invention, held_value
from assay.policy.cleaning_steps import OutliersStep
from assay.statistics.profile import Profile

Beyond = Mapping[str, Any]


class FlagOutliers:
    """Add ``<column>__outlier``; no value changes."""

    drops_rows: ClassVar[bool] = False
    changes_values: ClassVar[bool] = False

    def apply(
        self, rows: MarkedTable, index: int, spec: OutliersStep, beyond: Beyond, fits: Fits
    ) -> MarkedTable:
        """Act on the cells beyond the bounds; ``beyond`` has a condition for each fitted column."""
        none, rule = ibis.literal(False), rule_of(spec)
        flags = [Flag(f"{n}__outlier", n, beyond.get(n, none), rule) for n in spec.columns]
        return rows.flag(index, flags)

    def profile_after(self, profile: Profile, fit: ColumnFit, dtype: DataType) -> Profile | None:
        """Compute the profile of a fitted column after the action; None where it isn't known."""
        return profile


class DropOutliers(FlagOutliers):
    """Drop the rows with an outlier."""

    drops_rows = True

    def apply(
        self, rows: MarkedTable, index: int, spec: OutliersStep, beyond: Beyond, fits: Fits
    ) -> MarkedTable:
        """Drop the rows, each with the columns that are the reason."""
        return rows.drop(index, [(where, f"clean.outliers:{n}") for n, where in beyond.items()])


class EmptyOutliers(FlagOutliers):
    """Make outliers null."""

    changes_values = True

    def apply(
        self, rows: MarkedTable, index: int, spec: OutliersStep, beyond: Beyond, fits: Fits
    ) -> MarkedTable:
        """Give the cells beyond the bounds another value."""
        changes = []
        for name, where in beyond.items():
            value, fit = rows.table[name], fits[name]
            new = ibis.ifelse(where, self.replacement(value, fit), value)
            new = bounds.unless_inside(value, fit, value, new)
            changes.append(Change(name, new, rule_of(spec), where))
        return rows.change(index, changes)

    def replacement(self, value: Any, fit: ColumnFit) -> Any:
        """The value that takes the place of an outlier."""
        return ibis.null(value.type())

    def profile_after(self, profile: Profile, fit: ColumnFit, dtype: DataType) -> Profile | None:
        """Empty the cells of the profile."""
        return profile.emptied(*bounds_of(fit))


class ClipOutliers(EmptyOutliers):
    """Move outliers to the nearest value within the bounds."""

    def replacement(self, value: Any, fit: ColumnFit) -> Any:
        """The nearest bound."""
        return bounds.nearest_value(value, fit)

    def profile_after(self, profile: Profile, fit: ColumnFit, dtype: DataType) -> Profile | None:
        """Clip the cells of the profile."""
        least, most = (held_value(dtype, end) for end in bounds.nearest_bounds(dtype, fit))
        if least is None or most is None:
            return None
        return profile.clipped(*bounds_of(fit), least, most)


ACTIONS: Final[Mapping[str, FlagOutliers]] = {
    "flag": FlagOutliers(), "clip": ClipOutliers(), "null": EmptyOutliers(), "drop": DropOutliers(),
}  # fmt: skip


def rule_of(spec: OutliersStep) -> str:
    """The name that the change log has for the step."""
    return f"outliers.{spec.by.method}.{spec.action}"


def inventions(spec: OutliersStep) -> Iterator[Invention]:
    """List the columns of the step, unless their outliers are only flagged."""
    for name in () if spec.action == "flag" else spec.columns:
        yield Invention(name, f"outlier {spec.action}", "Flag its outliers.")
