"""Judge one column: apply its limits to its measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.drift._classifier import TEST
from assay.drift._measurements import ColumnDrift, DriftMeasurements, Effect
from assay.drift.effects import EFFECTS
from assay.policy.drift import CategoryTest, Classifier, DriftPolicy, NumericTest, ShareLimit
from assay.reasons import ReasonCode
from assay.statistics.intervals import newcombe, wilson
from assay.verdict import Number, Outcome, Reason, worst

Share = tuple[float, tuple[float, float]]
"""A share of rows, or the change of one, and its bounds."""


class ColumnJudge:
    """Applies the limits of one column."""

    def __init__(
        self,
        policy: DriftPolicy,
        one: DriftMeasurements,
        column: ColumnDrift,
        adjusted: float | None,
    ) -> None:
        self.policy, self.one, self.column, self.adjusted = policy, one, column, adjusted
        self.spec = _spec(policy, column)
        self.effect: Effect | None = column.effect(self.spec.effect)

    def row(self, reasons: Sequence[Reason]) -> dict[str, Any]:
        """Summarise the column in one row of the verdict's detail."""
        column, effect = self.column, self.effect
        return {
            "table": self.one.table,
            "reference": self.one.reference,
            **column.model_dump(include={"column", "slice", "test", "statistic", "p"}),
            "p_adjusted": self.adjusted,
            "effect": self.spec.effect,
            "value": effect.value if effect else None,
            "limit": self.spec.limit,
            "null_quantile": effect.null_quantile if effect else None,
            **column.model_dump(include={"n_reference", "n_current"}),
            "outcome": worst(r.outcome for r in reasons).value,
            "codes": [r.code for r in reasons],
        }

    def shift(self) -> Reason | None:
        """Judge the column's test and effect."""
        column, effect = self.column, self.effect
        if column.fault is not None:
            return self._fault(column.fault)
        if effect is None or self.adjusted is None:
            nothing = "has no value to compare in the batch or in its reference"
            return self._reason(ReasonCode.DRIFT_NOT_ENOUGH_ROWS, Outcome.INCONCLUSIVE, nothing)
        if effect.value is None or effect.null_quantile is None:
            no_unit = (
                "has an interquartile range of 0 in the reference, so the distance has no unit"
            )
            return self._reason(ReasonCode.SPREAD_ZERO, Outcome.INCONCLUSIVE, no_unit)
        if self.adjusted <= (self.policy.alpha or 0.0) and effect.value >= self.spec.limit:
            return self._shifted(effect.value, self.adjusted)
        if effect.null_quantile > self.spec.limit:
            few = (
                f"is inconclusive with so few rows: by chance alone {EFFECTS[effect.name].label} "
                f"reaches {effect.null_quantile:.3g}; the limit is {self.spec.limit:g}"
            )
            return self._reason(ReasonCode.DRIFT_NOT_ENOUGH_ROWS, Outcome.INCONCLUSIVE, few)
        return None

    def _shifted(self, value: float, adjusted: float) -> Reason:
        spec = self.spec
        numbers = (
            f"by {value:.3g} ({EFFECTS[spec.effect].label}); the limit is {spec.limit:g}, "
            f"adjusted p {adjusted:.2g}"
        )
        if isinstance(spec, Classifier):
            together = f"together separate the batch from the reference {numbers}"
            return self._reason(ReasonCode.JOINT_SHIFT_DETECTED, Outcome.FAIL, together)
        differs = f"differs from {self.one.reference} {numbers}"
        return self._reason(ReasonCode.DRIFT_DETECTED, Outcome.FAIL, differs)

    def unseen_share(self) -> Share | None:
        """Return the share of rows with a level that the reference lacks, and its bounds."""
        spec, column = self.spec, self.column
        if not isinstance(spec, CategoryTest) or spec.unseen is None or column.unseen is None:
            return None
        rows = column.rows_current
        return column.unseen / rows, wilson(column.unseen, rows, 2 * self._level())

    def unseen(self) -> Reason | None:
        """Judge the share of levels that the reference lacks."""
        found, spec, column = self.unseen_share(), self.spec, self.column
        if found is None or not isinstance(spec, CategoryTest) or spec.unseen is None:
            return None
        rows = column.rows_current
        share = f"has levels that the reference lacks in {column.unseen} of {rows} rows"
        code = ReasonCode.UNSEEN_CATEGORY
        return self._share_reason(code, found, share, spec.unseen, "of the share")

    def missing_share(self) -> Share | None:
        """Return the absolute change of the share of missing values, and its bounds."""
        spec, column = self.spec, self.column
        if not isinstance(spec, NumericTest) or spec.missing is None or column.fault:
            return None
        now = column.missing_current, column.rows_current
        before = column.missing_reference, column.rows_reference
        if not now[1] or not before[1]:
            return None
        bounds = either_way(*newcombe(*now, *before, self._level()))
        return abs(now[0] / now[1] - before[0] / before[1]), bounds

    def missing(self) -> Reason | None:
        """Judge the change of the share of missing values."""
        found, spec, column = self.missing_share(), self.spec, self.column
        if found is None or not isinstance(spec, NumericTest) or spec.missing is None:
            return None
        before = column.missing_reference / column.rows_reference
        now = column.missing_current / column.rows_current
        message = f"is missing in {now:.3g} of the rows, in the reference in {before:.3g}"
        code = ReasonCode.MISSING_SHARE_CHANGED
        return self._share_reason(code, found, message, spec.missing, "of the change")

    def _level(self) -> float:
        """Return alpha over the number of shares that the policy limits."""
        specs = self.policy.columns.values()
        limits = [s.unseen if isinstance(s, CategoryTest) else s.missing for s in specs]
        return (self.policy.alpha or 0.0) / max(sum(limit is not None for limit in limits), 1)

    def _fault(self, code: str) -> Reason:
        current = self.column.fault_in == "current"
        if code == ReasonCode.TOO_MANY_LEVELS:
            side = "the batch" if current else "the reference"
            many = f"has more than {self.policy.most_levels:,} levels in {side}; it isn't compared"
            return self._reason(code, Outcome.INCONCLUSIVE, many)
        what = "is absent" if code == ReasonCode.COLUMN_MISSING else "has a type without an order"
        where = "in the batch" if current else "in the reference"
        outcome = Outcome.FAIL if current else Outcome.INCONCLUSIVE
        return self._reason(code, outcome, f"{what} {where}")

    def _share_reason(
        self, code: str, found: Share, message: str, limit: ShareLimit, of: str
    ) -> Reason | None:
        outcome = beyond(*found, limit.limit, found[0] == 0)
        if outcome is None:
            return None
        low, high = found[1]
        text = f"{message}; bounds {of} {low:.3g} to {high:.3g}, limit {limit.limit:g}"
        numbers: dict[str, Number] = {"lower": low, "upper": high, "limit": limit.limit}
        return self._reason(code, outcome, text, numbers)

    def _reason(
        self, code: str, outcome: Outcome, message: str, numbers: dict[str, Number] | None = None
    ) -> Reason:
        one, effect, column = self.one, self.effect, self.column
        own: dict[str, Number] = {
            "p": column.p,
            "p_adjusted": self.adjusted,
            "effect": effect.value if effect else None,
            "limit": self.spec.limit,
            "null_quantile": effect.null_quantile if effect else None,
        }
        place: dict[str, Number] = {"table": one.table, "reference": one.reference}
        place |= column.model_dump(include={"rows_reference", "rows_current"})
        place |= {} if column.slice is None else {"slice": column.slice}
        numbers = (own if numbers is None else numbers) | place
        message = f"{column.name} {message} ({one.table} against {one.reference})"
        return Reason(
            code=code, outcome=outcome, message=message, column=column.column, numbers=numbers
        )


def _spec(policy: DriftPolicy, column: ColumnDrift) -> NumericTest | CategoryTest | Classifier:
    """Find the policy's entry for a column, or for all columns together."""
    if column.test == TEST and policy.classifier is not None:
        return policy.classifier
    return policy.columns[column.column]


def either_way(low: float, high: float) -> tuple[float, float]:
    """Bounds of the size of a change, from those of the change."""
    return max(low, -high, 0.0), max(high, -low)


def beyond(share: float, bounds: tuple[float, float], limit: float, none: bool) -> Outcome | None:
    """Compare a share and its bounds with its limit; None where it is within.

    ``none`` says that the count is 0, which is what a limit of 0 asks for.
    """
    low, high = bounds
    if share > limit and low > limit:
        return Outcome.FAIL
    if high <= limit or (none and limit == 0):
        return None
    return Outcome.INCONCLUSIVE
