import pandas as pd
import pytest

from assay.quality._frame import Frame, where
from assay.quality._row_condition import ConditionError, parse_condition

COLUMNS = {"a": [1, 2, 3, None], "s": ["x", "y", None, "it's"], "b c": [1, 2, 3, 4]}


@pytest.mark.parametrize(
    "text",
    ["a > 1", "a != 2", "not (a == 2)", "a in [1, 3]", "a not in [1, 3]", "a == [1, 2]",
     's == "x" or a >= 3', "s.isnull()", "s.notnull() and a < 3", "1 < a <= 3", "`b c` > 2",
     "(a > 1) & ~(s == 'y')", 's == "it\'s"', "a > -1", "2 < a", "a == `b c`"],
)  # fmt: skip
def test_reads_as_pandas_does(session, make, text):
    frame = Frame.of(session, make(**COLUMNS), "__row")
    kept = frame.rows(frame.table.filter(where(frame, parse_condition(text))).order_by("__row"))
    expected = pd.DataFrame(COLUMNS).query(text, engine="python").index
    assert [r["__row"] for r in kept] == list(expected)


@pytest.mark.parametrize(
    ("text", "same"),
    [('col("a") > 1', "a > 1"), ('col("s").notNull()', "s.notnull()"),
     ({"type": "comparison", "column": {"name": "a"}, "operator": ">", "parameter": 1}, "a > 1"),
     ({"type": "comparison", "column": {"name": "a"}, "operator": "NOT_IN", "parameter": [1]},
      "a not in [1]"),
     ({"type": "nullity", "column": {"name": "a"}, "is_null": True}, "a.isnull()"),
     ({"type": "pass_through", "pass_through_filter": "a > 1"}, "a > 1"),
     ({"type": "or", "conditions": [{"type": "nullity", "column": {"name": "a"}, "is_null": True},
                                    {"type": "pass_through", "pass_through_filter": "a > 1"}]},
      "a.isnull() or a > 1")],
)  # fmt: skip
def test_great_expectations_own_conditions(text, same):
    assert parse_condition(text) == parse_condition(same)


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('x')", "a.map(print)", "@x > 1", "a > b.c", "lambda: 1", "a", "1",
     "a > 1; b", "a > 1 # c", "`a > 1", "a in b", "a > None", "f'{a}' == 'x'", "a[0] > 1",
     {"type": "python"}, 7, "a ==", "s.notnull(1)", "a > 1 if s else 2"],
)  # fmt: skip
def test_nothing_else_is_read(text):
    with pytest.raises(ConditionError):
        parse_condition(text)
