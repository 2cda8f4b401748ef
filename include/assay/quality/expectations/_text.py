"""Expectations of texts: patterns and lengths."""

from __future__ import annotations

import re
from functools import partial
from itertools import product
from typing import Any

from assay.quality._check import Check, scoped, value_check
from assay.quality._frame import Frame, Unjudged, all_of, any_of, kind
from assay.quality._regex import matches
from assay.quality._registry import GX_SQLITE, compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._values import within

_REGEX = (
    "Python's `re` everywhere; GX on pandas 3 matches most patterns with RE2, which has a syntax "
    "of its own: `[[:alpha:]]`, `\\pL` or `\\z` mean something else to `re`, or nothing. A column "
    "that isn't text is judged by how Python writes each value (GX writes 1 as 1.0 where the "
    "column has nulls)."
)
_LIKE = "Case counts, as in the SQL standard; SQLite folds ASCII case."
_SOMETIMES = "the one scan; one over the distinct values where RE2 and `re` may differ"


_ANY = {"%": r"[\s\S]*", "_": r"[\s\S]"}


def _found(frame: Frame, e: Expectation, patterns: Any) -> list[Any]:
    frame.column(e.kwargs["column"])
    if not isinstance(patterns, list) or not patterns:
        raise Unjudged("regex_list holds no pattern")
    table = scoped(frame, e)
    return [matches(frame, table, e.kwargs["column"], p) for p in patterns]


def _liked(frame: Frame, e: Expectation, patterns: Any) -> list[Any]:
    column = frame.column(e.kwargs["column"])
    if kind(column) != "text" or not isinstance(patterns, list) or not patterns:
        raise Unjudged("LIKE needs a text column and a pattern")
    return [_like(column, str(p)) for p in patterns]


def _like(column: Any, pattern: str) -> Any:
    """LIKE; by RE2 where the engine's own tries every way to place a ``%`` before a ``_``."""
    if pattern.count("%") < 2 or "_" not in pattern:
        return column.like(pattern)
    return column.re_search(f"^{''.join(_ANY.get(c) or re.escape(c) for c in pattern)}$")


def _matched(frame: Frame, e: Expectation, *, argument: str, negated: bool) -> Check:
    """Each value matches any (or, with ``match_on: all``, each) pattern; or none of them."""
    patterns = e.kwargs[argument] if argument.endswith("_list") else [e.kwargs[argument]]
    parts = (_found if argument.startswith("regex") else _liked)(frame, e, patterns)
    if negated:
        return value_check(frame, e, any_of(parts))
    how = e.kwargs.get("match_on") or "any"
    if argument == "regex_list" and how not in {"any", "all"}:
        raise Unjudged("match_on must be either 'any' or 'all'")
    return value_check(frame, e, ~(all_of(parts) if how == "all" else any_of(parts)))


def _register_patterns() -> None:
    about: dict[str, dict[str, Any]] = {
        "regex": {"scans": _SOMETIMES, "differences": _REGEX},
        "like_pattern": {"oracle": GX_SQLITE, "differences": _LIKE},
    }
    for pattern, verb, many in product(about, ("match", "not_match"), ("", "_list")):
        argument = pattern + many
        compiles(
            f"expect_column_values_to_{verb}_{argument}", row_level=True,
            required=("column", argument), **about[pattern],
        )(partial(_matched, argument=argument, negated=verb == "not_match"))  # fmt: skip


_register_patterns()
_LENGTHS = (
    "Only texts have a length; GX measures how Python writes any value. Bounds in the wrong order "
    "can't be judged where no value is judged either."
)


def _length(frame: Frame, e: Expectation) -> Any:
    column = frame.column(e.kwargs["column"])
    if kind(column) != "text":
        raise Unjudged(f"{kind(column)} values have no length")
    return column.length()


@compiles("expect_column_value_lengths_to_be_between", row_level=True, differences=_LENGTHS)
def lengths_between(frame: Frame, e: Expectation) -> Check:
    """Each value has so many characters (code points)."""
    return value_check(frame, e, ~within(_length(frame, e), e.kwargs))


@compiles(
    "expect_column_value_lengths_to_equal", row_level=True, required=("column", "value"),
    differences=_LENGTHS,
)  # fmt: skip
def lengths_equal(frame: Frame, e: Expectation) -> Check:
    """Each value has exactly ``value`` characters."""
    return value_check(frame, e, _length(frame, e) != e.kwargs["value"])
