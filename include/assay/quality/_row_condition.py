"""Row conditions: a small grammar that is parsed and never run as text.

They mean what they mean to pandas' ``DataFrame.query``, which Great Expectations uses. Comparisons
are two-valued: a null makes ``==``, ``<`` and ``in`` false, ``!=`` and ``not in`` true. The grammar
knows column names (bare, in backticks or ``col("name")``), numbers, texts, ``True`` and
``False``, the comparisons, ``in`` and ``not in`` lists, ``and`` ``or`` ``not`` (also ``&`` ``|``
``~``), ``isnull()`` and ``notnull()``, and Great Expectations' condition objects for all of these.
The tree is one of :mod:`assay.expression`.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.expression import Call, Literal, Name

_OPERATORS: Final[dict[type, str]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NULL_CALLS: Final = {
    **dict.fromkeys(("isnull", "isna", "is_null", "isNull"), "is_null"),
    **dict.fromkeys(("notnull", "notna", "is_not_null", "notNull"), "is_not_null"),
}

_LONGEST: Final = 100_000
_DEEPEST: Final = 40
_SHOWN: Final = 200


class ConditionError(ValueError):
    """A row condition that the grammar doesn't know."""


def parse_condition(value: Any) -> Call | None:
    """The condition as a tree, None where there is none.

    Its functions are ``and``, ``or``, ``not``, ``is_null``, ``is_not_null``, ``in`` (a column and
    literals) and the comparisons of a column with a literal or a column.

    Raises
    ------
    ConditionError
        If it is outside the grammar.

    Examples
    --------
    >>> parse_condition('age > 18 and col("city").notnull()').function
    'and'
    >>> parse_condition("age.map(print)")
    Traceback (most recent call last):
    assay.quality._row_condition.ConditionError: 'age.map(print)' isn't a condition
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            return _parsed(value)
        if isinstance(value, Mapping):
            return _object(value)
    except (RecursionError, MemoryError):  # as Python's parser says that its stack is full
        raise ConditionError("the condition is nested too deep") from None
    raise _refused(value)


def _refused(value: Any) -> ConditionError:
    shown = repr(value)
    return ConditionError(
        f"{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'} isn't a condition"
    )


def _parsed(text: str) -> Call:
    if len(text) > _LONGEST:
        raise ConditionError(f"the condition has more than {_LONGEST} characters")
    try:
        code, ticked = _python(text)
        tree = ast.parse(code, mode="eval")
    except (SyntaxError, ValueError, tokenize.TokenError) as exc:
        raise _refused(text) from exc
    return _Reader(text, ticked).condition(tree.body)


def _python(text: str) -> tuple[str, dict[str, str]]:
    """The text in Python's words, with stand-ins for the names in backticks."""
    ticked: dict[str, str] = {}
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        raise ValueError("a backtick is open")
    for i in range(1, len(pieces), 2):
        ticked[f"ticked_{i}_"] = pieces[i]
        pieces[i] = f"ticked_{i}_"
    words = {"&": " and ", "&&": " and ", "|": " or ", "||": " or ", "~": " not ",
             "AND": " and ", "OR": " or ", "NOT": " not ", "IN": " in "}  # fmt: skip
    out = []
    for token in tokenize.generate_tokens(io.StringIO("".join(pieces)).readline):
        if token.type == tokenize.COMMENT:
            raise ValueError("a comment")
        word = token.string
        named = token.type in {tokenize.OP, tokenize.NAME}
        out.append(words.get(word, word) if named else word)
    return " ".join(out).strip(), ticked


@dataclass(frozen=True)
class _Reader:
    text: str
    ticked: Mapping[str, str]

    def refuse(self) -> ConditionError:
        return _refused(self.text)

    def condition(self, node: ast.AST, depth: int = 0) -> Call:
        if depth > _DEEPEST:
            raise ConditionError("the condition is nested too deep")
        match node:
            case ast.BoolOp(op=op, values=values):
                kind = "and" if isinstance(op, ast.And) else "or"
                return Call(kind, tuple(self.condition(v, depth + 1) for v in values))
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return Call("not", (self.condition(inner, depth + 1),))
            case ast.Compare(left=left, ops=ops, comparators=others):  # 1 < a < 3 is two
                pairs = zip([left, *others], ops, others, strict=False)
                parts = tuple(self.compare(a, _OPERATORS.get(type(o), ""), b) for a, o, b in pairs)
                return parts[0] if len(parts) == 1 else Call("and", parts)
            case ast.Call(func=ast.Attribute(value=column, attr=attribute), args=[], keywords=[]):
                if attribute in _NULL_CALLS:
                    return Call(_NULL_CALLS[attribute], (self.column(column),))
        raise self.refuse()

    def compare(self, left: ast.AST, op: str, right: ast.AST) -> Call:
        a, b = self.term(left), self.term(right)
        if op in {"==", "!="} and isinstance(b, list):
            op = "in" if op == "==" else "not in"  # as pandas reads it
        if not isinstance(a, Name) and isinstance(b, Name) and op in _FLIPPED:
            a, b, op = b, a, _FLIPPED[op]
        if not isinstance(a, Name) or not op or (op in {"in", "not in"}) != isinstance(b, list):
            raise self.refuse()
        return _comparison(a, op, b)

    def term(self, node: ast.AST) -> Any:
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self.constant(e) for e in node.elts]
        if isinstance(node, ast.Name | ast.Call):
            return self.column(node)
        return self.constant(node)

    def column(self, node: ast.AST) -> Name:
        match node:
            case ast.Name(id=name):
                return Name(self.ticked.get(name, name))
            case ast.Call(func=ast.Name(id="col"), args=[ast.Constant(value=str(name))]):
                return Name(name)
        raise self.refuse()

    def constant(self, node: ast.AST) -> Any:
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                value = self.constant(inner)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    return -value
            case ast.Constant(value=str() | int() | float() as value):
                return value
        raise self.refuse()


def _comparison(column: Name, operator: str, right: Any) -> Call:
    """A column against a constant, a list of constants or a column."""
    if operator in {"in", "not in"}:
        inside = Call("in", (column, *map(Literal, right)))
        return inside if operator == "in" else Call("not", (inside,))
    return Call(operator, (column, right if isinstance(right, Name) else Literal(right)))


def _object(value: Mapping[str, Any]) -> Call:
    kind = str(value.get("type"))
    if kind == "pass_through" and isinstance(value.get("pass_through_filter"), str):
        return _parsed(value["pass_through_filter"])
    conditions = value.get("conditions")
    if kind in {"and", "or"} and conditions and isinstance(conditions, list | tuple):
        parts = [parse_condition(c) for c in conditions]
        return Call(str(kind), tuple(p for p in parts if p is not None))
    name = value.get("column")
    name = name.get("name") if isinstance(name, Mapping) else name
    if kind == "nullity" and isinstance(name, str):
        return Call("is_null" if value.get("is_null") else "is_not_null", (Name(name),))
    op = str(value.get("operator", "")).lower().replace("_", " ")
    if kind == "comparison" and isinstance(name, str) and op in {*_FLIPPED, "in", "not in"}:
        parameter = value.get("parameter")
        if parameter is not None and (op in _FLIPPED) != isinstance(parameter, list):
            return _comparison(Name(name), op, parameter)
    raise _refused(dict(value))
