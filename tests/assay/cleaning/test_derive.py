from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cleaning import clean, fit
from assay.cleaning._derive import check_expression, derive
from assay.engine import Session
from assay.errors import PolicyError
from assay.expression._grammar import parse_expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", 7.0),
        ("(a + b) * 2", 8.0),
        ("-a - -b", 2.0),
        ("a / 0", None),
        ("7 % 4", 3),
        ("a < b and not (a = b)", True),
        ("a is null or b is not null", True),
        ("a in (1, 2, -3)", True),
        ("a not in (1, 2)", False),
        ("if(a > 0, 'plus', 'minus')", "plus"),
        ("coalesce(gone, a)", 1.0),
        ("least(a, b) + greatest(a, b)", 4.0),
        ("sqrt(-1)", None),
        ("ln(0)", None),
        ("upper(concat(s, 'it''s'))", "XIT'S"),
        ("length(trim('  ab '))", 2),
        ("`odd name` * 10", 50.0),
        ("round(b / 7, 3)", 0.429),
        ("year(d) * 10000 + month(d) * 100 + day(d)", 20130208),
        ("weekday(d)", 4),
        ("true", True),
    ],
)
def test_expressions(
    session: Session, table: Any, policy: Any, rows: Any, text: str, expected: object
) -> None:
    t = table({"a": [1.0], "b": [3.0], "gone": [None], "s": ["x"], "odd name": [5.0],
               "day": ["2013-02-08"]}, {"s": "string", "day": "string"})  # fmt: skip
    t = t.mutate(d=t.day.cast("date"))
    p = policy({"step": "derive", "columns": {"new": text}})
    done = clean(session, t, p, fit(session, t, p))
    assert rows(done.table)[0]["new"] == pytest.approx(expected)


def test_lineage_and_use_of_what_was_derived_before(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t = table({"a": [4.0]})
    p = policy({"step": "derive", "columns": {"b": "a * 2", "c": "b + a"}})
    done = clean(session, t, p, fit(session, t, p))
    assert rows(done.table)[0]["c"] == 12.0
    assert done.report.steps[0].derived_from == {"b": ("a",), "c": ("a", "b")}


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
        check_expression(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        check_expression(text)
    except PolicyError:
        return
    assert parse_expression(text)


@pytest.mark.parametrize("text", ["s + a", "nothing * 2", "`__row` + 1", "year(a)", "null"])
def test_types_and_names_are_checked(session: Session, table: Any, policy: Any, text: str) -> None:
    t = table({"a": [1.0], "s": ["x"]}, {"s": "string"})
    p = policy({"step": "derive", "columns": {"new": text}})
    with pytest.raises(PolicyError):
        clean(session, t, p, fit(session, t, p))


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
            check_expression(text)

    @pytest.mark.parametrize("text", ["х + 1", "ｘ + 1", "__row", "`__row` + 1"])
    def test_names_that_only_look_like_a_column(self, table: Any, text: str) -> None:
        with pytest.raises(PolicyError, match="no such column"):
            derive(table({"x": [1.0]}), text)

    @pytest.mark.parametrize("text", ["round(x, x)", "round(x, i)", "if(x, 1, 2)", "length(x)"])
    def test_types(self, table: Any, text: str) -> None:
        with pytest.raises(PolicyError, match="don't go together"):
            derive(table({"x": [1.0], "i": [1]}, {"i": "int64"}), text)

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
    def test_values(self, table: Any, text: str, expected: list[Any]) -> None:
        t = table({"x": [2.0, 3.0], "i": [1, 2**62], "s": ["a", "12"]},
                  {"i": "int64", "s": "string"})  # fmt: skip
        found = t.select("__row", r=derive(t, text)).order_by("__row").to_pyarrow()["r"]
        if text.startswith("substr"):
            assert all(len(v) <= 2 for v in found.to_pylist())
        else:
            assert found.to_pylist() == expected
