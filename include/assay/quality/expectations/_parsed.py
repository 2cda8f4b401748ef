"""Expectations of what texts parse as."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dateutil.parser  # type: ignore[import-untyped]

from assay.quality._check import Check, scoped, value_check
from assay.quality._frame import Frame, Unjudged, kind
from assay.quality._judge_process import Judging
from assay.quality._regex import judged_aside, judged_in_python
from assay.quality._registry import compiles
from assay.quality._suite import Expectation

Parse = Callable[[Sequence[str]], Iterable[bool]]
_DISTINCT = "the one scan, and one over the distinct values"


def _texts(frame: Frame, e: Expectation) -> str:
    """Name of the column, if it holds texts."""
    column = frame.column(e.kwargs["column"])
    if kind(column) != "text":
        raise Unjudged(f"only texts can be parsed, not {kind(column)} values")
    return str(e.kwargs["column"])


def _parsed(frame: Frame, e: Expectation, holds: Parse) -> Check:
    good = judged_in_python(frame, scoped(frame, e), _texts(frame, e), holds)
    return value_check(frame, e, ~good)


def _tried(parse: Callable[[str], Any], *errors: type[Exception]) -> Parse:
    def holds(text: str) -> bool:
        try:
            parse(text)
        except errors:
            return False
        return True

    return lambda texts: map(holds, texts)


@compiles(
    "expect_column_values_to_match_strftime_format", row_level=True, scans=_DISTINCT,
    required=("column", "strftime_format"),
)  # fmt: skip
def strftime_format(frame: Frame, e: Expectation) -> Check:
    """Python's ``strptime`` reads each value by the format."""
    form = str(e.kwargs["strftime_format"])
    _check_format(form)
    return _parsed(frame, e, _tried(lambda v: dt.datetime.strptime(v, form), ValueError))


def _check_format(form: str) -> None:
    """Refuse a format that ``strptime`` can't read any text by, such as ``%Y%Y``."""
    try:
        dt.datetime.strptime("", form)
    except re.error:
        raise Unjudged(f"strftime_format has a directive twice: {form!r}") from None
    except ValueError as exc:
        if "directive" in str(exc) or "stray %" in str(exc):
            raise Unjudged(f"strftime_format isn't a format: {exc}") from None


@compiles("expect_column_values_to_be_dateutil_parseable", row_level=True, scans=_DISTINCT)
def dateutil_parseable(frame: Frame, e: Expectation) -> Check:
    """``dateutil`` reads each value as a date."""
    return _parsed(frame, e, _tried(dateutil.parser.parse, Exception))


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

    schema = e.kwargs["json_schema"]
    try:
        validator_for(schema).check_schema(schema)
    except (SchemaError, TypeError) as exc:
        raise Unjudged("json_schema isn't a JSON schema") from exc
    judging = Judging("json_schema", schema, "the JSON schema")
    good = judged_aside(frame, scoped(frame, e), _texts(frame, e), judging)
    return value_check(frame, e, ~good)
