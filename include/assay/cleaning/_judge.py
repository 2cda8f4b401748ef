"""The verdict of a cleaning: its counts against the budget, and what could not be fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from assay.cleaning._report import CleaningReport
from assay.policy.cleaning import CleaningPolicy, Limit
from assay.reasons import ReasonCode
from assay.verdict import Measurement, Outcome, Reason, Verdict

GATE: Final = "clean"
_FAULTS: Final = {
    "n_too_small": (
        ReasonCode.CLEANING_N_TOO_SMALL, "too few values for the method to find an outlier",
    ),
    "spread_zero": (ReasonCode.CLEANING_SPREAD_ZERO, "no spread to measure a distance in"),
    "no_values": (ReasonCode.CLEANING_NO_VALUES, "no value in the reference to learn from"),
    "scaling_refused": (
        ReasonCode.CLEANING_SCALING_REFUSED,
        "no pinned reference to fit a scaler on, so none was made",
    ),
}  # fmt: skip


def judge_cleaning(
    report: CleaningReport,
    policy: CleaningPolicy,
    reference: str | None = None,
    versions: Mapping[str, str] | None = None,
) -> Verdict:
    """Judge whether cleaning stayed within its budget and could do what the policy asks.

    FAIL with ``cleaning_budget_exceeded`` where a share is above its limit (a share equal to the
    limit passes). INCONCLUSIVE where a step could not be fitted for a column
    (``cleaning_n_too_small``, ``cleaning_spread_zero``, ``cleaning_no_values``) and for a batch
    without rows (``cleaning_empty_batch``). WARN with ``cleaning_scaling_refused`` where scaling
    had no pinned reference.

    Parameters
    ----------
    reference : str, optional
        Name of the reference that the steps were fitted on, for the verdict's detail.
    versions : mapping of str to str, optional
        Its batches, each with the id of its version.
    """
    reasons = [*_over_budget(report, policy), *_faults(report)]
    if report.rows_in == 0:
        code, why = ReasonCode.CLEANING_EMPTY_BATCH, "The batch has no row to clean."
        reasons.append(Reason(code=code, outcome=code.outcome, message=why, numbers={"rows_in": 0}))
    detail: dict[str, Any] = {
        "fitted_on": report.fitted_on, "rows_in": report.rows_in,
        "rows_out": report.rows_out, "rows_dropped": report.rows_dropped,
    }  # fmt: skip
    if reference is not None:
        detail["reference"] = {"name": reference, "versions": dict(versions or {})}
    return Verdict.of(GATE, reasons, _measurements(report), policy, detail)


def _shares(report: CleaningReport) -> dict[str, tuple[int, int]]:
    changed = report.rows_changed + report.rows_dropped
    return {
        "cells": (report.cells_changed, report.cells),
        "rows": (changed, report.rows_in),
        "dropped": (report.rows_dropped, report.rows_in),
    }


def _over_budget(report: CleaningReport, policy: CleaningPolicy) -> Iterator[Reason]:
    budget = policy.budget
    if budget is None:
        return
    for name, (count, total) in _shares(report).items():
        yield from _over(name, None, count, total, getattr(budget, name))
    for column, limit in budget.columns.items():
        yield from _over("cells", column, report.columns.get(column, 0), report.rows_in, limit)


def _over(
    name: str, column: str | None, count: int, total: int, limit: Limit | None
) -> Iterator[Reason]:
    if limit is None or total == 0 or count / total <= limit.max_share:
        return
    what = {"cells": "cells changed", "rows": "rows changed or dropped", "dropped": "rows dropped"}
    place = f" in {column}" if column else ""
    yield Reason(
        code=ReasonCode.CLEANING_BUDGET_EXCEEDED,
        outcome=Outcome.FAIL,
        message=f"{count / total:.2%} of {what[name]}{place}, above the budget of "
        f"{limit.max_share:.2%}.",
        column=column,
        numbers={"count": count, "n": total, "share": count / total, "limit": limit.max_share},
    )


def _faults(report: CleaningReport) -> Iterator[Reason]:
    for step in report.steps:
        for column, found in step.columns.items():
            if found.fault is not None:
                code, text = _FAULTS[found.fault]
                centred = step.step == "scale" and found.fault == "spread_zero"
                effect = "only centred {}" if centred else "left {} as it is"
                yield Reason(
                    code=code,
                    outcome=code.outcome,
                    message=f"Step {step.index} ({step.step}) {effect.format(column)}: {text}.",
                    column=column,
                    numbers={"step": step.index},
                )


def _measurements(report: CleaningReport) -> Iterator[Measurement]:
    def share(name: str, count: int, n: int, column: str | None = None) -> Measurement:
        about: dict[str, Any] = {"unit": "share", "column": column, "detail": {"count": count}}
        return Measurement(name=name, value=count / n if n else None, n=n, **about)

    for name, counts in _shares(report).items():
        yield share(f"{name}_changed" if name != "dropped" else "rows_dropped", *counts)
    for column, count in report.columns.items():
        yield share("cells_changed", count, report.rows_in, column)
