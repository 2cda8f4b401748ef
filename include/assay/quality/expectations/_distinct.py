"""Expectations of the distinct values of a column."""

from __future__ import annotations

from typing import Any

from assay.quality._check import Check, Conclusion, Values, scope, scoped
from assay.quality._frame import Frame, Unjudged, all_of, is_in, kind, members
from assay.quality._registry import compiles
from assay.quality._suite import Expectation

_SHOWN = 20
_APART = "A boolean equals no number of the set; GX finds True and 1 equal."


def _value_set(e: Expectation) -> list[Any]:
    values = e.kwargs.get("value_set")
    if not isinstance(values, list):
        raise Unjudged("value_set must be a set-like object.")
    return values


def _aggregates(frame: Frame, e: Expectation, values: list[Any]) -> dict[str, Any]:
    """Distinct values outside and inside the set."""
    column, condition = frame.column(e.kwargs["column"]), scope(frame, e)
    inside = is_in(column, values)
    return {
        "outside": column.nunique(where=all_of([condition, ~inside])),
        "inside": column.nunique(where=all_of([condition, inside])),
    }


def _samples(frame: Frame, e: Expectation, values: list[Any]) -> tuple[list[Any], list[Any]]:
    """The first values outside the set, and the set's values that don't occur."""
    name, table = e.kwargs["column"], scoped(frame, e)
    present = table.filter(table[name].notnull())
    outside = present.filter(~is_in(present[name], values)).select(value=name).distinct()
    unexpected = [r["value"] for r in frame.rows(outside.order_by("value").limit(_SHOWN))]
    found = present.filter(is_in(present[name], values)).select(value=name).distinct()
    seen = {r["value"] for r in frame.rows(found)}
    missing = []
    for value in values:
        own = members(present[name], [value])
        hit = own and any(s == value or str(s) == str(value) for s in seen)
        if not hit and kind(present[name]) in {"date", "timestamp"} and own:
            hit = bool(frame.rows(found.filter(is_in(found.value, [value])).limit(1)))
        missing += [] if hit else [value]
    return unexpected, missing[:_SHOWN]


@compiles(
    "expect_column_distinct_values_to_be_in_set", "expect_column_distinct_values_to_equal_set",
    "expect_column_distinct_values_to_contain_set",
    required=("column", "value_set"), differences=_APART,
)  # fmt: skip
def distinct(frame: Frame, e: Expectation) -> Check:
    """The distinct values are in the set, are the set, or have the whole set among them."""
    unexpected, missing = not e.type.endswith("_contain_set"), not e.type.endswith("_in_set")
    values = _value_set(e)
    if not values and unexpected and not missing:
        raise Unjudged("value_set must be a non-empty set-like object.")
    column = frame.column(e.kwargs["column"])
    own = {str(m) for m in values if not members(column, [m])}  # can't occur in this column
    size = len({repr(v.op()) if hasattr(v, "op") else v for v in members(column, values)})

    def conclude(got: Values) -> Conclusion:
        outside, absent = int(got["outside"]), size - int(got["inside"]) + len(own)
        result: dict[str, Any] = {"observed_value": None}
        bad = (unexpected and outside > 0) or (missing and absent > 0)
        shown = _samples(frame, e, values) if bad else ([], [])
        if unexpected:
            result |= {"unexpected_count": outside, "partial_unexpected_list": shown[0]}
        if missing:
            result |= {"missing_count": absent, "partial_missing_list": shown[1]}
        return Conclusion(not bad, result)

    return Check(_aggregates(frame, e, values), conclude)


@compiles(
    "expect_column_most_common_value_to_be_in_set", scans="one that groups by the column",
    differences=_APART
    + " Texts of a set are read as dates for date columns; GX takes them as texts.",
)  # fmt: skip
def most_common_value(frame: Frame, e: Expectation) -> Check:
    """The most common value stands in the set; with ``ties_okay`` one of the most common does."""
    name, table = e.kwargs["column"], scoped(frame, e)
    frame.column(name)
    present = table.filter(table[name].notnull()).select(value=name)
    counts = frame.keep(present.group_by("value").agg(n=present.count()))
    top = counts.filter(counts.n == (frame.value(counts.n.max()) or 0)).order_by("value")
    modes = [r["value"] for r in frame.rows(top.select("value"))]
    hits = int(frame.value(top.count(where=is_in(top.value, e.kwargs.get("value_set") or []))))
    success = hits > 0 if e.kwargs.get("ties_okay") else len(modes) == 1 and hits == 1
    return Check({}, lambda _: Conclusion(success, {"observed_value": modes}))
