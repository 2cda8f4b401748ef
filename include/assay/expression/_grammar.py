"""The grammar of expressions: text becomes a tree by recursive descent.

Nothing is ever evaluated as code. A tree has literals, names and calls: names are columns, and
functions come from a closed list (``_functions.py``). Length and nesting are bounded.

::

    either     = both { "or" both }
    both       = negation { "and" negation }
    negation   = "not" negation | comparison
    comparison = sum [ ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") sum
                     | "is" ["not"] "null" | ["not"] "in" "(" literal { "," literal } ")" ]
    sum        = product { ("+" | "-") product }
    product    = signed { ("*" | "/" | "%") signed }
    signed     = "-" signed | primary
    primary    = number | string | "true" | "false" | "null" | name
               | function "(" [ either { "," either } ] ")" | "(" either ")"
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from assay.errors import PolicyError

_LONGEST = 2000
_DEEPEST = 40
_LARGEST = 2**63 - 1
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>`[^`]+`)
    | (?P<name>[^\W\d]\w*)
    | (?P<op>==|!=|<=|>=|[=<>+\-*/%(),])
    )""",
    re.VERBOSE,
)
_COMPARE = {"=", "==", "!=", "<", "<=", ">", ">="}
_CONSTANTS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
_WORDS = {"and", "or", "not", "is", "in", *_CONSTANTS}


@dataclass(frozen=True)
class Literal:
    """A number, a text, a truth value or null."""

    value: bool | int | float | str | None


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function of the closed list, or an operator, of some arguments."""

    function: str
    arguments: tuple[Node, ...]


Node = Literal | Name | Call
Part = Callable[[int], Node]


def parse_expression(text: str) -> Node:
    """Read an expression as a tree.

    Parameters
    ----------
    text : str
        One expression, at most 2000 characters, nested at most 40 deep.

    Raises
    ------
    PolicyError
        With the place of the first fault.

    Notes
    -----
    Comparison doesn't chain: ``a < b < c`` is a fault. A column whose name isn't a word is
    written in backquotes; a quote within a text is doubled.

    Examples
    --------
    >>> parse_expression("arr_delay - dep_delay")
    Call(function='-', arguments=(Name(name='arr_delay'), Name(name='dep_delay')))
    >>> parse_expression("__import__('os')")
    Call(function='__import__', arguments=(Literal(value='os'),))
    """
    if len(text) > _LONGEST:
        raise PolicyError("the expression is too long", expected=f"at most {_LONGEST} characters")
    reader = _Reader(text)
    node = reader.either(0)
    reader.end()
    return node


def names_in(node: Node) -> tuple[str, ...]:
    """List the columns that an expression reads, sorted."""
    return tuple(sorted({part.name for part in _parts(node) if isinstance(part, Name)}))


def calls_in(node: Node) -> Iterator[Call]:
    """Every function call and operator of a tree."""
    return (part for part in _parts(node) if isinstance(part, Call))


def _parts(node: Node) -> Iterator[Node]:
    yield node
    for argument in node.arguments if isinstance(node, Call) else ():
        yield from _parts(argument)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise PolicyError("not a word of the grammar", where=f"character {at + 1}",
                              got=text[at:].lstrip()[:10])  # fmt: skip
        kind = str(match.lastgroup)
        found.append(_Token(kind, match.group(kind), match.start(kind)))
        at = match.end()
    return [*found, _Token("end", "", end)]


def _number(token: _Token) -> int | float:
    """A number that the engine's 64 bits hold."""
    whole = token.text.isdecimal() and len(token.text) < 20
    number = int(token.text) if whole else float(token.text)
    if (number > _LARGEST) if whole else (math.isinf(number) or token.text.isdecimal()):
        most = f"a whole number up to {_LARGEST}, or one with a point or exponent below 1.8e308"
        raise PolicyError("the number is too large", where=f"character {token.at + 1}",
                          got=token.text[:24], expected=most)  # fmt: skip
    return number


class _Reader:
    """Recursive descent over the tokens; each method reads the rule of its name."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = 0

    def end(self) -> None:
        if self._peek().kind != "end":
            self._fault("an operator or the end")

    def either(self, depth: int) -> Node:
        return self._chain(("or",), self._both, depth)

    def _both(self, depth: int) -> Node:
        return self._chain(("and",), self._negation, depth)

    def _negation(self, depth: int) -> Node:
        if self._take("not"):
            return Call("not", (self._negation(self._deeper(depth)),))
        return self._comparison(depth)

    def _comparison(self, depth: int) -> Node:
        left = self._sum(depth)
        if self._peek().kind == "op" and self._peek().text in _COMPARE:
            operator = self._advance().text
            return Call("=" if operator == "==" else operator, (left, self._sum(depth)))
        if self._take("is"):
            negated = self._take("not")
            self._need("null")
            return Call("is_not_null" if negated else "is_null", (left,))
        if self._take("in"):
            return Call("in", (left, *self._members(self._deeper(depth))))
        if self._peek().text == "not" and self._peek(1).text == "in":
            self._next += 2
            return Call("not", (Call("in", (left, *self._members(self._deeper(depth)))),))
        return left

    def _members(self, depth: int) -> list[Node]:
        self._need("(")
        return self._listed(lambda: self._member(depth))

    def _listed(self, part: Callable[[], Node]) -> list[Node]:
        found = [part()]
        while self._take(","):
            found.append(part())
        self._need(")")
        return found

    def _member(self, depth: int) -> Node:
        negative = self._take("-")
        member = self._primary(depth)
        if not isinstance(member, Literal):
            self._fault("a literal in the list")
        if not negative:
            return member
        if isinstance(member.value, bool) or not isinstance(member.value, int | float):
            self._fault("a number after the minus")
        return Literal(-member.value)

    def _sum(self, depth: int) -> Node:
        return self._chain(("+", "-"), self._product, depth)

    def _product(self, depth: int) -> Node:
        return self._chain(("*", "/", "%"), self._signed, depth)

    def _signed(self, depth: int) -> Node:
        if self._take("-"):
            return Call("negate", (self._signed(self._deeper(depth)),))
        return self._primary(depth)

    def _primary(self, depth: int) -> Node:
        token = self._peek()
        if token.kind == "name" and token.text not in _WORDS:
            self._next += 1
            if self._peek().text == "(" and self._peek().kind == "op":
                return Call(token.text, self._arguments(self._deeper(depth)))
            return Name(token.text)
        if self._take("("):
            inner = self.either(self._deeper(depth))
            self._need(")")
            return inner
        return self._literal()

    def _literal(self) -> Node:
        token = self._advance()
        if token.kind == "number":
            return Literal(_number(token))
        if token.kind == "string":
            return Literal(token.text[1:-1].replace("''", "'"))
        if token.kind == "quoted":
            return Name(token.text[1:-1])
        if token.kind == "name" and token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        self._next -= 1
        return self._fault("a value")

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        self._need("(")
        return () if self._take(")") else tuple(self._listed(lambda: self.either(depth)))

    def _chain(self, operators: tuple[str, ...], part: Part, depth: int) -> Node:
        node, links = part(depth), depth
        while self._peek().kind in {"op", "name"} and self._peek().text in operators:
            operator = self._advance().text
            links = self._deeper(links)
            node = Call(operator, (node, part(depth)))
        return node

    def _deeper(self, depth: int) -> int:
        if depth >= _DEEPEST:
            raise PolicyError("the expression is nested too deep", expected=f"at most {_DEEPEST}")
        return depth + 1

    def _peek(self, ahead: int = 0) -> _Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _advance(self) -> _Token:
        token = self._peek()
        self._next += 1
        return token

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token.text == text and token.kind in {"op", "name"}:
            self._next += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            self._fault(repr(text))

    def _fault(self, expected: str) -> NoReturn:
        token = self._peek()
        raise PolicyError("the expression can't be read", where=f"character {token.at + 1}",
                          got=token.text or "the end", expected=expected)  # fmt: skip
