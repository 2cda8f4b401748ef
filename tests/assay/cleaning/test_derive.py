from __future__ import annotations

from typing import Any

import pytest

from assay.cleaning import clean, fit
from assay.engine import Session
from assay.errors import PolicyError


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


@pytest.mark.parametrize("text", ["s + a", "nothing * 2", "`__row` + 1", "year(a)", "null"])
def test_types_and_names_are_checked(session: Session, table: Any, policy: Any, text: str) -> None:
    t = table({"a": [1.0], "s": ["x"]}, {"s": "string"})
    p = policy({"step": "derive", "columns": {"new": text}})
    with pytest.raises(PolicyError):
        clean(session, t, p, fit(session, t, p))
