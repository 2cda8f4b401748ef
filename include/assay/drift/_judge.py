"""From measurements and limits to a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from assay.drift import _scipy
from assay.drift._model import ColumnDrift, DriftMeasurements, Effect
from assay.drift._proportion import newcombe, wilson
from assay.policy.drift import CategoryTest, DriftPolicy, NumericTest, ShareLimit
from assay.verdict import Number, Outcome, Reason, Verdict

_GATE: Final = "drift"
_METHODS: Final = {"benjamini_hochberg": "bh", "benjamini_yekutieli": "by"}


def judge_drift(
    measurements: DriftMeasurements | Sequence[DriftMeasurements], policy: DriftPolicy
) -> Verdict:
    """Judge a batch by what was measured of it.

    Read a reason ``drift_detected`` as: the corrected test says that this column comes from
    another distribution, and the shift is as large as the owner said would matter. Read
    ``drift_not_enough_rows`` as: chance alone could reach the limit at this number of rows, so
    that nothing was shown either way.

    Parameters
    ----------
    measurements : DriftMeasurements or sequence of them
        One a table (observed, candidate) and reference.
    policy : DriftPolicy
        Its limits and alpha.

    Returns
    -------
    Verdict
        ``detail["columns"]`` has a row a column: p, adjusted p, effect, limit, null quantile,
        outcome.

    Notes
    -----
    Per column: FAIL if the adjusted p ≤ alpha and the effect ≥ its limit; else INCONCLUSIVE if the
    effect's null quantile at 1 − alpha/m is above the limit; else PASS. p-values are adjusted over
    all columns, slices and references of one table that could be judged (Benjamini & Hochberg 1995,
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001,
    https://doi.org/10.1214/aos/1013699998).

    Unseen levels, and the change of a share of missing values, are judged apart: FAIL if a
    one-sided bound (Wilson, Newcombe) at alpha over the number of such limits is beyond the limit,
    PASS if the other one is within it, else INCONCLUSIVE. A limit of 0 asks for none at all.
    """
    found = [measurements] if isinstance(measurements, DriftMeasurements) else list(measurements)
    reasons: list[Reason] = []
    rows: list[dict[str, Any]] = []
    for table in dict.fromkeys(one.table for one in found):
        family = [one for one in found if one.table == table]
        reasons += [r for one in family for r in _states(one)]
        for judged, row in _columns(family, policy):
            reasons += judged
            rows.append(row)
    reasons += _hidden(rows)
    detail = {
        "applies": policy.applies,
        "columns": rows,
        "compared": [_compared(one) for one in found],
        "correction": policy.correction,
        "p_values": sum(row["p"] is not None for row in rows),
    }
    every = [m for one in found for m in one.measurements()]
    return Verdict.of(_GATE, _once(reasons), every, policy, detail)


def _compared(one: DriftMeasurements) -> dict[str, Any]:
    keys = {"table", "reference", "batches", "state", "note", "rows_reference", "rows_current"}
    return one.model_dump(mode="json", include=keys | {"tests", "level"})


def _once(reasons: Sequence[Reason]) -> list[Reason]:
    """Reasons without repetition, worst first, else in the order of the policy."""
    unique = {r.model_dump_json(): r for r in reasons}.values()
    return sorted(unique, key=lambda r: -r.outcome.severity)


def _states(one: DriftMeasurements) -> Iterator[Reason]:
    """What keeps a table from being compared at all."""
    if one.state == "empty_batch":
        message = "the batch has no row, so that nothing can be compared"
        yield Reason(code="empty_batch", outcome=Outcome.INCONCLUSIVE, message=message)
    elif one.state == "no_reference":
        message = f"there is no reference {one.reference!r}" + (f": {one.note}" if one.note else "")
        yield Reason(code="no_reference", outcome=Outcome.INCONCLUSIVE, message=message)
    elif one.state == "bootstrap":
        message = "the policy releases this batch without a reference"
        yield Reason(code="bootstrap_batch", outcome=Outcome.PASS, message=message)
    elif one.state == "not_applicable":
        message = f"drift isn't judged here: {one.note}"
        yield Reason(code="not_applicable", outcome=Outcome.PASS, message=message)


def _columns(
    family: Sequence[DriftMeasurements], policy: DriftPolicy
) -> Iterator[tuple[list[Reason], dict[str, Any]]]:
    """Each column of one table with its reasons and its row of the detail."""
    pairs = [(one, column) for one in family for column in one.columns]
    judged = [i for i, (_, column) in enumerate(pairs) if column.p is not None]
    p_values = [p for _, column in pairs if (p := column.p) is not None]
    adjusted = dict(
        zip(judged, _scipy.adjusted(p_values, _METHODS[policy.correction]), strict=True)
    )
    for i, (one, column) in enumerate(pairs):
        judge = _ColumnJudge(policy, one, column, adjusted.get(i))
        reasons = [r for r in (judge.shift(), judge.unseen(), judge.missing()) if r is not None]
        yield reasons, judge.row(reasons)


class _ColumnJudge:
    """Applies the limits of one column."""

    def __init__(
        self,
        policy: DriftPolicy,
        one: DriftMeasurements,
        column: ColumnDrift,
        adjusted: float | None,
    ) -> None:
        self.policy, self.one, self.column, self.adjusted = policy, one, column, adjusted
        self.spec = policy.columns[column.column]
        self.effect: Effect | None = column.effect(self.spec.effect)

    def row(self, reasons: Sequence[Reason]) -> dict[str, Any]:
        """What a reader wants of a column in one line."""
        outcome = max((r.outcome for r in reasons), key=lambda o: o.severity, default=Outcome.PASS)
        return {
            "table": self.one.table,
            "reference": self.one.reference,
            "column": self.column.column,
            "slice": self.column.slice,
            "test": self.column.test,
            "statistic": self.column.statistic,
            "p": self.column.p,
            "p_adjusted": self.adjusted,
            "effect": self.spec.effect,
            "value": self.effect.value if self.effect else None,
            "limit": self.spec.limit,
            "null_quantile": self.effect.null_quantile if self.effect else None,
            "n_reference": self.column.n_reference,
            "n_current": self.column.n_current,
            "outcome": outcome.value,
            "codes": [r.code for r in reasons],
        }

    def shift(self) -> Reason | None:
        """The verdict rule on the column's own test and effect."""
        column, effect = self.column, self.effect
        if column.fault is not None:
            return self._fault(column.fault)
        if effect is None or self.adjusted is None:
            return self._reason(
                "drift_not_enough_rows",
                Outcome.INCONCLUSIVE,
                "has no value to compare in the batch or in its reference",
            )
        if effect.value is None or effect.null_quantile is None:
            return self._reason(
                "spread_zero",
                Outcome.INCONCLUSIVE,
                "has an interquartile range of 0 in the reference, so that there is no unit",
            )
        alpha = self.policy.alpha or 0.0
        if self.adjusted <= alpha and effect.value >= self.spec.limit:
            return self._reason(
                "drift_detected",
                Outcome.FAIL,
                f"has shifted: {effect.name} {effect.value:.3g}, limit {self.spec.limit:g}, "
                f"adjusted p {self.adjusted:.2g}",
            )
        if effect.null_quantile > self.spec.limit:
            return self._reason(
                "drift_not_enough_rows",
                Outcome.INCONCLUSIVE,
                f"has too few rows to tell: chance alone reaches {effect.name} "
                f"{effect.null_quantile:.3g}, limit {self.spec.limit:g}",
            )
        return None

    def unseen(self) -> Reason | None:
        """Levels that the reference doesn't have."""
        spec, column = self.spec, self.column
        if not isinstance(spec, CategoryTest) or spec.unseen is None or column.unseen is None:
            return None
        rows = column.rows_current
        bounds = wilson(column.unseen, rows, self._level())
        outcome = _beyond(column.unseen / rows, bounds, spec.unseen, column.unseen == 0)
        if outcome is None:
            return None
        share = f"has levels unknown to the reference in {column.unseen} of {rows} rows"
        return self._share_reason("unseen_category", outcome, share, bounds, spec.unseen)

    def missing(self) -> Reason | None:
        """A change of the share of missing values, either way."""
        spec, column = self.spec, self.column
        if not isinstance(spec, NumericTest) or spec.missing is None or column.fault:
            return None
        if not column.rows_current or not column.rows_reference:
            return None
        low, high = newcombe(
            column.missing_current,
            column.rows_current,
            column.missing_reference,
            column.rows_reference,
            self._level() / 2,
        )
        bounds = (max(low, -high, 0.0), max(high, -low))
        before = column.missing_reference / column.rows_reference
        now = column.missing_current / column.rows_current
        outcome = _beyond(abs(now - before), bounds, spec.missing, now == before)
        if outcome is None:
            return None
        message = f"is missing in {now:.3g} of rows, {before:.3g} in the reference"
        return self._share_reason("missing_share_changed", outcome, message, bounds, spec.missing)

    def _level(self) -> float:
        """Alpha over the number of shares that the policy limits."""
        specs = self.policy.columns.values()
        limits = [s.unseen if isinstance(s, CategoryTest) else s.missing for s in specs]
        return (self.policy.alpha or 0.0) / max(sum(limit is not None for limit in limits), 1)

    def _fault(self, code: str) -> Reason:
        current = self.column.fault_in == "current"
        what = "isn't there" if code == "column_missing" else "isn't of a type that its test orders"
        where = "in the batch" if current else "in the reference"
        outcome = Outcome.FAIL if current else Outcome.INCONCLUSIVE
        return self._reason(code, outcome, f"{what} {where}")

    def _share_reason(
        self,
        code: str,
        outcome: Outcome,
        message: str,
        bounds: tuple[float, float],
        limit: ShareLimit,
    ) -> Reason:
        low, high = bounds
        text = f"{message}; the bounds are {low:.3g} and {high:.3g}, the limit {limit.limit:g}"
        numbers: dict[str, Number] = {"lower": low, "upper": high, "limit": limit.limit}
        return self._reason(code, outcome, text, numbers)

    def _reason(
        self,
        code: str,
        outcome: Outcome,
        message: str,
        numbers: dict[str, Number] | None = None,
    ) -> Reason:
        effect, column = self.effect, self.column
        own: dict[str, Number] = {
            "p": column.p,
            "p_adjusted": self.adjusted,
            "effect": effect.value if effect else None,
            "limit": self.spec.limit,
            "null_quantile": effect.null_quantile if effect else None,
        }
        place: dict[str, Number] = {
            "table": self.one.table,
            "reference": self.one.reference,
            "rows_reference": column.rows_reference,
            "rows_current": column.rows_current,
        }
        if column.slice is not None:
            place["slice"] = column.slice
        return Reason(
            code=code,
            outcome=outcome,
            message=f"{column.name} {message} ({self.one.table} against {self.one.reference})",
            column=column.column,
            numbers=(own if numbers is None else numbers) | place,
        )


def _beyond(
    share: float, bounds: tuple[float, float], limit: ShareLimit, none: bool
) -> Outcome | None:
    low, high = bounds
    if share > limit.limit and low > limit.limit:
        return Outcome.FAIL
    if high <= limit.limit or (none and limit.limit == 0):
        return None
    return Outcome.INCONCLUSIVE


def _hidden(rows: Sequence[dict[str, Any]]) -> Iterator[Reason]:
    """Columns whose shift is in the observed table and no longer in the candidate."""
    key = ("reference", "column", "slice")
    shifted = {
        row["table"]: {tuple(r[k] for k in key) for r in rows if r["table"] == row["table"]
                       and "drift_detected" in r["codes"]}
        for row in rows
    }  # fmt: skip
    if "candidate" not in shifted:
        return
    for reference, column, part in sorted(
        shifted.get("observed", set()) - shifted["candidate"], key=str
    ):
        name = column if part is None else f"{column} [{part}]"
        yield Reason(
            code="shift_hidden_by_cleaning",
            outcome=Outcome.WARN,
            message=f"{name} has shifted against {reference} in the observed rows, and cleaning "
            "hides it from the candidate",
            column=column,
        )
