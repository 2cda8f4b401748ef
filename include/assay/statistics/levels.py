"""Levels of columns compared by what they mean: ``1``, ``1.0`` and true are one level.

A level in a policy is text. A column has levels as texts, numbers or booleans, and two columns of
one data set may have different types: a label that is missing in some rows is often a
floating-point number beside a whole prediction.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import ibis

from assay.statistics.values import is_missing


def level_text(column: Any) -> Any:
    """A column's values as text, as a policy writes them: 2.0 is '2', NaN is missing."""
    kind = column.type()
    if not (kind.is_floating() or kind.is_decimal()):
        return column if kind.is_string() else column.cast("string")
    number = column.cast("float64")
    whole = number.try_cast("int64")
    exact = whole.notnull() & (whole.cast("float64") == number)
    text = ibis.ifelse(exact, whole.cast("string"), number.cast("string"))
    return ibis.ifelse(number.isnan(), ibis.null("string"), text)


def is_level(column: Any, levels: Iterable[str]) -> Any:
    """Whether a value is one of some levels, given as a policy writes them; null where missing.

    A level of a column of numbers or booleans may be written as either: ``1``, ``1.0``, ``true``.
    A column of text has the levels that are written.
    """
    kind = column.type()
    if kind.is_boolean():
        meant = [{"1": "true", "0": "false"}.get(_numeral(v), v) for v in levels]
    elif kind.is_numeric():
        meant = [_numeral(v) for v in levels]
    else:
        meant = list(levels)
    return level_text(column).isin(meant)


def same_level(left: Any, right: Any) -> Any:
    """Whether two columns have the same level in a row; null where one of them is missing.

    Numbers and booleans are compared as numbers. A text beside a number is compared by the number
    that it writes.
    """
    texts = [column.type().is_string() for column in (left, right)]
    numbers = [c.type().is_numeric() or c.type().is_boolean() for c in (left, right)]
    if all(numbers) or (any(texts) and any(numbers)):
        missing = is_missing(left) | is_missing(right)
        same = ibis.coalesce(_number(left) == _number(right), False)
        return ibis.ifelse(missing, ibis.null("boolean"), same)
    return level_text(left) == level_text(right)


def _number(column: Any) -> Any:
    """A column as numbers, true being 1; null for a text that isn't one."""
    kind = column.type()
    if kind.is_boolean():
        return column.cast("int64")
    if not kind.is_string():
        return column
    text = column.strip().lower()
    truth = ibis.cases((text == "true", 1.0), (text == "false", 0.0))
    return ibis.coalesce(truth, text.try_cast("float64"))


def _numeral(text: str) -> str:
    """The number that a level writes, as :func:`level_text` writes it; else the level itself.

    Examples
    --------
    >>> _numeral("1.0"), _numeral("True"), _numeral("0.50"), _numeral("yes")
    ('1', '1', '0.5', 'yes')
    """
    word = {"true": "1", "false": "0"}.get(text.strip().lower(), text.strip())
    if re.fullmatch(r"[+-]?[0-9]+", word):
        return str(int(word))
    try:
        number = math.nan if "_" in word else float(word)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    whole = number.is_integer() and abs(number) < 2**63
    return str(int(number)) if whole else repr(number)
