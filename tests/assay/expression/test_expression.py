"""Expressions: what is refused, what is computed, and what a text can't do."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.engine import Session
from assay.errors import PolicyError
from assay.expression import columns_of, compile_expression
from assay.expression._grammar import parse_expression

_ROWS = ibis.table({"x": "float64", "i": "int64"}, name="rows")


def _type_of(text: str) -> Any:
    return compile_expression(text, _ROWS).type()


@pytest.mark.parametrize(
    ("text", "type_"),
    [("x > 1", "boolean"), ("x / 2", "float64"), ("if(i = 1, 'a', 'b')", "string")],
)
def test_the_type_of_an_expression_is_known_without_rows(text: str, type_: str) -> None:
    assert str(_type_of(text)) == type_


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("__import__('os')", "no such function"),
        ("a.b", "not a word"),
        ("a +", "can't be read"),
        ("a < b < c", "can't be read"),
        ("lambda: 1", "not a word"),
        ("abs(a, b)", "wrong number of arguments"),
        ("a in (b)", "can't be read"),
        ("(" * 60 + "a" + ")" * 60, "nested too deep"),
        ("+".join(["a"] * 60), "nested too deep"),
        ("a" * 3000, "too long"),
        ("'open", "not a word"),
        ("", "can't be read"),
    ],
)
def test_what_is_not_of_the_grammar_is_refused(text: str, what: str) -> None:
    with pytest.raises(PolicyError, match=what):
        columns_of(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        columns_of(text)
    except PolicyError:
        return
    assert parse_expression(text)


class TestAttacks:
    """No text of an expression, and no value in a row, ends a run or reaches what isn't its own."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("9" * 400, "the number is too large"),
            ("x + 9223372036854775808", "the number is too large"),
            ("1e999", "the number is too large"),
            ("-" * 1500 + "x", "nested too deep"),
            ("(" * 900 + "x" + ")" * 900, "nested too deep"),
            ("not " * 100 + "true", "nested too deep"),
            ("if(" * 100 + "x", "nested too deep"),
            ("x" + " + x" * 41, "nested too deep"),
            ("x" * 2001, "too long"),
            ("x ** 9", "can't be read"),
            ("x ^ 2", "not a word"),
            ("٣ + x", "not a word"),
            ("x\u200b + 1", "not a word"),
            ("x.__class__", "not a word"),
            ("x; drop table t", "not a word"),
            ("lambda: x", "not a word"),
            ("eval('1')", "no such function"),
            ("read_csv('/etc/passwd')", "no such function"),
        ],
    )  # fmt: skip
    def test_texts(self, text: str, message: str) -> None:
        with pytest.raises(PolicyError, match=message):
            columns_of(text)

    @pytest.mark.parametrize("text", ["х + 1", "ｘ + 1", "__row", "`__row` + 1"])
    def test_names_that_only_look_like_a_column(self, text: str) -> None:
        with pytest.raises(PolicyError, match="no such column"):
            _type_of(text)

    @pytest.mark.parametrize("text", ["round(x, x)", "round(x, i)", "if(x, 1, 2)", "length(x)"])
    def test_types(self, text: str) -> None:
        with pytest.raises(PolicyError, match="don't go together"):
            _type_of(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("i * i * i * i", [1, None]),
            ("i * 9223372036854775807 + i", [None, None]),
            ("integer(s)", [None, 12]),
            ("number(s)", [None, 12.0]),
            ("floor(x * 1e300)", [None, None]),
            ("integer(x * 1e300 * 1e300)", [None, None]),
            ("i / (i - i)", [None, None]),
            ("i % (i - i)", [None, None]),
            ("ln(-x)", [None, None]),
            ("substr(s, -5, -3)", ["", "1"]),
        ],
    )
    def test_values(self, session: Session, text: str, expected: list[Any]) -> None:
        t = session.set_aside(pa.table({"x": [2.0, 3.0], "i": [1, 2**62], "s": ["a", "12"]}))
        value = compile_expression(text, t)
        found = t.order_by("x").select(r=value).to_pyarrow()["r"]
        if text.startswith("substr"):
            assert all(len(v) <= 2 for v in found.to_pylist())
        else:
            assert found.to_pylist() == expected
