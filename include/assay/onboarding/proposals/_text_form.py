"""The form of a column's texts: a pattern, else their lengths."""

from __future__ import annotations

from typing import Final

from assay.onboarding.evidence._rounding import lower_limit, widened
from assay.onboarding.evidence._text_patterns import MOST_SHAPES, Pattern, learn_pattern
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal

_COVERED: Final = 0.99
_LEAST_VALUES: Final = 20
_LEAST_HIDDEN: Final = 100
"""The least number of values about people for a pattern: one of few values would show them."""


def propose_text_form(context: ColumnContext) -> Found:
    """Propose a pattern, else lengths, for texts that are neither dates nor a closed list."""
    column, n = context.column, context.present
    if column.type != "string" or len(context.date_formats) == 1 or context.listed:
        return
    pattern = _pattern(context)
    if pattern is not None:
        yield _matching(context, pattern)
    elif column.lengths is not None and not column.padded:
        yield _lengths(context, n, *column.lengths)


def _pattern(context: ColumnContext) -> Pattern | None:
    column, n = context.column, context.present
    if len(context.shapes) > MOST_SHAPES or n < (_LEAST_HIDDEN if column.hidden else _LEAST_VALUES):
        return None
    ends = None if column.hidden or column.padded else column.ends
    return learn_pattern(context.shapes, n, ends=ends, least=_COVERED, hidden=column.hidden)


def _matching(context: ColumnContext, pattern: Pattern) -> Proposal:
    n, kwargs = context.present, context.kwargs(regex=pattern.regex)
    why = f"{pattern.covered} of {n} values match it"
    if pattern.covered < n:
        kwargs["mostly"] = lower_limit(pattern.covered, n)
        why += "; mostly is the lower end of the 95 % Wilson interval"
    evidence = {"n": n, "covered": pattern.covered, "forms": pattern.forms}
    kind = "expect_column_values_to_match_regex"
    return Proposal(kind, kwargs, why + ".", evidence, context.stage)


def _lengths(context: ColumnContext, n: int, low: int, high: int) -> Proposal:
    evidence = {"n": n, "min_length": low, "max_length": high}
    if low == high:
        return Proposal(
            "expect_column_value_lengths_to_equal", context.kwargs(value=low),
            f"Each of {n} texts has {low} characters.", evidence, context.stage,
        )  # fmt: skip
    return Proposal(
        "expect_column_value_lengths_to_be_between",
        context.kwargs(min_value=min(low, 1), max_value=int(widened(low, high)[1])),
        f"From {low} to {high} characters in {n} texts, with a tenth to spare.", evidence,
        context.stage,
    )  # fmt: skip
