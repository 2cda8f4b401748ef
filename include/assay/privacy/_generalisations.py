"""Generalisations: coarser values of a column, one registered function each; null stays null."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from assay.policy.privacy import Bins, DatePart, Hierarchy, Levels, Prefix

_UNITS: Final = {"year": "Y", "quarter": "Q", "month": "M", "week": "W"}
Apply = Callable[[Any, ir.Column], ir.Column]


@dataclass(frozen=True)
class Generalisation:
    """What makes values coarser, and the contract types that it takes (empty: all)."""

    apply: Apply
    types: tuple[str, ...]


GENERALISATIONS: Final[dict[type, Generalisation]] = {}


def _registered(asked: type, *types: str) -> Callable[[Apply], Apply]:
    def register(apply: Apply) -> Apply:
        GENERALISATIONS[asked] = Generalisation(apply, types)
        return apply

    return register


@_registered(Bins, "integer", "number")
def in_bins(to: Bins, column: ir.Column) -> ir.Column:
    """The interval that a number lies in."""
    number = column.cast("float64")
    *lower, last = to.labels
    cases = [(number < edge, label) for edge, label in zip(to.edges, lower, strict=True)]
    return ibis.cases(*cases, (number >= to.edges[-1], last), else_=ibis.null("string"))


@_registered(DatePart, "date", "timestamp")
def period(to: DatePart, column: ir.Column) -> ir.Column:
    """The first day of the period that a date lies in."""
    return column.cast("date").truncate(_UNITS[to.unit])


@_registered(Prefix, "string")
def prefix(to: Prefix, column: ir.Column) -> ir.Column:
    """The first characters of a text."""
    return column.cast("string").left(to.length)


@_registered(Levels)
@_registered(Hierarchy)
def wider_level(to: Levels | Hierarchy, column: ir.Column) -> ir.Column:
    """The wider level that lists a value."""
    text = column.cast("string")
    cases = [(text.isin(list(values)), level) for level, values in to.levels.items()]
    return ibis.cases(*cases, (text.notnull(), to.other), else_=ibis.null("string"))
