"""The closed list of functions and operators, each as an Ibis expression."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

import ibis
import ibis.expr.datatypes as types
import ibis.expr.operations as ops

_MANY = 50


_WIDE = types.Decimal(19, 0)
"""Holds each whole number of 64 bits; sums and products of two have room beside it."""


def _whole(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make arithmetic null where a whole result has more than 64 bits, as division by 0 is."""

    def computed(*arguments: Any) -> Any:
        kind = function(*arguments).type()
        if not kind.is_integer():
            return function(*arguments)
        return function(*(a.cast(_WIDE) for a in arguments)).try_cast(kind)

    return computed


def _divide(a: Any, b: Any) -> Any:
    return a.cast("float64") / b.cast("float64").nullif(0)


def _remainder(a: Any, b: Any) -> Any:
    return a % b.nullif(0)


def _number(a: Any) -> Any:
    return a.try_cast("float64") if a.type().is_string() else a.cast("float64")


def _positive(function: Callable[[Any], Any], least: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a function null where its argument is outside its domain, as division by 0 is."""

    def guarded(a: Any) -> Any:
        a = a.cast("float64")
        return function(ibis.ifelse(least(a), a, ibis.null("float64")))

    return guarded


def _round(a: Any, digits: Any = None) -> Any:
    if digits is None:
        return a.round()
    if not isinstance(digits.op(), ops.Literal) or not digits.type().is_integer():
        raise TypeError
    return a.round(digits)


def _choose(condition: Any, a: Any, b: Any) -> Any:
    if not condition.type().is_boolean():
        raise TypeError
    return ibis.ifelse(condition, a, b)


_above_zero = functools.partial(_positive, least=lambda a: a > 0)

FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "or": (2, 2, operator.or_),
    "and": (2, 2, operator.and_),
    "not": (1, 1, operator.invert),
    "=": (2, 2, operator.eq),
    "!=": (2, 2, operator.ne),
    "<": (2, 2, operator.lt),
    "<=": (2, 2, operator.le),
    ">": (2, 2, operator.gt),
    ">=": (2, 2, operator.ge),
    "in": (2, 1000, lambda a, *members: a.isin(members)),
    "is_null": (1, 1, lambda a: a.isnull()),
    "is_not_null": (1, 1, lambda a: a.notnull()),
    "+": (2, 2, _whole(operator.add)),
    "-": (2, 2, _whole(operator.sub)),
    "*": (2, 2, _whole(operator.mul)),
    "/": (2, 2, _divide),
    "%": (2, 2, _whole(_remainder)),
    "negate": (1, 1, _whole(operator.neg)),
    "abs": (1, 1, _whole(lambda a: a.abs())),
    "round": (1, 2, _round),
    "floor": (1, 1, lambda a: a.floor()),
    "ceil": (1, 1, lambda a: a.ceil()),
    "sqrt": (1, 1, _positive(lambda a: a.sqrt(), least=lambda a: a >= 0)),
    "ln": (1, 1, _above_zero(lambda a: a.ln())),
    "log10": (1, 1, _above_zero(lambda a: a.log10())),
    "exp": (1, 1, lambda a: a.exp()),
    "least": (2, _MANY, ibis.least),
    "greatest": (2, _MANY, ibis.greatest),
    "coalesce": (2, _MANY, ibis.coalesce),
    "if": (3, 3, _choose),
    "lower": (1, 1, lambda a: a.lower()),
    "upper": (1, 1, lambda a: a.upper()),
    "trim": (1, 1, lambda a: a.strip()),
    "length": (1, 1, lambda a: a.length()),
    "concat": (2, _MANY, lambda *parts: functools.reduce(operator.add, parts)),
    "substr": (3, 3, lambda a, start, n: a.substr(start, n)),
    "contains": (2, 2, lambda a, part: a.contains(part)),
    "year": (1, 1, lambda a: a.year()),
    "month": (1, 1, lambda a: a.month()),
    "day": (1, 1, lambda a: a.day()),
    "hour": (1, 1, lambda a: a.hour()),
    "minute": (1, 1, lambda a: a.minute()),
    "weekday": (1, 1, lambda a: a.day_of_week.index()),
    "days_between": (2, 2, lambda a, b: a.date().delta(b.date(), unit="day")),
    "number": (1, 1, _number),
    "integer": (1, 1, lambda a: a.try_cast("int64")),
    "text": (1, 1, lambda a: a.cast("string")),
}
"""Name → least and most arguments, and the Ibis expression. Each is null if it can't be computed:
division by zero, the root of a negative number, the logarithm of a number that isn't positive, the
number of a text that is none, a whole number of more than 64 bits. The engine must not fail inside
of one: what it does with a failure in `coalesce` may end the process. `weekday` is 0 on
Monday. `round` takes the number of digits as a literal."""

REPEATED: Mapping[str, int] = {"/": 3, "%": 3, "sqrt": 3, "ln": 3, "log10": 3, "substr": 4}
"""How often the compiled form of a function repeats its arguments, where more than once."""
