"""Scaling: fitted on a released reference, saved beside the release and never baked into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.cleaning._fitted_state import ColumnFit, FittedOn, StepFit
from assay.cleaning._marked_table import MarkedTable
from assay.cleaning.steps._step import CleaningStep, Need, Rule, UnchangedCells
from assay.policy.cleaning_steps import ScaleStep
from assay.statistics.columns import ColumnNumbers
from assay.statistics.moments import measure_extremes


class Scale(CleaningStep[ScaleStep], kind="scale"):
    """Minimum and maximum, or mean and standard deviation (ddof 0), of every column.

    Where there is no spread, the scale is 1, as in scikit-learn, and the fit has a fault. Without
    a pinned reference nothing is fitted. No row is changed.
    """

    numeric = True
    drops_rows = False
    changes_values = False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        """Need the moments, to standardise."""
        return dict.fromkeys(self.spec.columns, (None,)) if self._standardises else {}

    def fit(self, rows: MarkedTable, numbers: ColumnNumbers, fitted_on: FittedOn) -> StepFit:
        """Measure centre and spread of every column."""
        self.check_numbers(rows)
        if fitted_on != "reference":
            refused = ColumnFit(n=0, fault="scaling_refused")
            return self.fitted(columns=dict.fromkeys(self.spec.columns, refused))
        found = {}
        for name, (n, centre, spread) in self._spreads(numbers).items():
            values = {"center": centre, "scale": spread or 1.0}
            fit = ColumnFit(n=n, values=values, fault=None if spread else "spread_zero")
            found[name] = ColumnFit(n=0, fault="no_values") if centre is None else fit
        return self.fitted(columns=found)

    @property
    def _standardises(self) -> bool:
        return self.spec.method == "standardise"

    def _spreads(self, numbers: ColumnNumbers) -> dict[str, tuple[int, float | None, float]]:
        """Measure count, centre and spread of every column."""
        if self._standardises:
            moments = numbers.moments(self.spec.columns)
            return {c: (m.n, m.mean, m.deviation(0) or 0.0) for c, m in moments.items()}
        edges = measure_extremes(numbers.table, self.spec.columns)
        return {c: (n, low, (high or 0.0) - (low or 0.0)) for c, (n, low, high) in edges.items()}

    def unchanged(self, cells: UnchangedCells, fit: StepFit) -> UnchangedCells:
        """Add no condition."""
        return cells

    def rules(self) -> Iterator[Rule]:
        """List none: a scaler changes no cell."""
        return iter(())
