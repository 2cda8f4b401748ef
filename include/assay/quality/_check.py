"""What an expectation compiles to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis.expr.operations as ops

from assay.contract.rule import Limits
from assay.engine import functions
from assay.quality._frame import Frame, Unjudged, all_of, where
from assay.quality._registry import REGISTRY
from assay.quality._suite import Expectation

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Conclusion:
    """Whether the expectation is met, and Great Expectations' ``result`` of it."""

    success: bool
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tolerance:
    """How many rows that don't meet an expectation are right, counted or in percent."""

    unit: str
    limits: Limits

    def conclude(self, found: Conclusion) -> Conclusion:
        """The conclusion by the number of unexpected rows; a share is of the judged ones."""
        key = "unexpected_percent" if self.unit == "percent" else "unexpected_count"
        return Conclusion(self.limits.hold(found.result[key] or 0), found.result)


def tolerance_of(expectation: Expectation) -> Tolerance | None:
    """What a rule of a contract tolerates, None where only ``mostly`` counts."""
    given = expectation.kwargs.get("tolerated")
    if given is None:
        return None
    return Tolerance(given["unit"], Limits(**{k: v for k, v in given.items() if k != "unit"}))


@dataclass(frozen=True)
class Check:
    """One compiled expectation.

    Parameters
    ----------
    aggregates : mapping of str to ibis scalar
        What the one scan must compute for it.
    conclude : callable
        From the computed values to the conclusion.
    flag : ibis boolean, optional
        True exactly for the rows that fail; absent where the expectation is about the table.
    shown : tuple of str
        Columns whose failing values are shown.
    then : callable, optional
        From the computed values to a second check, for what needs the first scan's numbers.
    keeps : int
        Values that the engine keeps in memory while it computes the aggregates.
    """

    aggregates: Mapping[str, Any]
    conclude: Callable[[Values], Conclusion]
    flag: Any | None = None
    shown: tuple[str, ...] = ()
    then: Callable[[Values], Check] | None = None
    keeps: int = 0


def compiled(frame: Frame, expectation: Expectation) -> Check:
    """The check of an expectation.

    Raises
    ------
    Unjudged
        If this data or these arguments leave nothing to judge.
    """
    entry = REGISTRY[expectation.type]
    for name in entry.required:
        if expectation.kwargs.get(name) is None:
            raise Unjudged(f"{name} is missing")
    if entry.compile is None:
        raise Unjudged("it isn't compiled")
    return entry.compile(frame, expectation)


def scope(frame: Frame, expectation: Expectation) -> Any | None:
    """The expectation's row condition over the frame, None for all rows."""
    condition = expectation.condition
    return None if condition is None else where(frame, condition)


def scoped(frame: Frame, expectation: Expectation) -> Any:
    """The rows that the expectation's row condition leaves."""
    condition = scope(frame, expectation)
    return frame.table if condition is None else frame.table.filter(condition)


def counted(frame: Frame, condition: Any | None) -> Any:
    """Rows that meet a condition, as an aggregate; as cheap as its form allows."""
    if condition is None:
        return frame.table.count()
    op = condition.op()
    if isinstance(op, ops.NotNull):
        return op.arg.to_expr().count()
    if isinstance(op, ops.IsNull):
        return frame.table.count() - op.arg.to_expr().count()
    return functions.count_if(condition).fill_null(0)  # of no row it is null


def _certain(condition: Any) -> Any:
    """A condition that is never null."""
    sure = isinstance(condition.op(), ops.IsNull | ops.NotNull | ops.Literal)
    return condition if sure else condition.fill_null(False)


def row_check(
    frame: Frame,
    expectation: Expectation,
    unexpected: Any,
    *,
    considered: Any | None,
    shown: tuple[str, ...] | None = None,
) -> Check:
    """A check of rows one by one.

    Parameters
    ----------
    unexpected : ibis boolean
        True, false or null; null counts as expected.
    considered : ibis boolean, optional
        Rows that are judged (those that aren't null, say); all rows where it is None, and then the
        result has no missing values, as Great Expectations has it for the null checks.
    shown : tuple of str, optional
        Columns whose failing values are shown; those of the expectation by default.
    """
    base = scope(frame, expectation)
    flag = all_of([base, considered, _certain(unexpected)])
    aggregates = {"element_count": counted(frame, base), "unexpected_count": counted(frame, flag)}
    if considered is not None:
        aggregates["nonnull_count"] = counted(frame, all_of([base, considered]))
    tolerance, mostly = tolerance_of(expectation), expectation.mostly

    def conclude(values: Values) -> Conclusion:
        found = row_conclusion(values, mostly, missing=considered is not None)
        return found if tolerance is None else tolerance.conclude(found)

    if tolerance is not None and not tolerance.limits.only_most:
        return Check(aggregates, conclude)  # it isn't rows that are at fault
    return Check(aggregates, conclude, flag, expectation.columns if shown is None else shown)


def value_check(frame: Frame, expectation: Expectation, unexpected: Any) -> Check:
    """A check of the values of one column that aren't null."""
    present = frame.column(expectation.kwargs["column"]).notnull()
    return row_check(frame, expectation, unexpected, considered=present)


def row_conclusion(values: Values, mostly: float, *, missing: bool) -> Conclusion:
    """Great Expectations' numbers of a row-level expectation.

    Notes
    -----
    Met if (judged − unexpected) / judged ≥ mostly, and where nothing was judged.
    ``unexpected_percent`` is of the judged rows.
    """
    total, bad = int(values["element_count"]), int(values["unexpected_count"])
    judged = int(values["nonnull_count"]) if missing else total
    success = judged == 0 or (judged - bad) / judged >= mostly
    of_judged = bad / judged * 100 if judged else None
    result: dict[str, Any] = {
        "element_count": total,
        "unexpected_count": bad,
        "unexpected_percent": of_judged,
    }
    if missing:
        result |= {
            "missing_count": total - judged,
            "missing_percent": (total - judged) / total * 100 if total else None,
            "unexpected_percent_total": bad / total * 100 if total else None,
            "unexpected_percent_nonmissing": of_judged,
        }
    return Conclusion(success, result)


def bounded(value: Any, kwargs: Mapping[str, Any]) -> bool:
    """Whether a number lies between ``min_value`` and ``max_value``, bounds open where strict."""
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    above = low is None or (value > low if kwargs.get("strict_min") else value >= low)
    below = high is None or (value < high if kwargs.get("strict_max") else value <= high)
    return bool(above and below)
