"""Expectations of a contract's type options and rules that Great Expectations has no name for."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, Final

from assay.quality._check import Check, row_check, scoped, value_check
from assay.quality._frame import Frame, Unjudged, all_of, any_of, is_in, kind
from assay.quality._regex import judged_in_python, matches
from assay.quality._registry import OWN_TESTS, compiles
from assay.quality._suite import Expectation

_DISTINCT: Final = "the one scan, and one over the distinct values"
_LONGEST_HOST: Final = 253
_NOTHING: Final = "$."
"""A pattern of no text: nothing is behind an end."""
_OCTET: Final = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
PLAIN: Final = {
    "email": r"^[A-Za-z0-9_+-]{1,30}(\.[A-Za-z0-9_+-]{1,30})?@[a-z0-9]{1,30}(-[a-z0-9]{1,30})?\."
    "(com|org|net|edu|info|de|fr|uk|nl|es|it|pl|ch|at|eu|jp|cn|in|br)$",
    "uuid": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    "ipv4": rf"^({_OCTET}\.){{3}}{_OCTET}$",
}
"""Texts that have their format for certain, so that the engine finds most of them by itself."""


@compiles(
    "expect_column_values_to_be_multiple_of", row_level=True, oracle=OWN_TESTS,
    required=("column", "multiple_of"),
)  # fmt: skip
def multiple_of(frame: Frame, e: Expectation) -> Check:
    """Each value is a whole multiple of ``multiple_of``, as both are written in decimals.

    A float is a multiple of p/q if it is the float nearest to one: 0.3 is one of 0.1.
    """
    column, step = frame.column(e.kwargs["column"]), e.kwargs["multiple_of"]
    if kind(column) != "number":
        raise Unjudged(f"{kind(column)} values have no multiples")
    if isinstance(step, bool) or not isinstance(step, int | float) or not step > 0:
        raise Unjudged("multiple_of must be a number above 0")
    if not math.isfinite(step):
        raise Unjudged("multiple_of must be finite")
    part = Fraction(str(step))
    if not column.type().is_floating() and part.denominator == 1:
        return value_check(frame, e, column % part.numerator != 0)
    over, under = float(part.numerator), float(part.denominator)
    times = (column.cast("float64") * under / over).round()
    return value_check(frame, e, times * over / under != column.cast("float64"))


@compiles(
    "expect_column_values_to_have_format", row_level=True, oracle=OWN_TESTS, scans=_DISTINCT,
    required=("column", "format"),
)  # fmt: skip
def of_format(frame: Frame, e: Expectation) -> Check:
    """Each text is an e-mail address, a UUID, a URI, a host name or an IP address."""
    form, name = str(e.kwargs["format"]), str(e.kwargs["column"])
    conforms = FORMATS.get(form)
    if conforms is None:
        raise Unjudged(f"no such format: {form!r}")
    column, table = frame.column(name), scoped(frame, e)
    if kind(column) != "text":
        raise Unjudged("only texts have a format")
    plain = PLAIN.get(form, _NOTHING)
    others = table.filter(~table[name].re_search(plain))
    good = judged_in_python(frame, others, name, lambda texts: map(conforms, texts))
    return value_check(frame, e, ~(column.re_search(plain) | good))


@cache
def _checker() -> Any:
    from jsonschema import FormatChecker

    return FormatChecker()


def _by_jsonschema(name: str) -> Callable[[str], bool]:
    return lambda text: bool(_checker().conforms(text, name))


def _is_email(text: str) -> bool:
    """Whether a text is one address; nobody is asked if it is there."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _is_uri(text: str) -> bool:
    """Whether a text has a scheme and something behind it, without blanks."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "<>\\^`{|}')
    return plain and bool(parts.scheme) and bool(parts.netloc or parts.path)


def _is_hostname(text: str) -> bool:
    """Whether a text is a host name by RFC 1123."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= _LONGEST_HOST and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    plain = label.isascii() and label.replace("-", "").isalnum()
    return plain and 0 < len(label) < 64 and label[0] != "-" != label[-1]


FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "email": _is_email,
    "uuid": _by_jsonschema("uuid"),
    "uri": _is_uri,
    "hostname": _is_hostname,
    "ipv4": _by_jsonschema("ipv4"),
    "ipv6": _by_jsonschema("ipv6"),
}


@compiles(
    "expect_column_values_to_not_be_missing", row_level=True, oracle=OWN_TESTS,
    required=("column", "missing_values"), dimension="completeness",
)  # fmt: skip
def not_missing(frame: Frame, e: Expectation) -> Check:
    """No value is one of ``missing_values``, among which null may be."""
    column, named = frame.column(e.kwargs["column"]), e.kwargs["missing_values"]
    parts = [is_in(column, [v for v in named if v is not None]).fill_null(False)]
    if None in named:
        absent = column.isnull()
        if "__unparsed" in frame.table.columns:
            unparsed = frame.table["__unparsed"].contains(e.kwargs["column"])
            absent &= ~unparsed.fill_null(False)  # it was there, and has a reason of its own
        parts.append(absent)
    return row_check(frame, e, any_of(parts), considered=None)


@compiles(
    "expect_column_values_to_be_valid", row_level=True, oracle=OWN_TESTS, scans=_DISTINCT,
    required=("column", "value_set", "regex"),
)  # fmt: skip
def valid(frame: Frame, e: Expectation) -> Check:
    """Each value is in ``value_set`` and matches ``regex``."""
    name: Any = e.kwargs["column"]
    listed = is_in(frame.column(name), e.kwargs["value_set"])
    good = all_of([listed, matches(frame, scoped(frame, e), name, e.kwargs["regex"])])
    return value_check(frame, e, ~good)
