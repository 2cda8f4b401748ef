import json
import math

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engine import open_session
from assay.errors import InputError
from assay.versioning import diff_versions, render_diff_json, render_diff_text

SCHEMA = {"id": "int64", "name": "string", "amount": "float64", "ok": "boolean"}


@pytest.fixture(scope="module")
def session():
    with open_session(threads=2) as opened:
        yield opened


def table(rows, schema=None):
    schema = schema or SCHEMA
    columns = {n: [row[i] for row in rows] for i, n in enumerate(schema)}
    arrow = pa.table(columns, schema=ibis.schema(schema).to_pyarrow())
    return ibis.memtable(arrow)


LEFT = [(1, "a", 1.0, True), (2, "b", 2.0, None), (3, None, None, False)]
RIGHT = [(2, "b", 2.5, None), (3, None, None, False), (4, "d", 4.0, True), (5, "e", 5.0, True)]


def test_rows_by_key_with_counts_per_column(session):
    diff = diff_versions(session, table(LEFT), table(RIGHT), ["id"])
    rows = diff.rows
    assert (rows.left, rows.right) == (3, 4)
    assert (rows.added, rows.removed, rows.changed, rows.unchanged) == (2, 1, 1, 1)
    assert {c.column: c.changed for c in diff.columns} == {
        "id": None,
        "name": 0,
        "amount": 1,
        "ok": 0,
    }
    assert not diff.same


def test_distributions_are_exact(session):
    diff = diff_versions(session, table(LEFT), table(RIGHT), ["id"])
    amount, ok, name = (diff.columns[i] for i in (2, 3, 1))
    assert amount.left.null_share == pytest.approx(1 / 3)
    assert amount.left.mean == 1.5
    assert amount.left.quantiles == (1.0, 1.25, 1.5, 1.75, 2.0)
    assert (ok.left.mean, ok.right.mean) == (0.5, pytest.approx(2 / 3))
    assert (name.left.distinct, name.right.distinct) == (2, 3)
    assert name.left.mean is None
    assert ok.left.quantiles is None


def test_equal_versions_are_the_same_in_any_order(session):
    diff = diff_versions(session, table(LEFT), table(LEFT[::-1]), ["id"])
    assert diff.same
    assert diff.rows.unchanged == 3
    assert "4 columns without a change" in render_diff_text(diff)


def test_schema_changes_are_no_changes_of_rows(session):
    right = table([(1, 1), (2, 2), (3, 3)], {"id": "int64", "amount": "int64"})
    right = right.mutate(new=ibis.literal("x"))
    diff = diff_versions(session, table(LEFT), right, ["id"])
    status = {c.column: c.status for c in diff.columns}
    assert status == {
        "id": "same",
        "amount": "retyped",
        "new": "added",
        "name": "removed",
        "ok": "removed",
    }
    assert (diff.rows.changed, diff.rows.unchanged) == (0, 3)
    assert not diff.same
    text = render_diff_text(diff)
    assert "+ new (string)" in text
    assert "- name (string)" in text
    assert "~ amount: float64 → int64" in text


def test_classified_columns_are_shown_by_counts_only(session):
    left = table([(1, "marked-one", 123.25, True)])
    right = table([(1, "marked-two", 456.75, True)])
    diff = diff_versions(session, left, right, ["id"], classified=["name", "amount"])
    rendered = json.dumps(render_diff_json(diff)) + render_diff_text(diff)
    assert not [v for v in ("marked", "123.25", "456.75") if v in rendered]
    amount = diff.columns[2]
    assert (amount.classified, amount.changed) == (True, 1)
    assert (amount.left.mean, amount.left.quantiles) == (None, None)
    assert "~ amount (classified: counts only): 1 rows changed" in render_diff_text(diff)


def test_null_keys_are_equal_and_system_columns_take_no_part(session):
    left = table([(None, "a", 1.0, True)]).mutate(__row=ibis.literal(1))
    right = table([(None, "b", 1.0, True)]).mutate(__row=ibis.literal(2))
    diff = diff_versions(session, left, right, ["id"])
    assert (diff.rows.changed, diff.rows.added, diff.rows.removed) == (1, 0, 0)
    assert "__row" not in [c.column for c in diff.columns]


def test_nan_and_infinity_give_valid_json(session):
    left = table([(1, "a", math.nan, True), (2, "a", 1.0, True)])
    right = table([(1, "a", math.nan, True), (2, "a", math.inf, True)])
    diff = diff_versions(session, left, right, ["id"])
    assert diff.rows.changed == 1
    assert diff.columns[2].left.nulls == 1
    assert diff.columns[2].right.mean is None
    json.dumps(render_diff_json(diff), allow_nan=False)


@pytest.mark.parametrize("sides", [("empty", "empty"), ("empty", "full"), ("full", "empty")])
@pytest.mark.parametrize("key", [["id"], []])
def test_empty_versions_are_compared(session, sides, key):
    tables = {"empty": table([]), "full": table(LEFT)}
    diff = diff_versions(session, tables[sides[0]], tables[sides[1]], key)
    full = {"empty": 0, "full": 3}
    assert (diff.rows.left, diff.rows.right) == (full[sides[0]], full[sides[1]])
    assert (diff.rows.removed, diff.rows.added) == (full[sides[0]], full[sides[1]])
    assert render_diff_text(diff)


def test_columns_of_any_name(session):
    schema = {"k0": "int64", "lv0": "string", "here": "string", "a b": "int64"}
    rows = [(1, "x", "y", 1), (2, "x", "y", 2)]
    changed = [(1, "x", "z", 1), (2, "x", "y", 3)]
    diff = diff_versions(session, table(rows, schema), table(changed, schema), ["k0"])
    assert {c.column: c.changed for c in diff.columns} == {
        "k0": None,
        "lv0": 0,
        "here": 1,
        "a b": 1,
    }
    assert diff.rows.changed == 2


def test_a_key_that_is_no_key_is_an_error(session):
    with pytest.raises(InputError, match="isn't unique") as caught:
        diff_versions(session, table(LEFT), table([*RIGHT, *RIGHT]), ["id"])
    assert "4 keys" in str(caught.value)
    with pytest.raises(InputError, match="one of: id, name"):
        diff_versions(session, table(LEFT), table(RIGHT), ["ident"])


CELL = st.tuples(
    st.sampled_from(["a", "b", None]), st.sampled_from([0.0, 1.5, None]), st.booleans()
)
ROWS = st.dictionaries(st.integers(0, 6), CELL, max_size=7)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(left=ROWS, right=ROWS)
def test_rows_by_key_agree_with_dictionaries(session, left, right):
    sides = [table([(k, *v) for k, v in side.items()]) for side in (left, right)]
    rows = diff_versions(session, *sides, ["id"]).rows
    both = left.keys() & right.keys()
    assert rows.added == len(right.keys() - both)
    assert rows.removed == len(left.keys() - both)
    assert rows.changed == sum(left[k] != right[k] for k in both)
    assert rows.unchanged == sum(left[k] == right[k] for k in both)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(left=st.lists(CELL, max_size=6), right=st.lists(CELL, max_size=6))
def test_whole_rows_agree_with_counting(session, left, right):
    schema = {n: SCHEMA[n] for n in ("name", "amount", "ok")}
    rows = diff_versions(session, table(left, schema), table(right, schema), []).rows
    same = sum(min(left.count(row), right.count(row)) for row in set(left))
    assert rows.unchanged == same
    assert (rows.removed, rows.added) == (len(left) - same, len(right) - same)


def test_numbers_do_not_depend_on_threads():
    n = 300_000
    frame = pd.DataFrame({"id": range(n), "x": [math.sin(i) * 1e6 for i in range(n)]})
    other = frame.assign(x=frame["x"].where(frame["id"] % 7 > 0, 0.1))
    found = set()
    for threads in (1, 2, 8):
        with open_session(threads=threads) as opened:
            sides = [opened.set_aside(f) for name, f in (("a", frame), ("b", other))]
            diff = diff_versions(opened, *sides, ["id"])
            found.add(json.dumps(render_diff_json(diff)))
    assert len(found) == 1
