import datetime as dt
import json
import math
import random
import statistics
from pathlib import Path

import pyarrow as pa
import pytest

from assay.engine import open_session
from assay.errors import SuiteError
from assay.policy.quality import QualityPolicy
from assay.quality import (
    _scan,
    judge_validation,
    load_suite,
    validate,
    write_marks,
    write_quarantine,
)
from assay.quality._registry import REGISTRY
from assay.verdict import Outcome, Verdict

POLICY = QualityPolicy.model_validate(
    {
        "on_inconclusive": "hold",
        "quarantine": {"max_share": 0.5, "rationale": "test"},
        "gx": {"max_rows": 10},
    }
)
COLUMNS = {"a": [1, 2, 3, None], "s": ["x", "y", "secret", None], "f": [1.0, math.nan, 3.0, 9.0]}


def by_type(validation):
    return {f.expectation.type: f for f in validation.findings}


def test_severities_decide(session, make, write_suite, expect):
    suite = load_suite(write_suite(
        expect("column_values_to_not_be_null", column="a", mostly=0.7),
        expect("column_values_to_be_in_set", column="s", value_set=["x", "y"]),
        expect("column_values_to_be_between", column="a", max_value=1),
        expect("column_max_to_be_between", "warning", column="a", max_value=1),
        expect("column_min_to_be_between", "info", column="a", min_value=7),
    ))  # fmt: skip
    found = validate(session, make(**COLUMNS), suite)
    assert [f.verdict for f in found.findings] == [
        Outcome.PASS, Outcome.FAIL, Outcome.FAIL, Outcome.WARN, Outcome.PASS,
    ]  # fmt: skip
    assert found.outcome is Outcome.FAIL
    marks = {r["__row"]: r["reasons"] for r in found.marks.to_pyarrow().to_pylist()}
    assert {k: len(v) for k, v in marks.items()} == {1: 1, 2: 2}  # tolerated row 3 goes on
    verdict = judge_validation(found, POLICY)
    assert verdict.outcome is Outcome.WARN
    assert {r.code for r in verdict.reasons} == {"rows_quarantined", "warning_expectation_unmet"}
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_too_many_rows_a_table_or_no_row_hold(session, make, write_suite, expect):
    bad_rows = expect("column_values_to_be_in_set", column="s", value_set=["x"])
    table_level = expect("table_row_count_to_equal", value=99)
    strict = POLICY.model_copy(update={"quarantine": POLICY.quarantine.model_copy(
        update={"max_share": 0.1})})  # fmt: skip
    found = validate(session, make(**COLUMNS), load_suite(write_suite(bad_rows)))
    assert judge_validation(found, POLICY).outcome is Outcome.WARN
    verdict = judge_validation(found, strict)
    assert (verdict.outcome, verdict.reasons[-1].code) == (
        Outcome.FAIL, "quarantine_share_above_limit",
    )  # fmt: skip
    found = validate(session, make(**COLUMNS), load_suite(write_suite(table_level)))
    assert judge_validation(found, POLICY).reasons[0].code == "critical_expectation_unmet"
    empty = make(a=pa.array([], pa.int64()), s=pa.array([], pa.string()))
    found = validate(session, empty, load_suite(write_suite(bad_rows)))
    assert [r.code for r in judge_validation(found, POLICY).reasons] == ["no_rows_left"]


def test_few_quarantined_rows_are_no_warning_for_ever(session, make, write_suite, expect):
    found = validate(session, make(**COLUMNS), load_suite(write_suite(
        expect("column_values_to_be_in_set", column="s", value_set=["x", "y"]))))  # fmt: skip
    assert found.quarantined / found.rows_in == 0.25

    def judged(share: float | None) -> Verdict:
        limit = POLICY.quarantine.model_copy(update={"warn_share": share})
        return judge_validation(found, POLICY.model_copy(update={"quarantine": limit}))

    outcomes = {share: judged(share).outcome for share in (None, 0.0, 0.24, 0.25, 0.5)}
    assert list(outcomes.values()) == [Outcome.WARN] * 3 + [Outcome.PASS] * 2
    (reason,) = judged(0.5).reasons
    assert (reason.code, reason.numbers["unexpected_count"]) == ("rows_quarantined", 1)
    with pytest.raises(ValueError, match="warn_share is above max_share"):
        QualityPolicy.model_validate(
            {
                "on_inconclusive": "hold",
                "gx": {"max_rows": 1},
                "quarantine": {"max_share": 0.1, "warn_share": 0.2},
            }
        )


def test_what_cannot_be_judged_is_never_met(session, make, write_suite, expect):
    suite = load_suite(write_suite(
        expect("column_values_to_not_be_null", column="aa"),
        expect("column_values_to_be_between", column="s", min_value=1),
        expect("column_values_to_match_regex", column="s", regex="("),
        expect("column_mean_to_be_between", column="s", min_value=1),
    ))  # fmt: skip
    found = validate(session, make(**COLUMNS), suite)
    for result in found.document()["results"]:
        assert (result["success"], result["verdict"]) == (False, "INCONCLUSIVE")
        assert result["exception_info"]["raised_exception"]
    assert found.outcome is Outcome.INCONCLUSIVE
    assert judge_validation(found, POLICY).holds


def test_the_document_keeps_what_the_file_says(session, make, write_suite):
    item = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"},
            "meta": {"owner": "me"}, "notes": "because", "severity": "warning"}  # fmt: skip
    document = validate(session, make(**COLUMNS), load_suite(write_suite(item))).document()
    result = document["results"][0]
    assert result["expectation_config"] == item
    assert (result["meta"], result["engine"]) == ({"owner": "me"}, "compiled")
    assert document["statistics"]["unsuccessful_expectations"] == 1
    json.dumps(document, allow_nan=False)


ALL = [
    ("column_values_to_be_in_set", {"column": "s", "value_set": ["x"]}),
    ("column_max_to_be_between", {"column": "s", "min_value": "zz"}),
    ("column_min_to_be_between", {"column": "s", "min_value": "zz"}),
    ("column_distinct_values_to_equal_set", {"column": "s", "value_set": ["x"]}),
    ("column_most_common_value_to_be_in_set", {"column": "s", "value_set": ["x"]}),
    ("column_pair_values_to_be_equal", {"column_A": "s", "column_B": "t"}),
    ("compound_columns_to_be_unique", {"column_list": ["s", "a"]}),
    ("column_values_to_match_regex", {"column": "s", "regex": "^(?=y)"}),
    ("column_values_to_be_dateutil_parseable", {"column": "s"}),
    ("column_values_to_be_between", {"column": "a", "min_value": 5, "row_condition": 's != "x"'}),
    ("column_values_to_be_unique", {"column": "s"}),
    ("column_value_lengths_to_equal", {"column": "s", "value": 1}),
]


@pytest.mark.parametrize("engine", ["compiled", "gx"])
def test_no_value_of_a_redacted_column_gets_out(session, make, write_suite, expect, engine):
    suite = load_suite(write_suite(*[expect(kind, **kwargs) for kind, kwargs in ALL]))
    data = make(a=[1, 1, 2, 3], s=["hidden-1", "hidden-1", "hidden-2", None], t=["q"] * 4)
    clear = json.dumps(validate(session, data, suite, engine=engine).document())
    assert "hidden-1" in clear
    document = validate(session, data, suite, engine=engine, redact={"s"}).document()
    assert "hidden" not in json.dumps(document)
    first = document["results"][0]["result"]
    assert first["unexpected_count"] == 3
    assert first["partial_unexpected_index_list"] == [0, 1, 2]


def test_an_unknown_expectation_is_an_error(session, make, write_suite, expect):
    suite = load_suite(write_suite(expect("column_values_to_not_be_nul", column="a")))
    with pytest.raises(SuiteError, match="Did you mean 'expect_column_values_to_not_be_null'"):
        validate(session, make(**COLUMNS), suite)


def test_gx_judges_the_rest_up_to_the_cap(session, make, write_suite, expect, monkeypatch):
    monkeypatch.delitem(REGISTRY, "expect_column_values_to_match_json_schema")
    schema = {"type": "object"}
    item = expect("column_values_to_match_json_schema", column="s", json_schema=schema)
    suite = load_suite(write_suite(item))
    data = make(s=["{}", "[]"])
    found = validate(session, data, suite)
    assert found.document()["results"][0]["engine"] == "gx"
    assert found.marks.to_pyarrow()["__row"].to_pylist() == [1]
    found = validate(session, data, suite, gx_max_rows=1)
    assert found.outcome is Outcome.INCONCLUSIVE


def test_both_engines_set_the_same_rows_aside(session, make, write_suite, expect):
    suite = load_suite(write_suite(
        expect("column_values_to_be_unique", column="a"),
        expect("column_values_to_be_between", column="f", max_value=2),
        expect("column_values_to_be_in_set", column="s", value_set=["x"], row_condition="a > 1"),
    ))  # fmt: skip
    data = make(**{**COLUMNS, "a": [1, 2, 3, 1]})
    ours, theirs = (
        validate(session, data, suite, engine=e).marks.order_by("__row").to_pyarrow().to_pylist()
        for e in ("compiled", "gx")
    )
    assert ours == theirs


def test_the_quarantine_holds_the_landed_row(session, make, write_suite, expect, tmp_path):
    suite = load_suite(write_suite(expect("column_values_to_not_be_null", column="a")))
    data = make(**COLUMNS)
    found = validate(session, data, suite)
    written = write_quarantine(
        session, found, data, tmp_path / "q.parquet", batch="2013-02-04",
        time=dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    )  # fmt: skip
    assert session.read_parquet(written.path).to_pyarrow().to_pylist() == [{
        "__row": 3, "a": None, "s": None, "f": 9.0,
        "__reasons": ["expect_column_values_to_not_be_null:a"],
        "__batch": "2013-02-04", "__time": dt.datetime(2026, 1, 2),
    }]  # fmt: skip
    marks = write_marks(session, found, tmp_path / "m.parquet")
    assert session.read_parquet(marks.path).columns == ("__row", "disposition", "reasons")
    assert (found.rows_in, found.quarantined, found.rows_left) == (4, 1, 3)


def test_marks_of_a_clean_table_are_an_empty_file(session, make, write_suite, expect, tmp_path):
    suite = load_suite(write_suite(expect("column_to_exist", column="a")))
    found = validate(session, make(**COLUMNS), suite)
    assert write_marks(session, found, tmp_path / "m.parquet").rows == 0


def test_threads_change_nothing(write_suite, expect, tmp_path):
    suite = load_suite(write_suite(
        *[expect(f"column_{k}_to_be_between", column="f", max_value=1.0)
          for k in ("mean", "stdev", "sum", "median")],
        expect("column_values_to_be_unique", column="k"),
        expect("column_values_to_be_between", column="f", max_value=0.9),
        expect("column_value_z_scores_to_be_less_than", column="f", threshold=1.5,
               double_sided=True),
        expect("column_most_common_value_to_be_in_set", column="k", value_set=[1]),
    ))  # fmt: skip
    seen = set()
    for threads in (1, 2, 8):
        with open_session(threads=threads) as session:
            rows = session.sql("SELECT i AS __row, i % 199990 AS k, sin(i) * 1e3 + 0.1 AS f "
                               "FROM range(200000) r(i)")  # fmt: skip
            found = validate(session, session.set_aside(rows), suite)
            marks = write_marks(session, found, tmp_path / f"{threads}.parquet")
            seen.add((json.dumps(found.document()), marks.sha256))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("query", "judged", "met"),
    [("SELECT * FROM {batch} WHERE a > 2", True, False), ("SELECT * FROM {batch} WHERE a > 5",
      True, True),
     ("WITH w AS (SELECT a FROM {batch}) SELECT * FROM w WHERE a > 2;", True, False),
     ("DROP TABLE x", False, False), ("SELECT 1; SELECT 2", False, False),
     ("SELECT * FROM other", False, False), ("SELECT * FROM 'x.parquet'", False, False),
     ("SELECT * FROM read_csv('/etc/passwd')", False, False),
     ("SELECT * FROM read_text('/etc/passwd')", False, False),
     ("SELECT content FROM {batch}, read_blob('/etc/passwd')", False, False),
     ("SELECT getenv('HOME') FROM {batch}", False, False), ("SELECT nope FROM {batch}", False,
      False), ("SELEC", False, False), ("SELECT * FROM information_schema.tables", False, False),
     ('WITH "x.csv" AS (SELECT * FROM "x.csv") SELECT * FROM "x.csv"', False, False),
     ('SELECT * FROM "x.csv" WHERE EXISTS (WITH "x.csv" AS (SELECT 1) SELECT 1)', False, False),
     ("WITH kept AS (SELECT * FROM kept) SELECT * FROM kept", False, False),
     ("SELECT * FROM kept WHERE EXISTS (WITH kept AS (SELECT 1) SELECT 1)", False, False),
     ("WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x FROM r) SELECT * FROM r", False,
      False), ("SELECT current_setting('temp_directory')", False, False), ("SHOW TABLES", False,
      False), ("SELECT current_date FROM {batch}", False, False), ("SELECT now()", False, False),
     ("SELECT * FROM {batch} ORDER BY random()", False, False), ("PRAGMA version", False, False),
     ("SELECT * FROM {batch} USING SAMPLE 1 ROWS", False, False), ("SET threads = 1", False, False),
     ("SELECT json_serialize_plan('SELECT * FROM read_csv(''x.csv'')')", False, False),
     ("SELECT write_log('x') FROM {batch}", False, False), ("SELECT glob FROM glob('*')", False,
      False), ("SELECT * FROM query('SELECT 1')", False, False), ("ATTACH 'x' AS y", False, False),
     ("SELECT * FROM {batch}) AS found; DROP TABLE kept; --", False, False),
     ("SELECT * FROM {batch} WHERE a > $1", False, False), ("SUMMARIZE {batch}", False, False),
     ("SELECT * FROM {batch} WHERE a > 2 -- more than two", True, False),
     ("SELECT s, median(a::DECIMAL(9, 2)) FROM {batch} GROUP BY s HAVING count(*) > 1", True, True),
     ("SELECT a, lag(a) OVER (ORDER BY a) AS b FROM {batch} QUALIFY b > a", True, True),
     ("SELECT * FROM {batch} b LEFT JOIN {batch} c ON b.a = c.a + 1 WHERE b.a = 9", True, True),
     ("COPY (SELECT 1) TO 'x'", False, False), ("SELECT * FROM duckdb_settings()", False, False)],
)  # fmt: skip
def test_a_query_reads_the_batch_and_nothing_else(
    session, make, write_suite, query, judged, met, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    item = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}}
    session.backend.create_table("kept", {"q": [1]}, temp=True, overwrite=True)
    Path("x.csv").write_text("a\n1\n")
    finding = validate(session, make(**COLUMNS), load_suite(write_suite(item))).findings[0]
    assert (finding.problem is None, finding.success) == (judged, met)


def test_like_knows_its_wildcards(session, make, write_suite, expect):
    suite = load_suite(write_suite(
        expect("column_values_to_match_like_pattern", column="s", like_pattern="a_%"),
        expect("column_values_to_not_match_like_pattern", column="s", like_pattern="a%"),
        expect("column_values_to_match_like_pattern_list", column="s",
               like_pattern_list=["a%", "b"], match_on="any"),
        expect("column_values_to_not_match_like_pattern_list", column="s",
               like_pattern_list=["b", "c"]),
    ))  # fmt: skip
    found = validate(session, make(s=["ab", "a", "b", None, "A"]), suite)
    assert [f.result["unexpected_count"] for f in found.findings] == [3, 2, 1, 1]


@pytest.mark.parametrize("engine", ["compiled", "gx"])
def test_shown_rows_are_drawn_by_a_seed_and_say_nothing_of_the_order(
    session, make, write_suite, expect, engine
):
    suite = load_suite(
        write_suite(expect("column_values_to_be_between", "warning", column="a", max_value=99))
    )
    table = make(a=list(range(1100)))

    def shown(seed):
        found = validate(session, table, suite, engine=engine, seed=seed)
        (result,) = found.document()["results"]
        assert found.document(rows=False)["results"][0]["result"] == {
            k: v for k, v in result["result"].items() if k != "partial_unexpected_index_list"
        }
        assert found.findings[0].result["unexpected_count"] == 1000
        rows = result["result"]["partial_unexpected_index_list"]
        if engine == "compiled" or seed is None:
            assert result["result"]["partial_unexpected_list"] == rows
        else:
            assert "partial_unexpected_list" not in result["result"]
        return rows

    assert shown(None) == list(range(100, 120))
    drawn = shown("one")
    assert drawn == shown("one")
    assert len(set(drawn)) == 20
    assert min(drawn) >= 100
    assert max(drawn) > 600
    assert drawn != sorted(drawn)
    assert set(drawn) != set(shown("two"))


@pytest.mark.parametrize("type_", ["int64", "float64"])
def test_a_rounded_number_meets_itself_as_a_bound(session, make, write_suite, expect, type_):
    """Great Expectations' own cases name all 17 digits: 1.1547005383792517."""
    values = [1.0, 1.0, 3.0, 3.0, 1.0, 3.0, 2.0]
    column = pa.array(values, pa.float64()).cast(type_)
    third = pa.array([0.1, 0.2, 0.4, 1 / 3, 1 / 7, 1e-9, 1e3])
    table = make(x=column, y=third)
    found = []
    for name, these in (("x", values), ("y", third.to_pylist())):
        for kind, value in (
            ("stdev", statistics.stdev(these)),
            ("mean", statistics.fmean(these)),
            ("sum", math.fsum(these)),
        ):
            found.append(expect(f"column_{kind}_to_be_between", column=name,
                                min_value=value, max_value=value))  # fmt: skip
    done = validate(session, table, load_suite(write_suite(*found)))
    assert all(f.success for f in done.findings), done.findings
    off = expect("column_stdev_to_be_between", column="y", max_value=statistics.stdev(
        third.to_pylist()) * (1 - 1e-10))  # fmt: skip
    assert not validate(session, table, load_suite(write_suite(off))).findings[0].success


def test_a_suite_judged_in_several_scans_is_judged_as_in_one(
    session, make, write_suite, expect, monkeypatch
):
    table = make(**{f"c{i}": [i, i + 1, None] for i in range(6)})
    suite = load_suite(write_suite(
        *(expect("column_mean_to_be_between", column=f"c{i}", max_value=3) for i in range(6)),
        *(expect("column_values_to_not_be_null", column=f"c{i}") for i in range(6)),
    ))  # fmt: skip
    once = validate(session, table, suite).document()
    monkeypatch.setattr("assay.quality._scan._MOST_AGGREGATES", 2)
    assert validate(session, table, suite).document() == once


def test_order_statistics_of_more_values_than_one_scan_keeps_are_computed_in_several(
    session, make, write_suite, expect, monkeypatch
):
    table = make(**{f"x{i}": [float(i), 1.0, None, 9.0, 4.0][: 5 - i % 2] + [None] * (i % 2)
                    for i in range(6)})  # fmt: skip
    suite = load_suite(write_suite(*[
        expect("column_median_to_be_between", column=f"x{i}", min_value=0, max_value=i)
        for i in range(6)
    ]))  # fmt: skip
    together = [f.result for f in validate(session, table, suite).findings]
    assert together[5]["observed_value"] == 5.0
    monkeypatch.setattr(_scan, "_MOST_KEPT", 7)
    assert [f.result for f in validate(session, table, suite).findings] == together


def test_without_details_the_same_expectations_are_met(session, make, write_suite, expect):
    rng = random.Random(7)
    for n in (0, 1, 8, 31):
        values = [rng.choice([None, -2.0, 0.0, 1.0, 1.5, 4.0, math.inf]) for _ in range(n)]
        asked = [
            expect("column_median_to_be_between", column="x", min_value=low, max_value=high,
                   strict_min=strict, strict_max=strict)
            for low in (None, -2, 0.0, 1.25, 1.5) for high in (None, 0.0, 1.25, 4)
            for strict in (True, False) if (low, high) != (None, None)
        ]  # fmt: skip
        suite = load_suite(write_suite(*asked, expect("column_values_to_not_be_null", column="x")))
        data = make(x=pa.array(values, pa.float64()))
        whole, short = (validate(session, data, suite, details=d) for d in (True, False))
        assert [f.success for f in short.findings] == [f.success for f in whole.findings]
        counts = [f.result.get("unexpected_count") for f in short.findings]
        assert counts == [f.result.get("unexpected_count") for f in whole.findings]
        assert short.quarantined == whole.quarantined
        if n == 31:
            assert {f.success for f in whole.findings} == {True, False}
            assert "partial_unexpected_index_list" not in short.findings[-1].result
