"""Rows set aside: exact duplicates, and rows that critical expectations fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

from assay.engine import data_columns
from assay.quality._failing_rows import Judged
from assay.quality._frame import Frame, any_of

EXACT_DUPLICATE = "exact_duplicate"


def duplicates_in(frame: Frame) -> Any:
    """Row numbers of rows that equal an earlier one in every data column.

    Rows with text that couldn't be parsed are left alone: their nulls hide different texts.
    """
    table = frame.table
    if "__unparsed" in table.columns:
        table = table.filter(table["__unparsed"].isnull())
    names = list(data_columns(table))
    table = table.select(frame.row, *names, __hash=ibis.struct({n: table[n] for n in names}).hash())
    twice = table.group_by("__hash").having(table.count() > 1).agg()
    candidates = table.semi_join(twice, "__hash")
    place = ibis.row_number().over(group_by=names, order_by=frame.row)
    later = candidates.mutate(__place=place)
    return frame.keep(later.filter(later["__place"] > 0).select(frame.row))


def marks_of(frame: Frame, judged: Sequence[Judged], duplicates: Any | None) -> Any:
    """The table of rows set aside, with all their reasons, made in one pass."""
    parts = []
    failing = [j for j in judged if j.finding.quarantines and j.flag is not None]
    if failing:
        table = frame.table.filter(any_of([j.flag for j in failing]))
        none = ibis.null("string")  # first, because ARRAY(subquery) is another thing in SQL
        reasons = [ibis.ifelse(j.flag, j.finding.expectation.label, none) for j in failing]
        parts.append(table.select(
            __row=table[frame.row], disposition=ibis.literal("quarantined"),
            reasons=ibis.array([none, *reasons]).filter(lambda r: r.notnull())))  # fmt: skip
    if duplicates is not None:
        parts.append(duplicates.select(
            __row=duplicates[frame.row], disposition=ibis.literal("dropped"),
            reasons=ibis.array([ibis.literal(EXACT_DUPLICATE)])))  # fmt: skip
    if not parts:
        schema = {"__row": "int64", "disposition": "string", "reasons": "array<string>"}
        return frame.session.set_aside(schema=schema)
    # Not kept by the frame: the marks live as long as the session.
    return frame.session.set_aside(parts[0] if len(parts) == 1 else ibis.union(*parts))
