"""Compiled checks: their numbers in one scan, and the first rows that fail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import ibis.common.exceptions as ibis_errors

from assay.quality._check import Check, Conclusion, Values, compiled
from assay.quality._finding import SHOWN, Finding, touches, with_rows
from assay.quality._frame import Frame, Unjudged
from assay.quality._suite import Expectation

FAULTS = (
    ibis_errors.IbisError, duckdb.Error, TypeError, ValueError, KeyError, AttributeError,
    OverflowError, IndexError,
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A finding, and which rows fail."""

    finding: Finding
    flag: Any | None = None
    shown: tuple[str, ...] = ()


def judged_compiled(
    frame: Frame, expectations: Sequence[Expectation], redact: Collection[str]
) -> list[Judged]:
    """Judge by compiled checks; findings in the order of the expectations."""
    checks: list[Check | Unjudged] = []
    for e in expectations:
        try:
            checks.append(compiled(frame, e))
        except (Unjudged, *FAULTS) as exc:
            checks.append(_unjudged(exc))
    checks, values = _scan(frame, checks)
    return [
        _concluded(frame, e, check, got, redact)
        for e, check, got in zip(expectations, checks, values, strict=True)
    ]


def _unjudged(exc: Exception) -> Unjudged:
    """The reason why not, without the text of an engine's error, which may hold values."""
    return exc if isinstance(exc, Unjudged) else Unjudged(f"it fails: {type(exc).__name__}")


def _scan(
    frame: Frame, checks: list[Check | Unjudged]
) -> tuple[list[Check | Unjudged], list[Values]]:
    """All aggregates in one scan; then, for what needs those numbers, one more."""
    values = _computed(frame, checks)
    following: list[Check | Unjudged] = []
    for check, got in zip(checks, values, strict=True):
        if isinstance(check, Check) and check.then is not None and not isinstance(got, Unjudged):
            try:
                check = check.then(got)  # noqa: PLW2901
            except (Unjudged, *FAULTS) as exc:
                check = _unjudged(exc)  # noqa: PLW2901
            following.append(check)
        else:
            following.append(got if isinstance(got, Unjudged) else check)
    second = [
        check if isinstance(check, Unjudged) or check is not checks[i] else Unjudged("")
        for i, check in enumerate(following)
    ]
    if any(isinstance(c, Check) for c in second):
        again = _computed(frame, second)
        for i, check in enumerate(second):
            if isinstance(check, Check):
                values[i] = again[i]
    out: list[Check | Unjudged] = []
    for check, got in zip(following, values, strict=True):
        out.append(got if isinstance(got, Unjudged) else check)
    return out, [{} if isinstance(v, Unjudged) else v for v in values]


def _computed(frame: Frame, checks: Sequence[Check | Unjudged]) -> list[Any]:
    """Values of each check's aggregates; equal aggregates are computed once."""
    names: dict[Any, str] = {}
    wanted: dict[str, Any] = {}
    for check in checks:
        for aggregate in check.aggregates.values() if isinstance(check, Check) else ():
            name = names.setdefault(aggregate.op(), f"a{len(names)}")
            wanted[name] = aggregate
    try:
        row = frame.rows(frame.table.aggregate(**wanted))[0] if wanted else {}
    except FAULTS:
        return [_alone(frame, check) for check in checks]
    return [
        check if isinstance(check, Unjudged)
        else {k: row[names[a.op()]] for k, a in check.aggregates.items()}
        for check in checks
    ]  # fmt: skip


def _alone(frame: Frame, check: Check | Unjudged) -> Any:
    """One check's values by themselves, so that one that fails takes no other with it."""
    if isinstance(check, Unjudged) or not check.aggregates:
        return check if isinstance(check, Unjudged) else {}
    try:
        return frame.rows(frame.table.aggregate(**check.aggregates))[0]
    except FAULTS as exc:
        return _unjudged(exc)


def _concluded(
    frame: Frame,
    e: Expectation,
    check: Check | Unjudged,
    values: Values,
    redact: Collection[str],
) -> Judged:
    try:
        if isinstance(check, Unjudged):
            raise check
        conclusion = check.conclude(values)
        if check.flag is not None:
            conclusion = _with_failing(frame, e, check, conclusion, redact)
    except (Unjudged, *FAULTS) as exc:
        problem = str(_unjudged(exc)) or "it couldn't be judged"
        return Judged(Finding(e, False, "compiled", problem=problem))
    row_level = check.flag is not None
    finding = Finding(e, bool(conclusion.success), "compiled", conclusion.result, row_level)
    return Judged(finding, check.flag, check.shown)


def _with_failing(
    frame: Frame, e: Expectation, check: Check, conclusion: Conclusion, redact: Collection[str]
) -> Conclusion:
    """The conclusion with the first failing rows; values that are redacted aren't even read."""
    rows: list[dict[str, Any]] = []
    hidden = touches(e, redact)
    shown = () if hidden else check.shown
    if conclusion.result.get("unexpected_count"):
        failing = frame.table.filter(check.flag).order_by(frame.row).limit(SHOWN)
        rows = frame.rows(failing.select(frame.row, *shown))
    if hidden or (not shown and e.columns):
        numbers = {"partial_unexpected_index_list": [r[frame.row] for r in rows]}
        return replace(conclusion, result={**conclusion.result, **numbers})
    return replace(conclusion, result=with_rows(e, conclusion.result, list(rows), frame.row))
