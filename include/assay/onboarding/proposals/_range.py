"""The range of a column's numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assay.onboarding.evidence._column_names import names_code
from assay.onboarding.evidence._value_range import EXPECTED_BEYOND, measure_range
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal, Remark


def propose_range(context: ColumnContext) -> Found:
    """Propose a range that another batch of the same size hardly leaves."""
    column, name = context.column, context.name
    if not column.top or context.names_batch or context.listed:
        return
    if column.unique or names_code(name):
        return
    low, high = column.bottom[0], column.top[0]
    if not (math.isfinite(low) and math.isfinite(high)):
        yield Remark(name, "no range: it holds infinity")
        return
    code = _sentinel(column.top) or _sentinel(column.bottom)
    if code:
        yield Remark(name, code)
    yield _proposal(context, low, high)


def _proposal(context: ColumnContext, low: float, high: float) -> Proposal:
    column, name = context.column, context.name
    found, whole = measure_range(column), column.type == "integer"
    seen = [(v.lows[name], v.highs[name]) for v in context.of.versions if name in v.lows]
    below = min([found.below, *(a for a, _ in seen)])
    above = max([found.above, *(b for _, b in seen)])
    kwargs = context.kwargs(
        min_value=int(below) if whole else below, max_value=int(above) if whole else above
    )
    least, most = _number(low, whole), _number(high, whole)
    evidence = {"min": least, "max": most, "mean": column.mean, **found.tails}
    if seen:
        evidence |= {"batches": len(seen) + 1, "least": min(a for a, _ in seen),
                     "most": max(b for _, b in seen)}  # fmt: skip
    why = f"From {least} to {most}" + (
        f"; by the tails of the values {EXPECTED_BEYOND:g} rows of another such batch are expected "
        "beyond each limit, which is rounded outward."
        if found.tails else
        ", with a tenth of the span to spare on each side, rounded outward: too few different "
        "values for more."
    )  # fmt: skip
    return Proposal("expect_column_values_to_be_between", kwargs, why, evidence, "clean")


def _number(value: float, whole: bool) -> float | int:
    return int(value) if whole or value.is_integer() else value


def _sentinel(extremes: Sequence[float]) -> str:
    """A remark on a value that occurs often, far beyond all others; empty without one."""
    outermost, times = extremes[0], sum(x == extremes[0] for x in extremes)
    rest = [x for x in extremes if x != outermost]
    if times < 3 or len(rest) < 20:
        return ""
    gap, spread = abs(outermost - rest[0]), abs(rest[0] - rest[-1])
    if gap <= max(spread, abs(rest[0])):
        return ""
    return (
        f"{_number(outermost, False)} occurs {times} times, far from the next value "
        f"({_number(rest[0], False)}): a code for 'unknown' or 'more'?"
    )
