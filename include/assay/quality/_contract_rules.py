"""Expectations of what a contract says of values: options of a type, and ``quality``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from assay.contract import Column
from assay.contract.rule import Limits, QualityRule, TypeOptions
from assay.errors import Problem, SuiteError, problems_error
from assay.quality._moments import as_stored
from assay.quality._suite import Expectation, expectation_from

_DIMENSIONS: Final = {"accuracy": "validity", "conformity": "validity", "coverage": "completeness"}
"""The standard's dimensions that have another name among the five of the scores."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_BITS: Final = {f"{sign}{bits}": (sign, bits) for sign in "iu" for bits in (8, 16, 32, 64, 128)}
_FLOAT32: Final = 3.4028234663852886e38


def of_options(column: Column) -> Iterator[Expectation]:
    """What the options of a column's logical type ask of its values."""
    options = column.options
    if options is None:
        return
    name = column.name
    for code, strict, low, high in (
        ("minimum", False, options.minimum, options.maximum),
        ("exclusive_minimum", True, options.exclusive_minimum, options.exclusive_maximum),
    ):
        if low is not None or high is not None:
            bounds = _bounds(_bound(column, low), _bound(column, high), strict)
            where = _where(options, code, code.replace("min", "max"))
            yield _implied("expect_column_values_to_be_between", f"range:{name}", where,
                           column=name, **bounds)  # fmt: skip
    if options.min_length is not None or options.max_length is not None:
        yield _implied("expect_column_value_lengths_to_be_between", f"length:{name}",
                       _where(options, "min_length", "max_length"), column=name,
                       **_bounds(options.min_length, options.max_length))  # fmt: skip
    if options.pattern is not None:
        yield _implied("expect_column_values_to_match_regex", f"pattern:{name}",
                       _where(options, "pattern"), column=name, regex=options.pattern)  # fmt: skip
    if options.multiple_of is not None:
        yield _implied("expect_column_values_to_be_multiple_of", f"multiple:{name}",
                       _where(options, "multiple_of"), column=name,
                       multiple_of=options.multiple_of)  # fmt: skip
    if options.format is not None:
        yield from _format(column, options.format, _where(options, "format"))


def _format(column: Column, form: str, where: str | None) -> Iterator[Expectation]:
    """A named format of texts, or the range of numbers of a width."""
    about = (f"format:{column.name}", where)
    if column.type == "string":
        yield _implied("expect_column_values_to_have_format", *about,
                       column=column.name, format=form)  # fmt: skip
    elif form == "f32" or form in _BITS:
        low, high = _width(form)
        if low is not None or high is not None:
            yield _implied("expect_column_values_to_be_between", *about, column=column.name,
                           **_bounds(low, high))  # fmt: skip


def _width(form: str) -> tuple[float | None, float | None]:
    """The least and greatest number of a width; None where no landed number is beyond."""
    if form == "f32":
        return -_FLOAT32, _FLOAT32
    sign, bits = _BITS[form]
    if sign == "u":
        return 0, 2**bits - 1 if bits < 128 else None
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if bits < 128 else (None, None)


def _bounds(low: Any, high: Any, strict: bool = False) -> dict[str, Any]:
    given = {"min_value": low, "max_value": high, "strict_min": strict, "strict_max": strict}
    return {k: v for k, v in given.items() if v is not None and v is not False}


def _bound(column: Column, value: Any) -> Any:
    """A bound as the landed column is compared with it: a moment in UTC, without its zone."""
    return as_stored(column, value) if isinstance(value, str) else value


def _where(options: TypeOptions, *names: str) -> str | None:
    return next((options.where[n] for n in names if n in options.where), None)


def of_rule(rule: QualityRule, levels: Callable[[str], Any]) -> Iterator[Expectation]:
    """What one rule of ``quality`` asks for; ``levels`` reads a level in its column's type."""
    compiled = _METRICS[rule.metric](rule, levels)
    for kind, code, kwargs in compiled:
        stated = rule.dimension or ""
        meta = {"dimension": _DIMENSIONS.get(stated, stated)} if stated else {}
        yield Expectation(kind, kwargs, rule.severity, {
            "reason": ":".join([code, *rule.columns[:1]]), "from": "contract", **meta,
        }, notes=rule.words, where=rule.where)  # fmt: skip


Compiled = Iterator[tuple[str, str, dict[str, Any]]]


def _null_values(rule: QualityRule, _: Any) -> Compiled:
    kwargs = {"column": rule.columns[0], **_tolerated(rule)}
    yield "expect_column_values_to_not_be_null", "null_values", kwargs


def _missing_values(rule: QualityRule, _: Any) -> Compiled:
    kwargs = {"column": rule.columns[0], "missing_values": list(rule.missing_values or ())}
    yield "expect_column_values_to_not_be_missing", "missing_values", kwargs | _tolerated(rule)


def _invalid_values(rule: QualityRule, levels: Callable[[str], Any]) -> Compiled:
    kwargs = {"column": rule.columns[0], **_tolerated(rule)}
    listed = rule.valid_values
    valid = {} if listed is None else {"value_set": [levels(v) for v in listed]}
    pattern = {"regex": rule.pattern} if rule.pattern is not None else {}
    kind = "expect_column_values_to_be_in_set" if not pattern else (
        "expect_column_values_to_be_valid" if valid else "expect_column_values_to_match_regex"
    )  # fmt: skip
    yield kind, "invalid_values", kwargs | valid | pattern


def _duplicate_values(rule: QualityRule, _: Any) -> Compiled:
    if len(rule.columns) == 1:
        kwargs: dict[str, Any] = {"column": rule.columns[0]}
        yield "expect_column_values_to_be_unique", "duplicate_values", kwargs | _tolerated(rule)
        return
    kwargs = {"column_list": list(rule.columns), "ignore_row_if": "any_value_is_missing"}
    kind = "expect_compound_columns_to_be_unique"
    yield kind, "duplicate_values", kwargs | _tolerated(rule)


def _row_count(rule: QualityRule, _: Any) -> Compiled:
    limits = rule.limits
    low, high = limits.min_value, limits.max_value
    kwargs = _limits(limits)
    if low is not None:  # Great Expectations counts in whole numbers
        kwargs["min_value"] = math.ceil(low) if not limits.strict_min else math.floor(low)
    if high is not None:
        kwargs["max_value"] = math.floor(high) if not limits.strict_max else math.ceil(high)
    yield "expect_table_row_count_to_be_between", "row_count", kwargs


def _sql(rule: QualityRule, _: Any) -> Compiled:
    kwargs = {"query": rule.query, "dialect": rule.dialect, "tables": list(rule.tables),
              **_limits(rule.limits)}  # fmt: skip
    if rule.columns:
        kwargs["property"] = rule.columns[0]
    yield "expect_query_result_to_be_between", "sql", kwargs


def _great_expectations(rule: QualityRule, _: Any) -> Compiled:
    """The expectation as it is written; its arguments may be written in camelCase."""
    written = dict(rule.expectation or {})
    given = written.get("kwargs") or {}
    if isinstance(given, Mapping):
        kwargs = {_CAMEL.sub(r"_\1", str(k)).lower() if _CAMEL.search(str(k)) else str(k): v
                  for k, v in given.items()}  # fmt: skip
        if rule.columns and not set(kwargs) & {"column", "column_list", "column_A"}:
            kwargs = {"column": rule.columns[0], **kwargs}
        written["kwargs"] = kwargs
    problems: list[Problem] = []
    loaded = expectation_from(written, {}, rule.where, problems)
    if loaded is None:
        raise problems_error(SuiteError, problems)
    yield loaded.type, "expectation", dict(loaded.kwargs)


_METRICS: Final[Mapping[str, Callable[[QualityRule, Any], Compiled]]] = {
    "nullValues": _null_values,
    "missingValues": _missing_values,
    "invalidValues": _invalid_values,
    "duplicateValues": _duplicate_values,
    "rowCount": _row_count,
    "sql": _sql,
    "greatExpectations": _great_expectations,
}


def _limits(limits: Limits) -> dict[str, Any]:
    """The limits as arguments, without what is so by default."""
    return limits.model_dump(exclude_defaults=True)


def _tolerated(rule: QualityRule) -> dict[str, Any]:
    """How many rows may be counted, where it isn't none."""
    if rule.limits.allows_none(rule.unit):
        return {}
    return {"tolerated": {"unit": rule.unit, **_limits(rule.limits)}}


def _implied(kind: str, reason: str, where: str | None, **kwargs: Any) -> Expectation:
    return Expectation(kind, kwargs, meta={"reason": reason, "from": "contract"}, where=where)
