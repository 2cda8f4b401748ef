"""What is expected of the form of a column: its type, nulls, uniqueness, dates and texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assay.onboarding.evidence._column_names import names_key
from assay.onboarding.evidence._columns import GARBLED, ColumnEvidence
from assay.onboarding.evidence._ordinary_share import ordinary_limit
from assay.onboarding.evidence._rounding import lower_limit, rounded_down, upper_limit, widened
from assay.onboarding.evidence._text_patterns import MOST_SHAPES, Pattern, learn_pattern
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import NOT_NULL, SHARE, Proposal, Remark

_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "integer": ("int64", "Int64", "integer"),
    "number": ("float64", "Float64", "number"),
    "string": ("str", "string", "object"),
    "boolean": ("bool", "boolean"),
    "date": ("date",),
    "timestamp": ("timestamp", "datetime64[ns]", "datetime64[us]"),
}
_LEAST_ROWS: Final = 100
_COVERED: Final = 0.99
_LEAST_VALUES: Final = 20
_MOST_MISSING: Final = 0.95
"""Where an ordinary batch may miss more, its values aren't expected."""
_LEAST_HIDDEN: Final = 100
"""The least number of values about people for a pattern: one of few values would show them."""


def propose_type(context: ColumnContext) -> Found:
    """Propose the type that the column has, under the names that suites use for it."""
    kind, n = context.column.type, context.present
    article = "an" if kind == "integer" else "a"
    names = list(dict.fromkeys((context.column.dtype, *_TYPES[kind])))
    yield Proposal(
        "expect_column_values_to_be_in_type_list", context.kwargs(type_list=names),
        f"Each of {n} values is {article} {kind}.", {"n": n, "type": kind},
    )  # fmt: skip


def propose_nulls(context: ColumnContext) -> Found:
    """Propose no null where there is none; else at most the share that Wilson's interval allows."""
    name, seen = context.name, _missing(context)
    rows, nulls = sum(n for n, _ in seen), sum(k for _, k in seen)
    evidence = {"n": rows, "nulls": nulls, "null_share": round(nulls / rows, 6)}
    if len(seen) > 1:
        evidence["batches"] = len(seen)
    if not nulls:
        up_to = upper_limit(0, rows)
        why = f"No null in {rows} rows; by them alone (Wilson, 95 %) up to {up_to:g} could be null."
        yield Proposal(NOT_NULL, context.kwargs(), why, evidence)
        return
    least = min(lower_limit(n - k, n) for n, k in seen)
    if least < 0.05:
        yield Remark(name, f"null in {nulls} of {rows} rows: too many to expect values")
        return
    what = "of the worst of the batches" if len(seen) > 1 else "of the share that isn't"
    why = (
        f"{nulls} of {rows} rows are null; mostly is the lower end of the 95 % Wilson interval "
        f"{what}."
    )
    yield Proposal(NOT_NULL, context.kwargs(mostly=least), why, evidence)


def _missing(context: ColumnContext) -> list[tuple[int, int]]:
    """The rows and nulls of each batch."""
    name = context.name
    seen = [] if context.of.own else [(context.of.evidence.rows, context.column.nulls)]
    return [*seen, *((v.rows, v.nulls[name]) for v in context.of.versions
                     if name in v.nulls and v.rows)]  # fmt: skip


def propose_present(context: ColumnContext) -> Found:
    """Propose the least share of values, below which a batch is held."""
    seen = _missing(context)
    limit, worst = ordinary_limit(seen), max(missing / rows for rows, missing in seen)
    if limit > _MOST_MISSING:
        return
    of = f"{len(seen)} batches" if len(seen) > 1 else "one batch"
    yield Proposal(
        SHARE, context.kwargs(min_value=rounded_down(1 - limit)),
        f"At most {worst:.2%} of a batch's values are missing, in {of}; up to {limit:g} may be in "
        "an ordinary one, by how few batches were seen (Clopper and Pearson, 95 %, at most 0.3 "
        "more than seen).",
        {"batches": len(seen), "most_missing": round(worst, 6)}, severity="critical",
    )  # fmt: skip


def is_key(column: ColumnEvidence, present: int) -> bool:
    """Whether no value occurs twice, and enough rows or the name suggest that it is a key."""
    return column.unique and (present >= _LEAST_ROWS or names_key(column.name))


def propose_unique(context: ColumnContext) -> Found:
    """Propose that no value occurs twice, if enough rows or the name suggest a key."""
    n = context.present
    within = f" within one of {len(context.of.own)} batches" if context.of.own else ""
    if is_key(context.column, n):
        yield Proposal(
            "expect_column_values_to_be_unique", context.kwargs(),
            f"No value occurs twice in {n} rows{within}.", {"n": n, "distinct": n},
        )  # fmt: skip


def propose_date_format(context: ColumnContext) -> Found:
    """Propose the only format that reads every text; else remark why there is none."""
    if context.column.type != "string":
        return
    formats, n = context.date_formats, context.present
    if context.padded_numbers:
        yield Remark(context.name, "numbers with spaces around them, so that they are text here; "
                     "with a number type in the contract they are read as numbers")  # fmt: skip
    elif len(formats) > 1:
        yield Remark(context.name, f"dates that each of {' and '.join(formats)} can read")
    elif formats:
        yield Proposal(
            "expect_column_values_to_match_strftime_format",
            context.kwargs(strftime_format=formats[0]),
            f"All {n} values are read by this format.", {"n": n, "covered": n}, context.stage,
        )  # fmt: skip


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


def propose_characters(context: ColumnContext) -> Found:
    """Propose that no text holds what a wrong encoding leaves; else remark how many do."""
    column, n = context.column, context.present
    if column.type != "string" or context.listed or context.date_formats:
        return
    if column.garbled:
        yield Remark(
            column.name, f"{column.garbled} of {n} values hold characters that a wrong encoding "
            "leaves, such as Ã© for é: mend the source, or its `encoding` in the contract",
        )  # fmt: skip
        return
    yield Proposal(
        "expect_column_values_to_not_match_regex", context.kwargs(regex=GARBLED),
        f"None of {n} values holds control characters or what is left where UTF-8 is read as "
        "another encoding.", {"n": n}, context.stage, "critical",
    )  # fmt: skip


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
