"""Expectations of what texts parse as."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import dateutil.parser  # type: ignore[import-untyped]

from assay.quality._check import Check, scoped, value_check
from assay.quality._frame import Frame, Unjudged, kind
from assay.quality._regex import judged_in_python
from assay.quality._registry import compiles
from assay.quality._suite import Expectation

_DISTINCT = "the one scan, and one over the distinct values"


def _parsed(frame: Frame, e: Expectation, holds: Callable[[str], bool]) -> Check:
    column = frame.column(e.kwargs["column"])
    if kind(column) != "text":
        raise Unjudged(f"only texts can be parsed, not {kind(column)} values")
    good = judged_in_python(frame, scoped(frame, e), e.kwargs["column"], holds)
    return value_check(frame, e, ~good)


def _tried(parse: Callable[[str], Any], *errors: type[Exception]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            parse(text)
        except errors:
            return False
        return True

    return holds


@compiles(
    "expect_column_values_to_match_strftime_format", row_level=True, scans=_DISTINCT,
    required=("column", "strftime_format"),
)  # fmt: skip
def strftime_format(frame: Frame, e: Expectation) -> Check:
    """Python's ``strptime`` reads each value by the format."""
    form = str(e.kwargs["strftime_format"])
    return _parsed(frame, e, _tried(lambda v: dt.datetime.strptime(v, form), ValueError))


@compiles("expect_column_values_to_be_dateutil_parseable", row_level=True, scans=_DISTINCT)
def dateutil_parseable(frame: Frame, e: Expectation) -> Check:
    """``dateutil`` reads each value as a date."""
    return _parsed(frame, e, _tried(dateutil.parser.parse, ValueError, OverflowError))


@compiles(
    "expect_column_values_to_be_json_parseable", row_level=True, scans=_DISTINCT,
    differences="Only texts are parsed; a column of another type can't be judged, where GX finds "
    "each value unexpected.",
)  # fmt: skip
def json_parseable(frame: Frame, e: Expectation) -> Check:
    """Each value is JSON, as Python's ``json`` reads it (NaN and Infinity included)."""
    return _parsed(frame, e, _tried(json.loads, ValueError, RecursionError))


@compiles(
    "expect_column_values_to_match_json_schema", row_level=True, scans=_DISTINCT,
    required=("column", "json_schema"),
    differences="A text that isn't JSON fails; with one, GX can't judge at all. Nothing is fetched "
    "for a `$ref`: a schema that needs it can't be judged.",
)  # fmt: skip
def match_json_schema(frame: Frame, e: Expectation) -> Check:
    """Each value is JSON that the schema describes."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    schema = e.kwargs["json_schema"]
    kind_of_schema = validator_for(schema)
    try:
        kind_of_schema.check_schema(schema)
    except SchemaError as exc:
        raise Unjudged("json_schema isn't a JSON schema") from exc
    validator = kind_of_schema(schema, registry=Registry())

    def holds(text: str) -> bool:
        try:
            return bool(validator.is_valid(json.loads(text)))
        except Unresolvable as exc:
            raise Unjudged("json_schema refers to a schema that it doesn't hold") from exc
        except (ValueError, RecursionError):
            return False

    return _parsed(frame, e, holds)
