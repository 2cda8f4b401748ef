"""Quality as a number: the simple ratio, checked against counts of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engine import Session
from assay.policy import load_policy
from assay.policy.quality import QualityPolicy
from assay.quality import judge_validation, load_suite, validate
from assay.quality._scores import DIMENSIONS, dimension, measure_scores
from assay.quality._suite import Expectation
from assay.verdict import Outcome

_ROOT = Path(__file__).resolve().parents[3]


def _policy(**scores: Any) -> QualityPolicy:
    return QualityPolicy.model_validate({
        "on_inconclusive": "hold", "quarantine": {"max_share": 1.0}, "gx": {"max_rows": 0},
        "scores": scores,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "meta", "expected"),
    [
        ("expect_column_values_to_not_be_null", {}, "completeness"),
        ("expect_table_columns_to_match_set", {}, "completeness"),
        ("expect_table_row_count_to_be_between", {}, "completeness"),
        ("expect_column_values_to_be_unique", {}, "uniqueness"),
        ("expect_compound_columns_to_be_unique", {}, "uniqueness"),
        ("expect_select_column_values_to_be_unique_within_record", {}, "consistency"),
        ("expect_column_pair_values_a_to_be_greater_than_b", {}, "consistency"),
        ("expect_column_values_to_be_in_reference", {}, "consistency"),
        ("expect_column_values_to_be_between", {"reason": "batch:day"}, "timeliness"),
        ("expect_column_values_to_be_between", {"reason": "other"}, "validity"),
        ("expect_column_values_to_be_between", {"dimension": "consistency"}, "consistency"),
        ("expect_column_values_to_be_between", {"dimension": "accuracy"}, "validity"),
    ],
)
def test_the_dimension_is_the_tags_or_the_types(kind: str, meta: Any, expected: str) -> None:
    assert dimension(Expectation(kind, {"column": "a"}, meta=meta)) == expected


@given(
    a=st.lists(st.sampled_from([None, 1, 2, 30]), min_size=1, max_size=12),
    b=st.lists(st.sampled_from([None, 1, 2, 30]), min_size=12, max_size=12),
)
@settings(max_examples=25, deadline=None)
def test_a_score_is_met_over_judged(
    session: Session, tmp_path_factory: Any, a: Any, b: Any
) -> None:
    import json

    import pandas as pd

    b = b[: len(a)]
    frame = pd.DataFrame({"a": a, "b": b}, dtype="Int64").assign(__row=range(len(a)))
    suite = tmp_path_factory.mktemp("s") / "suite.json"
    kinds = ("not_be_null", "be_between")
    bounds = {"min_value": 0, "max_value": 9}
    expectations = [
        {"type": f"expect_column_values_to_{k}", "severity": "warning",
         "kwargs": {"column": c, **(bounds if k == "be_between" else {})}}
        for k in kinds for c in "ab"
    ]  # fmt: skip
    suite.write_text(json.dumps({"name": "s", "expectations": expectations}))
    found = validate(session, session.set_aside(frame), load_suite(suite))
    scores = {s.dimension: s for s in measure_scores(found)}
    cells = [v for column in (a, b) for v in column]
    present = [v for v in cells if v is not None]
    assert scores["completeness"].value == pytest.approx(len(present) / len(cells))
    assert scores["validity"].judged == len(present)
    assert scores["validity"].met == sum(v <= 9 for v in present)
    assert (scores["validity"].value is None) == (not present)
    assert scores["uniqueness"].value is None


def test_the_table_counts_as_all_its_rows_and_info_for_nothing(
    session: Session, write_suite: Any, make: Any, expect: Any
) -> None:
    table = make(a=[1, None, 3, 4], t=["w", "x", "y", "z"])
    suite = load_suite(write_suite(
        expect("table_row_count_to_be_between", min_value=9),
        expect("column_values_to_not_be_null", "warning", column="a"),
        expect("column_values_to_not_be_null", "info", column="a"),
        expect("column_mean_to_be_between", column="t", min_value=0),
    ))  # fmt: skip
    scores = {s.dimension: s for s in measure_scores(validate(session, table, suite))}
    completeness = scores["completeness"]
    assert (completeness.met, completeness.judged, completeness.expectations) == (3, 8, 2)
    assert completeness.worst == "expect_table_row_count_to_be_between"
    assert scores["validity"].value is None  # texts have no mean: not judged


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [
        ({"min": 0.75, "severity": "critical"}, Outcome.PASS),
        ({"min": 0.76, "severity": "critical"}, Outcome.FAIL),
        ({"min": 0.76, "severity": "warning"}, Outcome.WARN),
    ],
)
def test_a_score_below_its_limit_holds_or_warns(
    session: Session, write_suite: Any, make: Any, expect: Any, limit: Any, outcome: Outcome
) -> None:
    suite = load_suite(write_suite(expect("column_values_to_not_be_null", column="a", mostly=0.5)))
    found = validate(session, make(a=[1, None, 3, 4]), suite)
    policy = _policy(raw={"completeness": limit})
    verdict = judge_validation(found, policy, gate="validate_raw")
    assert verdict.outcome is outcome
    if outcome is not Outcome.PASS:
        (reason,) = verdict.reasons
        assert reason.code == "quality_score_below_limit"
        assert reason.numbers == {
            "score": 0.75, "limit": 0.76, "cells_judged": 4, "cells_unmet": 1,
        }  # fmt: skip
        assert reason.message.endswith("below the limit 0.76; most of it: a is missing")
    assert judge_validation(found, policy, gate="validate_clean").outcome is Outcome.PASS
    kept = {m.group: m.value for m in verdict.measurements if m.name == "quality_score"}
    assert list(kept) == list(DIMENSIONS)
    assert kept["completeness"] == 0.75


@pytest.mark.parametrize(
    ("copies", "score", "fires"),
    [(0, 1.0, False), (20, 2000 / 2020, False), (21, 2000 / 2021, True), (1000, 2 / 3, True)],
)
def test_rows_that_came_twice_count_against_uniqueness(
    session: Session,
    write_suite: Any,
    make: Any,
    expect: Any,
    copies: int,
    score: float,
    fires: bool,
) -> None:
    keys = [*range(1000), *range(copies)]
    written = load_suite(write_suite(expect("column_values_to_be_unique", column="k")))
    suite = replace(written, drop_exact_duplicates=True)
    found = validate(session, make(k=keys), suite)
    assert found.dropped == copies
    policy = load_policy(_ROOT / "include" / "policies" / "flights" / "quality.yaml", QualityPolicy)
    verdict = judge_validation(found, policy, gate="validate_raw")
    (uniqueness,) = [m for m in verdict.measurements if m.group == "uniqueness"]
    assert uniqueness.value == pytest.approx(score)
    told = [r.message for r in verdict.reasons if r.message.startswith("uniqueness")]
    assert [t.endswith("below the limit 0.99; most of it: exact duplicates") for t in told] == [
        True
    ] * fires


@pytest.mark.parametrize(
    ("severity", "outcome"), [("critical", Outcome.INCONCLUSIVE), ("warning", Outcome.WARN)]
)
def test_a_limit_on_what_nothing_measures_isnt_passed(
    session: Session, write_suite: Any, make: Any, expect: Any, severity: str, outcome: Outcome
) -> None:
    suite = load_suite(write_suite(expect("column_values_to_not_be_null", column="a")))
    found = validate(session, make(a=[1]), suite)
    policy = _policy(clean={"timeliness": {"min": 0.0, "severity": severity}})
    verdict = judge_validation(found, policy, gate="validate_clean")
    assert verdict.outcome is outcome
    assert [r.code for r in verdict.reasons] == ["quality_score_not_measured"]
