"""Compiled checks: their numbers in one scan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from assay.engine import EngineError
from assay.engine.groups import light_groups
from assay.quality._check import Check, Values, compiled
from assay.quality._failing_rows import FAULTS, Judged
from assay.quality._finding import Finding, countable
from assay.quality._frame import Frame, Unjudged
from assay.quality._registry import entry_of
from assay.quality._suite import Expectation

_MOST_AGGREGATES: Final = 300
"""Aggregates of one scan; a suite of more is judged in several."""
_MOST_KEPT: Final = 2_000_000
"""Values that one scan keeps in memory, unless those of a single check are more."""


def judged_compiled(
    frame: Frame, expectations: Sequence[Expectation], redact: Collection[str]
) -> list[Judged]:
    """Judge by compiled checks; findings in the order of the expectations, without failing rows."""
    keys = tuple(e.columns for e in expectations if entry_of(e.type).distinct)
    frame = replace(frame, keys=keys)
    checks: list[Check | Unjudged] = []
    for e in expectations:
        try:
            checks.append(compiled(frame, e))
        except (Unjudged, *FAULTS) as exc:
            checks.append(_unjudged(exc))
    values = _scan(frame, checks)
    return [
        _concluded(frame, e, check, got, redact)
        for e, check, got in zip(expectations, checks, values, strict=True)
    ]


def _unjudged(exc: Exception) -> Unjudged:
    """The reason why not, without the text of an engine's error, which may hold values."""
    if isinstance(exc, Unjudged):
        return exc
    kind = exc.kind if isinstance(exc, EngineError) else type(exc).__name__
    return Unjudged(f"it fails: {kind}")


def _scan(frame: Frame, checks: list[Check | Unjudged]) -> list[Values]:
    """All aggregates in one scan; then one more for all that needs those numbers, and so on.

    A check with a further check is replaced by it in the list, a check that fails by the reason.
    """
    values: list[Values] = [{} for _ in checks]
    asked = {i: check for i, check in enumerate(checks) if isinstance(check, Check)}
    while asked:
        frame.settle()
        following: dict[int, Check] = {}
        for i, got in _computed(frame, asked).items():
            if isinstance(got, Unjudged):
                checks[i] = got
                continue
            values[i] = got
            then = asked[i].then
            if then is not None:
                try:
                    checks[i] = following[i] = then(got)
                except (Unjudged, *FAULTS) as exc:
                    checks[i] = _unjudged(exc)
        asked = following
    return values


def _computed(frame: Frame, checks: Mapping[int, Check]) -> dict[int, Values | Unjudged]:
    """Values of each check's aggregates; equal aggregates are computed once."""
    names: dict[Any, str] = {}
    wanted: dict[str, Any] = {}
    keeps: dict[str, int] = {}
    for check in checks.values():
        for aggregate in check.aggregates.values():
            name = names.setdefault(aggregate.op(), f"a{len(names)}")
            wanted[name], keeps[name] = aggregate, check.keeps
    row: dict[str, Any] = {}
    try:
        # A query of many thousands takes memory and time that grow with their square.
        for some in light_groups(keeps, _MOST_AGGREGATES, _MOST_KEPT):
            row |= frame.rows(frame.table.aggregate(**{name: wanted[name] for name in some}))[0]
    except FAULTS:
        return {i: _alone(frame, check) for i, check in checks.items()}
    return {
        i: {k: row[names[a.op()]] for k, a in check.aggregates.items()}
        for i, check in checks.items()
    }


def _alone(frame: Frame, check: Check) -> Values | Unjudged:
    """The values of one check in a scan of its own, so that its failure affects no other."""
    if not check.aggregates:
        return {}
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
    except (Unjudged, *FAULTS) as exc:
        problem = str(_unjudged(exc)) or "it couldn't be judged"
        return Judged(Finding(e, False, "compiled", problem=problem))
    row_level = check.flag is not None
    result = countable(e, conclusion.result, redact)
    finding = Finding(e, bool(conclusion.success), "compiled", result, row_level)
    known = set(check.shown) <= set(frame.columns)  # it may name columns that it doesn't read
    return Judged(finding, check.flag, check.shown if known else ())
