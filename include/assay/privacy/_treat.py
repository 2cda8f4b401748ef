"""What mask and generalise make of a column, as Ibis expressions."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import ibis

from assay.policy.privacy import Bins, DatePart, Levels, Mask, Prefix


def masked(column: Any, mask: Mask) -> Any:
    """The mask's text for each value, with its last characters where the policy keeps them."""
    if mask.keep_last == 0:
        return column.isnull().ifelse(ibis.null("string"), ibis.literal(mask.text))
    text = column.cast("string")
    # A value no longer than what stays readable would be readable wholly.
    shown = (text.length() > mask.keep_last).ifelse(text.right(mask.keep_last), "")
    return text.isnull().ifelse(ibis.null("string"), ibis.literal(mask.text) + shown)


@singledispatch
def generalised(to: Any, column: Any) -> Any:  # noqa: ARG001
    """The coarser value of each value; null stays null."""
    raise TypeError(f"no such generalisation: {type(to).__name__}")


@generalised.register
def _(to: Bins, column: Any) -> Any:
    number = column.cast("float64")
    *lower, last = to.labels
    cases = [(number < edge, label) for edge, label in zip(to.edges, lower, strict=True)]
    cases.append((number >= to.edges[-1], last))
    return ibis.cases(*cases, else_=ibis.null("string"))


@generalised.register
def _(to: DatePart, column: Any) -> Any:
    unit = {"year": "Y", "quarter": "Q", "month": "M", "week": "W"}[to.unit]
    return column.cast("date").truncate(unit)


@generalised.register
def _(to: Prefix, column: Any) -> Any:
    return column.cast("string").left(to.length)


@generalised.register
def _(to: Levels, column: Any) -> Any:
    text = column.cast("string")
    cases = [(text.isin(list(values)), level) for level, values in to.levels.items()]
    cases.append((text.notnull(), to.other))
    return ibis.cases(*cases, else_=ibis.null("string"))
