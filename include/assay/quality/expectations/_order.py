"""Expectations of the order of rows."""

from __future__ import annotations

from typing import Any

import ibis

from assay.quality._check import Check, row_check, scoped
from assay.quality._frame import Frame, Unjudged, kind
from assay.quality._registry import compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._unique import found

_SCANS = "the one scan, and one window over the rows in order"
_DIFFERENCES = "Booleans have no order and can't be judged; GX takes each change for a rise."


def _ordered(frame: Frame, e: Expectation, falling: bool) -> Check:
    """Each value against the one before it, nulls left out."""
    name = e.kwargs["column"]
    column = frame.column(name)
    if kind(column) not in {"number", "date", "timestamp"}:
        raise Unjudged(f"{kind(column)} values have no differences")
    table = scoped(frame, e)
    table = table.filter(table[name].notnull())
    before = table[name].lag().over(ibis.window(order_by=table[frame.row]))
    pairs = table.select(table[frame.row], now=table[name], before=before)
    bad = _wrong(pairs, falling=falling, strictly=bool(e.kwargs.get("strictly")))
    rows = frame.keep(pairs.filter(bad).select(frame.row))
    return row_check(frame, e, found(frame, rows), considered=column.notnull(), shown=e.columns)


def _wrong(pairs: Any, *, falling: bool, strictly: bool) -> Any:
    if falling:
        return pairs.now >= pairs.before if strictly else pairs.now > pairs.before
    return pairs.now <= pairs.before if strictly else pairs.now < pairs.before


@compiles(
    "expect_column_values_to_be_increasing", row_level=True, scans=_SCANS,
    required=("column",), takes="numbers", differences=_DIFFERENCES,
)  # fmt: skip
def increasing(frame: Frame, e: Expectation) -> Check:
    """No value is below the one before it (nor equal, where ``strictly``)."""
    return _ordered(frame, e, falling=False)


@compiles(
    "expect_column_values_to_be_decreasing", row_level=True, scans=_SCANS,
    required=("column",), takes="numbers", differences=_DIFFERENCES,
)  # fmt: skip
def decreasing(frame: Frame, e: Expectation) -> Check:
    """No value is above the one before it (nor equal, where ``strictly``)."""
    return _ordered(frame, e, falling=True)
