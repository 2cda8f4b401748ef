"""Verdicts, each pinned with its reason codes."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest

from assay.engine import Session
from assay.errors import PolicyError
from assay.fairness import fairness_problems, judge_fairness, measure_fairness
from assay.verdict import Outcome, Verdict

EQUAL = [("M", 1, 1, 600), ("M", 0, 0, 400), ("F", 1, 1, 600), ("F", 0, 0, 400)]
UNEQUAL = [("M", 1, 1, 600), ("M", 0, 0, 400), ("F", 1, 1, 200), ("F", 1, 0, 800)]
ODDS = [{"metric": "equalized_odds", "max": 0.1}]


def said(verdict: Verdict) -> tuple[str, list[tuple[str, str]]]:
    return verdict.outcome.value, [(r.code, r.outcome.value) for r in verdict.reasons]


def test_equal_rates_pass(judged: Any) -> None:
    assert said(judged(EQUAL)) == ("PASS", [])


def test_a_disparity_fails_with_its_numbers(judged: Any) -> None:
    verdict = judged(UNEQUAL)
    assert said(verdict) == ("FAIL", [("disparity", "FAIL")])
    reason = verdict.reasons[0]
    assert reason.column == "sex"
    assert reason.numbers["ratio"] == pytest.approx(1 / 3)
    assert reason.numbers["high"] < 0.8
    assert reason.numbers["n"] == reason.numbers["n_reference"] == 1000
    assert verdict.exit_code == 1


def test_few_rows_are_undecided_and_never_pass(judged: Any) -> None:
    few = [(g, y, p, n // 50) for g, y, p, n in EQUAL]
    verdict = judged(few)
    assert said(verdict) == ("INCONCLUSIVE", [("disparity_undecided", "INCONCLUSIVE")])
    assert verdict.holds
    assert not judged(few, on_inconclusive="release").holds


def test_equalized_odds_judges_both_rates(judged: Any) -> None:
    rows = [
        *(("M", 1, 1, 800), ("M", 1, 0, 200), ("M", 0, 1, 100), ("M", 0, 0, 900)),
        *(("F", 1, 1, 800), ("F", 1, 0, 200), ("F", 0, 1, 400), ("F", 0, 0, 600)),
    ]
    verdict = judged(rows, metrics=ODDS)
    assert said(verdict) == ("FAIL", [("disparity", "FAIL")])
    cells = {m.detail["rate"]: m for m in verdict.measurements if m.name == "equalized_odds"}
    assert cells["true_positive_rate"].detail["outcome"] == "PASS"
    assert cells["false_positive_rate"].detail["outcome"] == "FAIL"
    assert cells["false_positive_rate"].value == pytest.approx(0.3)


def test_a_metric_is_judged_on_the_attributes_it_names(judged: Any) -> None:
    frame = pd.DataFrame(
        {"sex": ["M", "F"] * 500, "dis": (["n"] * 2 + ["y"] * 2) * 250, "prediction": [1, 0] * 500}
    )
    attributes = {
        "sex": {"reference": "M", "required_groups": ["M", "F"]},
        "dis": {"reference": "n", "required_groups": ["n", "y"]},
    }
    metric = {"metric": "disparate_impact", "outcome": "prediction", "min": 0.8}
    both = judged(frame, attributes=attributes, metrics=[metric])
    assert {r.column for r in both.reasons} == {"sex"}
    other = judged(frame, attributes=attributes, metrics=[{**metric, "attributes": ["dis"]}])
    assert said(other) == ("PASS", [])
    assert {m.column for m in other.measurements if m.name == "disparate_impact"} == {"dis"}


def test_disparate_impact_of_the_label_needs_no_prediction(judged: Any) -> None:
    rows = pd.DataFrame({"sex": ["M"] * 200 + ["F"] * 200, "label": ([1] * 120 + [0] * 80) * 2})
    metric = {"metric": "disparate_impact", "outcome": "label", "min": 0.6}
    verdict = judged(rows, metrics=[metric], roles={"label": "label"})
    assert said(verdict) == ("PASS", [])
    cell = next(m for m in verdict.measurements if m.name == "disparate_impact")
    assert cell.detail["rate"] == "base_rate"
    assert cell.detail["favourable"] == "label = 1"
    assert cell.detail["rows"] == "rows with a known label"


def test_no_column_has_the_role(session: Session, make_table: Any, make_policy: Any) -> None:
    policy = make_policy(roles={"label": "label"}, metrics=ODDS)
    with pytest.raises(PolicyError, match="equalized_odds needs a prediction"):
        measure_fairness(make_table(EQUAL), policy)
    assert len(fairness_problems(policy, {})) == 1
    assert fairness_problems(policy, {"prediction": "prediction"}) == []


def test_a_second_column_of_a_role_is_refused(
    session: Session, make_table: Any, make_policy: Any
) -> None:
    with pytest.raises(PolicyError, match="more than one column has the role label"):
        measure_fairness(make_table(EQUAL), make_policy(), {"sex": "label"})


def test_an_empty_batch(judged: Any) -> None:
    assert said(judged([("M", 1, 1, 0)])) == ("INCONCLUSIVE", [("empty_batch", "INCONCLUSIVE")])


def test_one_row(judged: Any) -> None:
    assert said(judged([("M", 1, 1, 1)])) == (
        "INCONCLUSIVE",
        [("required_group_absent", "INCONCLUSIVE")],
    )


def test_all_null(judged: Any) -> None:
    outcome, reasons = said(judged([(None, None, None, 50)]))
    assert outcome == "INCONCLUSIVE"
    assert reasons == [
        ("outcome_missing", "INCONCLUSIVE"),
        ("reference_group_absent", "INCONCLUSIVE"),
        ("required_group_absent", "INCONCLUSIVE"),
        ("required_group_absent", "INCONCLUSIVE"),
    ]


def test_an_empty_group(judged: Any) -> None:
    verdict = judged([r for r in EQUAL if r[0] == "M"])
    assert said(verdict) == ("INCONCLUSIVE", [("required_group_absent", "INCONCLUSIVE")])


def test_a_required_group_absent_from_an_intersection(judged: Any) -> None:
    frame = pd.DataFrame(
        {
            "sex": ["M"] * 300 + ["F"] * 150,
            "dis": ["n"] * 150 + ["y"] * 150 + ["n"] * 150,
            "prediction": [1, 0, 1] * 150,
        }
    )
    attributes = {
        "sex": {"reference": "M", "required_groups": ["M", "F"]},
        "dis": {"reference": "n", "required_groups": ["n", "y"]},
    }
    crossed = {"attributes": attributes, "intersections": [["sex", "dis"]]}
    verdict = judged(frame, **crossed, intersection_depth=2)
    absent = [r for r in verdict.reasons if r.code == "required_group_absent"]
    assert [(r.column, "F × y" in r.message) for r in absent] == [("sex × dis", True)]


def test_a_small_required_group_is_named_and_never_zero(judged: Any) -> None:
    verdict = judged([*EQUAL[:2], ("F", 1, 0, 9)])
    assert said(verdict) == ("INCONCLUSIVE", [("group_too_small", "INCONCLUSIVE")])
    assert "of F against M" in verdict.reasons[0].message
    rates = [m for m in verdict.measurements if m.name == "selection_rate" and m.group == "F"]
    assert [(m.value, m.n, m.detail["n"]) for m in rates] == [(None, None, "<10")]


def test_the_least_number_is_of_each_rates_own_denominator(judged: Any) -> None:
    rows = [*EQUAL[:2], ("F", 1, 1, 5), ("F", 0, 0, 400)]
    verdict = judged(rows, metrics=[{"metric": "equalized_odds", "max": 0.1}])
    assert said(verdict) == ("INCONCLUSIVE", [("group_too_small", "INCONCLUSIVE")])
    assert "true_positive_rate" in verdict.reasons[0].message


def test_a_small_group_that_is_not_required_only_warns(judged: Any) -> None:
    verdict = judged([*EQUAL, (None, 1, 0, 5)])
    assert said(verdict) == ("WARN", [("group_too_small", "WARN")])
    assert "(missing)" in verdict.reasons[0].message


def test_other_groups_are_listed_together_with_their_share(judged: Any) -> None:
    attributes = {"sex": {"reference": "M", "required_groups": ["F"], "levels": ["X", "Y"]}}
    verdict = judged([*EQUAL, ("X", 1, 0, 9), ("Y", 1, 0, 8)], attributes=attributes)
    assert said(verdict) == ("WARN", [("group_too_small", "WARN")])
    reason = verdict.reasons[0]
    assert reason.message.endswith("are not judged: X, Y")
    assert reason.numbers["rows"] == 17
    assert reason.numbers["share_of_rows"] == pytest.approx(17 / 2017)


def test_missing_is_a_group_that_can_fail(judged: Any) -> None:
    verdict = judged([*EQUAL, (None, 1, 0, 500), (None, 1, 1, 10)])
    assert said(verdict) == ("FAIL", [("disparity", "FAIL")])
    assert "(missing)" in verdict.reasons[0].message


def test_missing_can_be_required(judged: Any) -> None:
    attributes = {"sex": {"reference": "M", "required_groups": ["M", "F", None]}}
    verdict = judged(EQUAL, attributes=attributes)
    assert said(verdict) == ("INCONCLUSIVE", [("required_group_absent", "INCONCLUSIVE")])


def test_all_groups_required(judged: Any) -> None:
    attributes = {"sex": {"reference": "M", "required_groups": "all"}}
    assert said(judged([*EQUAL, ("X", 1, 1, 3)], attributes=attributes)) == (
        "INCONCLUSIVE",
        [("group_too_small", "INCONCLUSIVE")],
    )
    assert said(judged(EQUAL[:2], attributes=attributes)) == (
        "INCONCLUSIVE",
        [("nothing_compared", "INCONCLUSIVE")],
    )


def test_the_reference_group_absent(judged: Any) -> None:
    attributes = {"sex": {"reference": "m", "required_groups": ["F"]}}
    verdict = judged(EQUAL, attributes=attributes)
    assert said(verdict) == ("INCONCLUSIVE", [("reference_group_absent", "INCONCLUSIVE")])


def test_an_unknown_attribute_and_an_unknown_outcome(judged: Any) -> None:
    frame = pd.DataFrame({"prediction": [1, 0] * 50})
    verdict = judged(frame)
    assert said(verdict) == ("INCONCLUSIVE", [("column_missing", "INCONCLUSIVE")])
    assert verdict.reasons[0].column == "sex"
    verdict = judged(pd.DataFrame({"sex": ["M", "F"] * 50}))
    assert [r.column for r in verdict.reasons if r.code == "column_missing"] == ["prediction"]
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_a_favourable_value_that_never_occurs_is_not_equality(judged: Any) -> None:
    metric = {"metric": "demographic_parity_difference", "outcome": "prediction", "max": 0.1}
    verdict = judged(EQUAL, favourable="yes", metrics=[metric])
    assert said(verdict)[0] == "INCONCLUSIVE"
    assert said(verdict)[1][0] == ("favourable_outcome_absent", "INCONCLUSIVE")


def test_rows_without_an_outcome_stay_out_and_are_told_of(judged: Any) -> None:
    verdict = judged([*EQUAL, ("F", 1, None, 200)])
    assert said(verdict) == ("WARN", [("outcome_missing", "WARN")])
    assert verdict.reasons[0].numbers == {"rows_missing": 200, "rows": 2200}
    rate = next(m for m in verdict.measurements if m.name == "selection_rate" and m.group == "F")
    assert (rate.value, rate.n) == (0.6, 1000)


def test_a_gate_that_does_not_apply(session: Session, make_table: Any) -> None:
    from assay.policy.fairness import FairnessPolicy

    policy = FairnessPolicy(applies=False, reason="flights have no people", on_inconclusive="hold")
    verdict = judge_fairness(measure_fairness(make_table(EQUAL), policy), policy)
    assert said(verdict) == ("PASS", [("not_applicable", "PASS")])
    assert verdict.reasons[0].message == "flights have no people"


def test_order_of_rows_and_threads_do_not_show(judged: Any) -> None:
    frame = pd.DataFrame(
        [(g, y, p) for g, y, p, n in UNEQUAL for _ in range(n)],
        columns=["sex", "label", "prediction"],
    )
    rows = list(range(len(frame)))
    random.Random(5).shuffle(rows)
    shuffled = frame.iloc[rows].reset_index(drop=True)
    first, second = (judged(f, metrics=ODDS).model_dump_json() for f in (frame, shuffled))
    assert first == second


def test_holm_counts_every_comparison(judged: Any) -> None:
    """A gap that one comparison alone would fail is undecided among many."""
    rows = [("M", 1, 1, 500), ("M", 1, 0, 500), ("F", 1, 1, 350), ("F", 1, 0, 650)]
    assert judged(rows).outcome is Outcome.FAIL
    many = [(f"g{i}", 1, p, 500) for i in range(9) for p in (0, 1)]
    verdict = judged([*rows, *many])
    cell = next(m for m in verdict.measurements if m.name == "disparate_impact" and m.group == "F")
    assert cell.detail["p"] < 0.05 < cell.detail["p_adjusted"]
    assert cell.detail["outcome"] == "INCONCLUSIVE"


def test_values_that_no_list_names_are_never_shown(judged: Any) -> None:
    rows = [*EQUAL, ("SECRET-1", 1, 1, 700), ("SECRET-2", 1, 1, 3), ("SECRET-3", 1, 1, 2)]
    verdict = judged(rows)
    text = verdict.model_dump_json()
    assert "SECRET" not in text
    assert {m.group for m in verdict.measurements if m.name == "rows"} == {
        *("M", "F", "group 1", "(unlisted, below the least number)")
    }
    assert said(verdict) == ("WARN", [("group_too_small", "WARN")])
    numbers = {"groups": 2, "rows": "<10", "share_of_rows": None, "least_number": 10}
    assert verdict.reasons[0].numbers == numbers


def test_a_contracts_closed_list_may_be_named(
    session: Session, make_table: Any, make_policy: Any
) -> None:
    policy = make_policy()
    table = make_table([*EQUAL, ("X", 1, 1, 700)])
    measured = measure_fairness(table, policy, levels={"sex": ["M", "F", "X"]})
    assert {g.name for g in measured.groups} == {"M", "F", "X"}


def test_problems_of_levels(make_policy: Any) -> None:
    policy = make_policy()
    assert fairness_problems(policy, {}, {"sex": ["M", "F"]}) == []
    assert [p.what for p in fairness_problems(policy, {}, {})] == [
        "a protected attribute needs a closed list of levels"
    ]
    assert [p.got for p in fairness_problems(policy, {}, {"sex": ["M"]})] == ["F"]


@pytest.mark.parametrize(
    ("values", "reference"),
    [([1, 2], 1), ([1.0, 2.0], 1), ([True, False], True), ([1.5, 2.0], 1.5), (["1", "2"], 1)],
)
def test_levels_are_compared_as_a_policy_writes_them(
    judged: Any, values: list[Any], reference: Any
) -> None:
    frame = pd.DataFrame({"sex": values * 100, "prediction": [1, 1, 0, 0] * 50})
    attributes = {"sex": {"reference": reference, "required_groups": "all"}}
    verdict = judged(
        frame,
        attributes=attributes,
        metrics=[{"metric": "demographic_parity_difference", "outcome": "prediction", "max": 0.3}],
    )
    assert said(verdict) == ("PASS", [])


def test_nan_is_missing(judged: Any) -> None:
    frame = pd.DataFrame({"sex": [1.0] * 50 + [float("nan")] * 50, "prediction": [1, 0] * 50})
    attributes = {"sex": {"reference": 1, "required_groups": [1, None]}}
    verdict = judged(frame, attributes=attributes)
    assert {m.group for m in verdict.measurements if m.name == "rows"} == {"1", "(missing)"}


def test_every_figure_names_its_favourable_outcome_and_rows(judged: Any) -> None:
    verdict = judged(
        UNEQUAL,
        metrics=[*ODDS, {"metric": "disparate_impact", "outcome": "prediction", "min": 0.8}],
        meaning="loan granted",
    )
    figures = [m for m in verdict.measurements if m.name != "rows"]
    assert len(figures) > 10
    assert all("loan granted" in m.detail["favourable"] and m.detail["rows"] for m in figures)
    counts = [m for m in verdict.measurements if m.name == "rows"]
    assert len(counts) == 2
    assert all(m.detail["favourable"].startswith("none") and m.detail["rows"] for m in counts)
    shown = {r.message.partition("; ")[2] for r in verdict.reasons}
    assert shown == {r.about for r in verdict.reasons}
    rows = "rows with a known prediction"
    assert f"good result: prediction = 1 (loan granted); rows: {rows}" in shown
    assert all("loan granted" in about and "; rows: rows with" in about for about in shown)
