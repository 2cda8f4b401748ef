"""What only SQL engines know, against Great Expectations on SQLite."""

import itertools
import sqlite3

import ibis
import pyarrow as pa
import pytest

from assay.quality import validate
from assay.quality._finding import plain
from assay.quality._registry import GX_SQLITE, REGISTRY
from assay.quality._suite import Expectation, Suite, labelled
from assay.quality.gx import _door

TEXTS = ["ab", "a_", "a%", "%", "_", "", None, "abc", "ba", "a\nb", "aé", "日本", "a.b", "ab"]
LIKE = ["a%", "_", "%b", "a_", "%", "", "a%c", "日_", "é", "a.b", "__"]
NUMBERS = [k % 4 or None for k in range(len(TEXTS))]
OTHERS = {"equal": [1] * len(TEXTS), "longer": [*NUMBERS, 1, 2], "empty": []}
KIND = "expect_column_values_to_{}match_like_pattern{}"
COUNT = "expect_table_row_count_to_equal_other_table"
ROWS = "unexpected_rows_expectation"
CONDITION = {"row_condition": 'col("i") > 1', "condition_parser": "great_expectations"}
QUERIES = [
    "SELECT * FROM {batch} WHERE i > 2",
    "SELECT * FROM {batch} WHERE i > 9",
    "SELECT s FROM {batch} GROUP BY s HAVING count(*) > 1",
    "SELECT i, sum(length(s)) FROM {batch} WHERE s IS NOT NULL GROUP BY i HAVING sum(i) > 2",
]
EXPECTED = labelled(tuple(
    Expectation(kind, kwargs)
    for kind, kwargs in (
        *((KIND.format(no, ""), {"column": "s", "like_pattern": p, **more})
          for no in ("", "not_") for p in LIKE for more in ({}, {"mostly": 0.4})),
        *((KIND.format("", "_list"), {"column": "s", "like_pattern_list": [p, q], "match_on": how})
          for p, q in itertools.pairwise(LIKE) for how in ("any", "all")),
        *((KIND.format("not_", "_list"), {"column": "s", "like_pattern_list": [p, q]})
          for p, q in itertools.pairwise(LIKE)),
        (KIND.format("", ""), {"column": "s", "like_pattern": "a%", **CONDITION}),
        *((COUNT, {"other_table_name": name}) for name in OTHERS),
        *((ROWS, {"unexpected_rows_query": query}) for query in QUERIES),
    )
))  # fmt: skip
COMPARED = ("element_count", "unexpected_count", "missing_count", "observed_value")


def on_sqlite(path, tables, expectations):
    """Great Expectations' outcomes over the first table, in the order of the expectations."""
    with sqlite3.connect(path) as database:
        for name, table in tables.items():
            table.to_pandas().to_sql(name, database, index=False)
    context = _door.gx().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sqlite("sql", connection_string=f"sqlite:///{path}")
    asset = source.add_table_asset("batch", table_name=next(iter(tables)))
    batch = asset.add_batch_definition_whole_table("whole").get_batch()
    loaded = [_door._loaded(_door._configuration(e, place)) for place, e in enumerate(expectations)]
    suite = _door.gx().ExpectationSuite(name="assay", expectations=loaded)
    found = batch.validate(suite, result_format="COMPLETE").results
    outcomes = {r.expectation_config.meta["assay_place"]: _door._outcome(r) for r in found}
    return [outcomes[place] for place in range(len(expectations))]


def here(session, tables, expectations):
    """Our findings over the same tables."""

    def numbered(table):
        return ibis.memtable(table.add_column(0, "__row", pa.array(range(len(table)), pa.int64())))

    batch, *others = tables
    released = {name: numbered(tables[name]) for name in others}
    suite = Suite("sql", expectations).with_released(released)
    return validate(session, numbered(tables[batch]), suite).findings


def told(one):
    result = plain(dict(one.result))
    shown = sorted(map(str, result.get("partial_unexpected_list") or ()))
    return one.problem, one.success, {k: result.get(k) for k in COMPARED}, shown


@pytest.fixture(scope="module")
def tables():
    others = {name: pa.table({"i": pa.array(v, pa.int64())}) for name, v in OTHERS.items()}
    return {"batch": pa.table({"s": TEXTS, "i": NUMBERS}), **others}


def test_equal_to_great_expectations_on_sqlite(session, tmp_path, tables):
    ours, theirs = here(session, tables, EXPECTED), on_sqlite(tmp_path / "x.db", tables, EXPECTED)
    wrong = [
        f"{a.expectation.label} {a.expectation.arguments}: {told(a)} against {told(b)}"
        for a, b in zip(ours, theirs, strict=True)
        if told(a) != told(b)
    ]
    assert not wrong, "\n".join(wrong)
    assert {x.type for x in EXPECTED} == {k for k, v in REGISTRY.items() if v.oracle == GX_SQLITE}
    assert {f.success for f in ours if f.expectation.type == COUNT} == {True, False}


def test_case_counts_here_and_not_on_sqlite(session, tmp_path):
    tables = {"batch": pa.table({"s": ["AB"]})}
    lines = [(KIND.format(no, ""), {"like_pattern": "ab"}) for no in ("", "not_")]
    lines += [(KIND.format(no, "_list"), {"like_pattern_list": ["ab"]}) for no in ("", "not_")]
    expectations = labelled(tuple(Expectation(k, {"column": "s", **v}) for k, v in lines))
    ours = here(session, tables, expectations)
    theirs = on_sqlite(tmp_path / "x.db", tables, expectations)
    assert [f.success for f in ours] == [False, True, False, True]
    assert [o.success for o in theirs] == [True, False, True, False]


def test_a_condition_counts_for_both_tables_here_and_for_one_on_sqlite(session, tmp_path, tables):
    expectations = labelled((Expectation(COUNT, {"other_table_name": "longer", **CONDITION}),))
    (ours,), (theirs,) = (here(session, tables, expectations),
                          on_sqlite(tmp_path / "x.db", tables, expectations))  # fmt: skip
    assert ours.result["observed_value"] == {"self": 6, "other": 7}
    assert theirs.result["observed_value"] == {"self": 6, "other": len(NUMBERS) + 2}
