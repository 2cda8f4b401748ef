"""Derived columns: the tree of an expression compiled to Ibis, never evaluated as code."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.operations as ops
from ibis import Table
from ibis.common.annotations import SignatureValidationError
from ibis.common.exceptions import IbisError

from assay.cleaning._flow import Flow
from assay.errors import PolicyError, did_you_mean
from assay.expression._grammar import (
    Call,
    Literal,
    Name,
    Node,
    calls_in,
    names_in,
    parse_expression,
)
from assay.policy.cleaning import DeriveStep

_MANY = 50


def _divide(a: Any, b: Any) -> Any:
    return a.cast("float64") / ibis.ifelse(b == 0, ibis.null("float64"), b.cast("float64"))


def _remainder(a: Any, b: Any) -> Any:
    return a % ibis.ifelse(b == 0, ibis.null(b.type()), b)


def _positive(function: Callable[[Any], Any], least: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that is null where its argument is outside its domain, as division by 0 is."""

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


def _list(a: Any, *members: Any) -> Any:
    return a.isin(members)


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
    "in": (2, 1000, _list),
    "is_null": (1, 1, lambda a: a.isnull()),
    "is_not_null": (1, 1, lambda a: a.notnull()),
    "+": (2, 2, operator.add),
    "-": (2, 2, operator.sub),
    "*": (2, 2, operator.mul),
    "/": (2, 2, _divide),
    "%": (2, 2, _remainder),
    "negate": (1, 1, operator.neg),
    "abs": (1, 1, lambda a: a.abs()),
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
    "number": (1, 1, lambda a: a.cast("float64")),
    "integer": (1, 1, lambda a: a.cast("int64")),
    "text": (1, 1, lambda a: a.cast("string")),
}
"""Name → least and most arguments, and its Ibis expression. Division by zero, the root of a
negative number and the logarithm of one that isn't positive are null; `weekday` is 0 on Monday;
`round` takes the number of digits as a literal."""


def check_expression(text: str) -> tuple[str, ...]:
    """Columns that an expression reads, after a check of its grammar and its functions.

    Raises
    ------
    PolicyError
        If it can't be read, or calls what isn't in the closed list.

    Examples
    --------
    >>> check_expression("if(arr_delay > 15, 'late', 'on time')")
    ('arr_delay',)
    """
    tree = parse_expression(text)
    for call in calls_in(tree):
        _function(call)
    return names_in(tree)


def derive(table: Table, text: str) -> Any:
    """An expression over a table's columns, as an Ibis value.

    It is null in the rows in which it can't be computed (an overflow, a text that is no number), so
    that no row can end a run.

    Raises
    ------
    PolicyError
        If a name isn't a column, or the types don't go together.
    """
    tree = parse_expression(text)
    try:
        value = _compiled(tree, table)
    except (IbisError, SignatureValidationError, TypeError, AttributeError, ValueError) as exc:
        raise PolicyError(
            "the types of an expression don't go together", got=text,
            expected="operators and functions of numbers on numbers, of text on text",
        ) from exc  # fmt: skip
    if value.type().is_null():
        raise PolicyError("the expression has no type", got=text, expected="a value, not only null")
    return _attempted(value)


def _attempted(value: Any) -> Any:
    """DuckDB's TRY: null where an error would be raised."""
    kind = value.type()
    attempt = ibis.udf.scalar.builtin(lambda value: value, name="try", signature=((kind,), kind))
    return attempt(value)


def _function(call: Call) -> Callable[..., Any]:
    known = FUNCTIONS.get(call.function)
    if known is None:
        raise PolicyError(
            "no such function",
            got=call.function,
            expected="one of: " + ", ".join(n for n in FUNCTIONS if n[0].isalpha()),
            do=did_you_mean(call.function, FUNCTIONS) or None,
        )
    least, most, function = known
    if not least <= len(call.arguments) <= most:
        raise PolicyError(
            f"{call.function} has the wrong number of arguments",
            got=len(call.arguments),
            expected=str(least) if least == most else f"{least} to {most}",
        )
    return function


def _compiled(node: Node, table: Table) -> Any:
    if isinstance(node, Literal):
        return ibis.null() if node.value is None else ibis.literal(node.value)
    if isinstance(node, Name):
        if node.name not in table.columns or node.name.startswith("__"):
            options = [n for n in table.columns if not n.startswith("__")]
            raise PolicyError(
                "no such column", got=node.name, expected="one of: " + ", ".join(sorted(options)),
                do=did_you_mean(node.name, options) or None,
            )  # fmt: skip
        return table[node.name]
    return _function(node)(*(_compiled(argument, table) for argument in node.arguments))


def apply_derive(flow: Flow, step: DeriveStep) -> Flow:
    """Add a step's columns, each from those before it."""
    table = flow.table
    for name, text in step.columns.items():
        table = table.mutate(**{name: derive(table, text)})
    return replace(flow, table=table)
