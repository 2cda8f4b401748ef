"""Expectations in plain words: what one asks for, and what rows that don't meet it are like."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

from assay.contract.rule import Limits
from assay.quality._suite import Expectation

_SHOWN: Final = 6
_PATTERN: Final = "doesn’t match its pattern"
_FORBIDDEN: Final = "matches a forbidden pattern"
_UNMET: Final[Mapping[str, str]] = {
    "expect_column_values_to_not_be_null": "is missing",
    "expect_column_values_to_be_null": "has a value",
    "expect_column_values_to_be_in_set": "has a value that isn’t in its set",
    "expect_column_values_to_not_be_in_set": "has a forbidden value",
    "expect_column_values_to_be_between": "is out of its range",
    "expect_column_values_to_be_unique": "has a repeated value",
    "expect_compound_columns_to_be_unique": "together are repeated",
    "expect_column_values_to_parse": "can’t be read as its type",
    "expect_column_values_to_match_regex": _PATTERN,
    "expect_column_values_to_match_regex_list": _PATTERN,
    "expect_column_values_to_match_like_pattern": _PATTERN,
    "expect_column_values_to_not_match_regex": _FORBIDDEN,
    "expect_column_values_to_not_match_regex_list": _FORBIDDEN,
    "expect_column_value_lengths_to_be_between": "has a wrong length",
    "expect_column_value_lengths_to_equal": "has a wrong length",
    "expect_column_values_to_not_be_missing": "is missing",
    "expect_column_values_to_be_valid": "has a value that isn’t valid",
    "expect_column_values_to_be_multiple_of": "is no multiple of its step",
    "expect_column_values_to_have_format": "doesn’t have its format",
    "expect_column_values_to_be_in_reference": "refers to nothing",
    "expect_columns_to_be_in_reference": "together refer to nothing",
}
_ASKED: Final[Mapping[str, str]] = {
    "expect_column_values_to_not_be_null": "must not be missing",
    "expect_column_values_to_be_in_set": "must be one of: {value_set}",
    "expect_column_values_to_not_be_in_set": "must be none of: {value_set}",
    "expect_column_values_to_be_between": "must be {range}",
    "expect_column_values_to_be_in_reference": "must be in {dataset}, column {reference_column}",
    "expect_column_values_to_match_regex": "must match {regex}",
    "expect_column_values_to_not_match_regex": "must not match {regex}",
    "expect_column_value_lengths_to_be_between": "must have {range} characters",
    "expect_column_value_lengths_to_equal": "must have {value} characters",
    "expect_compound_columns_to_be_unique": "together must be unique",
    "expect_table_row_count_to_be_between": "must have {range} rows",
    "expect_table_row_count_to_equal": "must have {value} rows",
    "expect_column_values_to_be_multiple_of": "must be a multiple of {multiple_of}",
    "expect_column_values_to_have_format": "must have the format {format}",
    "expect_column_values_to_not_be_missing": "must be none of: {missing_values}",
    "expect_column_values_to_be_valid": "must be one of: {value_set}, and match {regex}",
    "expect_columns_to_be_in_reference": "must be in {dataset}, columns {reference_columns}",
    "expect_query_result_to_be_between": "must give {range} by its query",
}
_LEFT_OUT: Final[Mapping[str, str]] = {
    "any_value_is_missing": "rows with a missing value are left out",
    "either_value_is_missing": "rows with a missing value are left out",
}
_COLUMNS: Final = frozenset({"column", "column_list", "column_A", "column_B", "column_set"})
_BOUNDS: Final = ("min_value", "max_value")


def unmet_words(expectation: Expectation) -> str | None:
    """What is wrong with rows that don't meet it, None for a type without such words.

    Examples
    --------
    >>> unmet_words(Expectation("expect_column_values_to_not_be_null", {"column": "a"}))
    'a is missing'
    """
    phrase = _UNMET.get(expectation.type)
    return None if phrase is None else f"{', '.join(expectation.columns)} {phrase}"


def quarantine_words(expectation: Expectation, rows: int | None) -> str:
    """How many rows are quarantined, and why.

    Examples
    --------
    >>> e = Expectation("expect_column_values_to_not_be_null", {"column": "a"})
    >>> quarantine_words(e, 1_073)
    'a is missing in 1,073 rows; they are quarantined'
    >>> quarantine_words(Expectation("expect_column_values_to_be_increasing", {"column": "a"}), 1)
    'a: 1 row doesn’t meet "column values to be increasing"; it is quarantined'
    """
    one = rows == 1
    many = "rows" if rows is None else f"{rows:,} row{'' if one else 's'}"
    end = "it is quarantined" if one else "they are quarantined"
    if (words := unmet_words(expectation)) is not None:
        return f"{words} in {many}; {end}"
    verb = "doesn’t" if one else "don’t"
    about = f"{', '.join(expectation.columns)}: " if expectation.columns else ""
    return f'{about}{many} {verb} meet "{_of_type(expectation)}"; {end}'


def asked_words(expectation: Expectation) -> tuple[str, str]:
    """What it asks for, and in small print the rest of its arguments.

    Examples
    --------
    >>> asked_words(Expectation("expect_column_values_to_be_in_set",
    ...                         {"column": "a", "value_set": ["x", "y"], "mostly": 0.9}))
    ('must be one of: x, y', 'in at least 90 % of the rows')
    """
    given = {k: v for k, v in expectation.arguments.items() if k not in _COLUMNS}
    shown = {k: shown_value(v) for k, v in given.items()} | {"range": _range(given)}
    template = _ASKED.get(expectation.type, "")
    used = {name for _, name, _, _ in Formatter().parse(template) if name}
    if template and used <= {k for k, v in shown.items() if v}:
        words = template.format_map(shown)
        used |= {*_BOUNDS, "negated"} if "range" in used else set()
    else:
        words, used = _of_type(expectation, " must "), set()
        if words.endswith(" be between") and shown["range"]:
            words, used = words.removesuffix("between") + shown["range"], set(_BOUNDS)
    rest = {k: v for k, v in given.items() if k not in used and (k, v) != ("mostly", 1.0)}
    return words, ", ".join(_argument(k, v) for k, v in rest.items())


def asked_sentence(expectation: Expectation, *, closed: bool) -> str:
    """What it asks for, with its columns; where ``closed``, without the values that it names.

    Examples
    --------
    >>> e = Expectation("expect_column_values_to_be_in_set", {"column": "a", "value_set": ["x"]})
    >>> asked_sentence(e, closed=False), asked_sentence(e, closed=True)
    ('a must be one of: x', 'a values must be in set')
    """
    of = ", ".join(expectation.columns) or "the table"
    if closed:
        return f"{of} {_of_type(expectation, ' must ')}"
    words, rest = asked_words(expectation)
    return f"{of} {words}" + (f" ({rest})" if rest else "")


def shown_value(value: Any) -> str:
    """A value as text; of a list the first few."""
    if isinstance(value, list | tuple):
        return f"{', '.join(map(str, value[:_SHOWN]))}{', …' if value[_SHOWN:] else ''}"
    return str(value)


def _of_type(expectation: Expectation, to: str = " to ") -> str:
    words = expectation.type.removeprefix("expect_").replace("_", " ")
    if to != " to ":
        words = words.removeprefix("column ").removeprefix("table ")
    return words.replace(" to ", to, 1)


def _range(given: Mapping[str, Any]) -> str:
    if given.get("negated"):
        return f"not {_range({k: given.get(k) for k in _BOUNDS})}"
    low, high = (given.get(k) for k in _BOUNDS)
    if low is None or high is None:
        bounds = (f"at least {low}", low), (f"at most {high}", high)
        return "".join(words for words, bound in bounds if bound is not None)
    return f"{low} to {high}"


def _argument(name: str, value: Any) -> str:
    if name == "tolerated":
        unit = "%" if value.get("unit") == "percent" else "rows"
        limits = Limits(**{k: v for k, v in value.items() if k != "unit"})
        return f"tolerated in {limits} {unit}{' of the rows' if unit == '%' else ''}"
    if name == "mostly":
        return f"in at least {100 * value:g} % of the rows"
    if name == "ignore_row_if" and value in _LEFT_OUT:
        return _LEFT_OUT[value]
    return f"{name}: {shown_value(value)}"
