"""The tree of an expression compiled to Ibis, never evaluated as code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import Table
from ibis.common.annotations import SignatureValidationError
from ibis.common.exceptions import IbisError

from assay.engine import data_columns
from assay.engine.functions import null_on_error
from assay.errors import PolicyError, unknown
from assay.expression._functions import FUNCTIONS, REPEATED
from assay.expression._grammar import (
    Call,
    Literal,
    Name,
    Node,
    calls_in,
    names_in,
    parse_expression,
)

_LARGEST = 20_000


def columns_of(text: str) -> tuple[str, ...]:
    """Check the grammar and the functions of an expression, and list the columns that it reads.

    Returns
    -------
    tuple of str
        Sorted; the lineage of what the expression gives.

    Raises
    ------
    PolicyError
        If it can't be read, or calls a function that isn't in the closed list.

    Examples
    --------
    >>> columns_of("if(arr_delay > 15, 'late', 'on time')")
    ('arr_delay',)
    """
    tree = parse_expression(text)
    for call in calls_in(tree):
        _function(call)
    return names_in(tree)


def compile_expression(text: str, table: Table) -> ir.Value:
    """Compile an expression over a table's columns to an Ibis value.

    The value is null in each row in which it can't be computed (an overflow, a text that is no
    number), so that no row can end a run.

    Raises
    ------
    PolicyError
        If it can't be read, if a name isn't a column, or if the types don't go together.
    """
    tree = parse_expression(text)
    if _size(tree) > _LARGEST:
        raise PolicyError("the expression is too large when it is compiled", got=text,
                          expected="less nesting of: " + ", ".join(REPEATED))  # fmt: skip
    try:
        value = _compiled(tree, table)
    except (IbisError, SignatureValidationError, TypeError, AttributeError, ValueError) as exc:
        raise PolicyError(
            "the types of an expression don't go together", got=text,
            expected="operators and functions of numbers on numbers, of text on text",
        ) from exc  # fmt: skip
    if value.type().is_null():
        raise PolicyError("the expression has no type", got=text, expected="a value, not only null")
    return null_on_error(value)


def _size(node: Node) -> int:
    """Number of parts of the compiled form."""
    if not isinstance(node, Call):
        return 1
    return 1 + REPEATED.get(node.function, 1) * sum(map(_size, node.arguments))


def _function(call: Call) -> Callable[..., Any]:
    known = FUNCTIONS.get(call.function)
    if known is None:
        functions = [name for name in FUNCTIONS if name[0].isalpha()]
        raise PolicyError("no such function", **unknown(call.function, functions))
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
        options = data_columns(table)
        if node.name not in options:
            raise PolicyError("no such column", **unknown(node.name, sorted(options)))
        return table[node.name]
    return _function(node)(*(_compiled(argument, table) for argument in node.arguments))
