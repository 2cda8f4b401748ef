"""Row conditions: a small grammar that is parsed and never run as text.

Read like pandas' ``DataFrame.query``, because that is what Great Expectations does with them:
comparisons are two-valued, so a null makes ``==``, ``<`` and ``in`` false, ``!=`` and ``not in``
true. Known are column names (bare, in backticks or ``col("name")``), numbers, texts, ``True`` and
``False``, the comparisons, ``in`` and ``not in`` lists, ``and`` ``or`` ``not`` (also ``&`` ``|``
``~``), ``isnull()`` and ``notnull()``, and the same as Great Expectations' condition objects.
"""

from __future__ import annotations

import ast
import io
import operator
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_AST: Final[dict[type, str]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NULL_CALLS: Final = {
    "isnull": True, "isna": True, "is_null": True, "isNull": True,
    "notnull": False, "notna": False, "is_not_null": False, "notNull": False,
}  # fmt: skip


class ConditionError(ValueError):
    """A row condition that the grammar doesn't know."""


@dataclass(frozen=True)
class ColumnName:
    """A column that a condition names."""

    name: str


@dataclass(frozen=True)
class Compare:
    """A comparison of a column with a value, a list of values or another column."""

    left: ColumnName
    operator: str
    right: Any


@dataclass(frozen=True)
class IsNull:
    """Whether a column is null, or isn't."""

    column: ColumnName
    null: bool


@dataclass(frozen=True)
class Junction:
    """``and``, ``or`` or ``not`` over conditions."""

    kind: str
    parts: tuple[Any, ...]


Condition = Compare | IsNull | Junction


def parse_condition(value: Any) -> Condition | None:
    """The condition as a tree, None where there is none.

    Raises
    ------
    ConditionError
        If it is outside the grammar.

    Examples
    --------
    >>> parse_condition('age > 18 and col("city").notnull()').kind
    'and'
    >>> parse_condition("age.map(print)")
    Traceback (most recent call last):
    assay.quality._row_condition.ConditionError: 'age.map(print)' isn't a condition
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, Mapping):
        return _object(value)
    raise ConditionError(f"{value!r} isn't a condition")


def condition_columns(condition: Condition | None) -> tuple[str, ...]:
    """Names of the columns that a condition reads."""
    if condition is None:
        return ()
    if isinstance(condition, Junction):
        return tuple(dict.fromkeys(c for p in condition.parts for c in condition_columns(p)))
    if isinstance(condition, IsNull):
        return (condition.column.name,)
    other = (condition.right.name,) if isinstance(condition.right, ColumnName) else ()
    return (condition.left.name, *other)


def _parsed(text: str) -> Condition:
    try:
        code, ticked = _python(text)
        tree = ast.parse(code, mode="eval")
    except (SyntaxError, ValueError, tokenize.TokenError) as exc:
        raise ConditionError(f"{text!r} isn't a condition") from exc
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
        return ConditionError(f"{self.text!r} isn't a condition")

    def condition(self, node: ast.AST) -> Condition:
        if isinstance(node, ast.BoolOp):
            kind = "and" if isinstance(node.op, ast.And) else "or"
            return Junction(kind, tuple(self.condition(v) for v in node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Junction("not", (self.condition(node.operand),))
        if isinstance(node, ast.Compare):
            return self.chain(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            null = _NULL_CALLS.get(node.func.attr)
            if null is not None and not node.args and not node.keywords:
                return IsNull(self.column(node.func.value), null)
        raise self.refuse()

    def chain(self, node: ast.Compare) -> Condition:
        """``1 < a < 3`` is two comparisons."""
        terms = [node.left, *node.comparators]
        parts = tuple(
            self.compare(a, _AST.get(type(op), ""), b)
            for a, op, b in zip(terms, node.ops, terms[1:], strict=False)
        )
        return parts[0] if len(parts) == 1 else Junction("and", parts)

    def compare(self, left: ast.AST, op: str, right: ast.AST) -> Compare:
        a, b = self.term(left), self.term(right)
        if op in {"==", "!="} and isinstance(b, list):
            op = "in" if op == "==" else "not in"  # as pandas reads it
        if not isinstance(a, ColumnName) and isinstance(b, ColumnName) and op in _FLIPPED:
            a, b, op = b, a, _FLIPPED[op]
        listed = op in {"in", "not in"}
        if not isinstance(a, ColumnName) or not op or listed != isinstance(b, list) or b is None:
            raise self.refuse()
        return Compare(a, op, b)

    def term(self, node: ast.AST) -> Any:
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self.constant(e) for e in node.elts]
        if isinstance(node, ast.Name | ast.Call):
            return self.column(node)
        return self.constant(node)

    def column(self, node: ast.AST) -> ColumnName:
        if isinstance(node, ast.Name):
            return ColumnName(self.ticked.get(node.id, node.id))
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "col"
            and len(node.args) == 1
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            return ColumnName(node.args[0].value)
        raise self.refuse()

    def constant(self, node: ast.AST) -> Any:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self.constant(node.operand)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool):
            return node.value
        raise self.refuse()


def _object(value: Mapping[str, Any]) -> Condition:
    kind = value.get("type")
    if kind == "pass_through" and isinstance(value.get("pass_through_filter"), str):
        return _parsed(value["pass_through_filter"])
    if kind in {"and", "or"} and value.get("conditions"):
        parts = [parse_condition(c) for c in value["conditions"]]
        return Junction(str(kind), tuple(p for p in parts if p is not None))
    name = value.get("column")
    name = name.get("name") if isinstance(name, Mapping) else name
    if kind == "nullity" and isinstance(name, str):
        return IsNull(ColumnName(name), bool(value.get("is_null")))
    op = str(value.get("operator", "")).lower().replace("_", " ")
    if kind == "comparison" and isinstance(name, str) and op in {*COMPARISONS, "in", "not in"}:
        parameter = value.get("parameter")
        if parameter is not None and (op in COMPARISONS) != isinstance(parameter, list):
            return Compare(ColumnName(name), op, parameter)
    raise ConditionError(f"{dict(value)!r} isn't a condition")
