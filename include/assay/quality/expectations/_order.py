"""Expectations of the order of rows."""

from __future__ import annotations

import operator

import ibis

from assay.quality._check import Check, scoped, value_check
from assay.quality._frame import Frame, Unjudged, kind
from assay.quality._registry import compiles
from assay.quality._suite import Expectation

_WRONG = {
    ("increasing", False): operator.lt, ("increasing", True): operator.le,
    ("decreasing", False): operator.gt, ("decreasing", True): operator.ge,
}  # fmt: skip
"""Direction, and whether ``strictly`` → what a value may not be to the one before it."""


@compiles(
    "expect_column_values_to_be_increasing", "expect_column_values_to_be_decreasing",
    row_level=True, takes="numbers", scans="the one scan, and one window over the rows in order",
    differences="Booleans have no order and can't be judged; GX takes each change for a rise.",
)  # fmt: skip
def ordered(frame: Frame, e: Expectation) -> Check:
    """No value is below (or above) the one before it, nor equal where ``strictly``; no nulls."""
    name = e.kwargs["column"]
    column = frame.column(name)
    if kind(column) not in {"number", "date", "timestamp"}:
        raise Unjudged(f"{kind(column)} values have no differences")
    table = scoped(frame, e)
    table = table.filter(table[name].notnull())
    before = table[name].lag().over(ibis.window(order_by=table[frame.row]))
    pairs = table.select(table[frame.row], now=table[name], before=before)
    wrong = _WRONG[e.type.rpartition("_")[2], bool(e.kwargs.get("strictly"))]
    rows = pairs.filter(wrong(pairs.now, pairs.before))
    return value_check(frame, e, frame.among(rows))
