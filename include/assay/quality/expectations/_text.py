"""Expectations of texts: patterns and lengths."""

from __future__ import annotations

from typing import Any

from assay.quality._check import Check, row_check, scoped
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
_SOMETIMES = "the one scan; one over the distinct values where RE2 and `re` may differ"


def _regex_check(frame: Frame, e: Expectation, holds: Any) -> Check:
    column = frame.column(e.kwargs["column"])
    return row_check(frame, e, ~holds, considered=column.notnull(), shown=e.columns)


def _found(frame: Frame, e: Expectation, patterns: Any) -> list[Any]:
    frame.column(e.kwargs["column"])
    if not isinstance(patterns, list) or not patterns:
        raise Unjudged("regex_list holds no pattern")
    table = scoped(frame, e)
    return [matches(frame, table, e.kwargs["column"], p) for p in patterns]


@compiles(
    "expect_column_values_to_match_regex", row_level=True, scans=_SOMETIMES,
    required=("column", "regex"), differences=_REGEX,
)  # fmt: skip
def match_regex(frame: Frame, e: Expectation) -> Check:
    """The pattern is found in each value."""
    return _regex_check(frame, e, _found(frame, e, [e.kwargs["regex"]])[0])


@compiles(
    "expect_column_values_to_not_match_regex", row_level=True, scans=_SOMETIMES,
    required=("column", "regex"), differences=_REGEX,
)  # fmt: skip
def not_match_regex(frame: Frame, e: Expectation) -> Check:
    """The pattern is found in no value."""
    return _regex_check(frame, e, ~_found(frame, e, [e.kwargs["regex"]])[0])


@compiles(
    "expect_column_values_to_match_regex_list", row_level=True, scans=_SOMETIMES,
    required=("column", "regex_list"), differences=_REGEX,
)  # fmt: skip
def match_regex_list(frame: Frame, e: Expectation) -> Check:
    """Any (or, with ``match_on: all``, each) pattern is found in each value."""
    how = e.kwargs.get("match_on") or "any"
    if how not in {"any", "all"}:
        raise Unjudged("match_on must be either 'any' or 'all'")
    parts = _found(frame, e, e.kwargs["regex_list"])
    return _regex_check(frame, e, any_of(parts) if how == "any" else all_of(parts))


@compiles(
    "expect_column_values_to_not_match_regex_list", row_level=True, scans=_SOMETIMES,
    required=("column", "regex_list"), differences=_REGEX,
)  # fmt: skip
def not_match_regex_list(frame: Frame, e: Expectation) -> Check:
    """None of the patterns is found in any value."""
    return _regex_check(frame, e, ~any_of(_found(frame, e, e.kwargs["regex_list"])))


def _liked(frame: Frame, e: Expectation, patterns: Any) -> list[Any]:
    column = frame.column(e.kwargs["column"])
    if kind(column) != "text" or not isinstance(patterns, list) or not patterns:
        raise Unjudged("LIKE needs a text column and a pattern")
    return [column.like(str(p)) for p in patterns]


_LIKE: dict[str, Any] = {
    "row_level": True,
    "oracle": GX_SQLITE,
    "differences": "Case counts, as in the SQL standard; SQLite folds ASCII case.",
}


@compiles(
    "expect_column_values_to_match_like_pattern", required=("column", "like_pattern"), **_LIKE
)
def match_like(frame: Frame, e: Expectation) -> Check:
    """Each value is like the pattern."""
    return _regex_check(frame, e, _liked(frame, e, [e.kwargs["like_pattern"]])[0])


@compiles(
    "expect_column_values_to_not_match_like_pattern", required=("column", "like_pattern"), **_LIKE
)
def not_match_like(frame: Frame, e: Expectation) -> Check:
    """No value is like the pattern."""
    return _regex_check(frame, e, ~_liked(frame, e, [e.kwargs["like_pattern"]])[0])


@compiles(
    "expect_column_values_to_match_like_pattern_list",
    required=("column", "like_pattern_list"),
    **_LIKE,
)
def match_like_list(frame: Frame, e: Expectation) -> Check:
    """Each value is like any (or, with ``match_on: all``, each) pattern."""
    parts = _liked(frame, e, e.kwargs["like_pattern_list"])
    everyone = (e.kwargs.get("match_on") or "any") == "all"
    return _regex_check(frame, e, all_of(parts) if everyone else any_of(parts))


@compiles(
    "expect_column_values_to_not_match_like_pattern_list",
    required=("column", "like_pattern_list"),
    **_LIKE,
)
def not_match_like_list(frame: Frame, e: Expectation) -> Check:
    """No value is like any of the patterns."""
    return _regex_check(frame, e, ~any_of(_liked(frame, e, e.kwargs["like_pattern_list"])))


_LENGTHS = (
    "Only texts have a length; GX measures how Python writes any value. Bounds in the wrong order "
    "can't be judged where no value is judged either."
)


def _length(frame: Frame, e: Expectation) -> Any:
    column = frame.column(e.kwargs["column"])
    if kind(column) != "text":
        raise Unjudged(f"{kind(column)} values have no length")
    return column.length()


@compiles(
    "expect_column_value_lengths_to_be_between", row_level=True, required=("column",),
    differences=_LENGTHS,
)  # fmt: skip
def lengths_between(frame: Frame, e: Expectation) -> Check:
    """Each value has so many characters (code points)."""
    column = frame.column(e.kwargs["column"])
    inside = within(column, e.kwargs, _length(frame, e))
    return row_check(frame, e, ~inside, considered=column.notnull(), shown=e.columns)


@compiles(
    "expect_column_value_lengths_to_equal", row_level=True, required=("column", "value"),
    differences=_LENGTHS,
)  # fmt: skip
def lengths_equal(frame: Frame, e: Expectation) -> Check:
    """Each value has exactly ``value`` characters."""
    column = frame.column(e.kwargs["column"])
    bad = _length(frame, e) != e.kwargs["value"]
    return row_check(frame, e, bad, considered=column.notnull(), shown=e.columns)
