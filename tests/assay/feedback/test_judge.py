"""What predictions show, and the verdict on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from joined_predictions import COLUMNS, draw, joined
from sklearn.metrics import accuracy_score, roc_auc_score

from assay.errors import InputError
from assay.feedback import FeedbackColumns, judge_feedback, measure_feedback
from assay.policy.model import FeedbackPolicy
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Outcome, Verdict

DAY = "2013-02-01"


def measured(rows: pa.Table, policy: FeedbackPolicy, **more: Any) -> Any:
    usual = {"batch": DAY, "classes": ["false", "true"], "favourable": "true", "seed": 1}
    return measure_feedback(rows, COLUMNS, policy, **(usual | more))


def verdict_of(rows: pa.Table, policy: FeedbackPolicy, **more: Any) -> Verdict:
    test = more.pop("test", {})
    return judge_feedback(measured(rows, policy), policy, test, **more)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_figures_of_every_part_equal_scikit_learn(make_policy):
    days = [draw(600, 1), draw(400, 2, day="2013-02-02")]
    found = measured(joined(*days), make_policy())
    parts = {(part.kind, part.column, part.level): part for part in found.parts}
    assert [key for key in parts if key[0] != "slice"] == [
        ("batch", None, DAY), ("batch", None, "2013-02-02"),
        ("version", None, "1"), ("version", None, "2"),
    ]  # fmt: skip
    for number, day in enumerate(days):
        part = parts["batch", None, f"2013-02-0{number + 1}"]
        assert part.figures["accuracy"].value == pytest.approx(
            accuracy_score(day["late"], day["said"]), abs=1e-12
        )
        assert part.figures["roc_auc"].value == pytest.approx(
            roc_auc_score(day["late"], day["p_late"]), abs=1e-12
        )
    first = days[0]
    here = first["origin"] == "EWR"
    slice_ = parts["slice", "origin", "EWR"]
    assert (slice_.rows, slice_.labelled) == (here.sum(), here.sum())
    assert slice_.figures["accuracy"].value == pytest.approx(
        accuracy_score(first["late"][here], first["said"][here]), abs=1e-12
    )


def test_the_order_of_rows_changes_nothing(make_policy):
    rows = joined(draw(300, 3))
    order = np.random.default_rng(1).permutation(300)
    first, second = (measured(r, make_policy()) for r in (rows, rows.take(order)))
    for one, other in zip(first.parts, second.parts, strict=True):
        for name in ("accuracy", "f1", "roc_auc", "ece"):
            a, b = one.figures[name], other.figures[name]
            assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-12)


def test_rows_without_an_outcome_are_counted_and_not_measured(make_policy):
    day = draw(400, 4)
    found = measured(joined(day, late_labels=0.25), make_policy()).judged
    assert (found.rows, found.labelled) == (400, 300)
    expected = accuracy_score(day["late"][:300], day["said"][:300])
    assert found.figures["accuracy"].value == pytest.approx(expected, abs=1e-12)


def test_a_good_model_passes(make_policy):
    verdict = verdict_of(joined(draw(2000, 5)), make_policy())
    assert (verdict.outcome, codes(verdict)) == (Outcome.PASS, [])
    cells = [m for m in verdict.measurements if "outcome" in m.detail]
    assert [(m.column, m.group) for m in cells] == [
        (None, None), ("origin", "EWR"), ("origin", "JFK"), ("origin", "LGA"),
    ]  # fmt: skip


def test_a_figure_below_its_limit_fails_with_its_numbers(make_policy):
    policy = make_policy(limits=[{"metric": "accuracy", "min": 0.9}], slices=[])
    verdict = verdict_of(joined(draw(2000, 5)), policy)
    assert codes(verdict) == ["feedback_beyond_limit"]
    numbers = verdict.reasons[0].numbers
    assert numbers["high"] < 0.9 == numbers["at_least"]
    assert numbers["rows"] == 2000
    assert numbers["p_adjusted"] < 1e-6


def test_a_bad_slice_fails_where_all_rows_together_pass(make_policy):
    day = draw(3000, 6)
    here = day["origin"] == "EWR"
    day["said"] = np.where(here, np.random.default_rng(1).random(3000) < 0.5, day["said"])
    verdict = verdict_of(joined(day), make_policy(limits=[{"metric": "accuracy", "min": 0.6}]))
    assert codes(verdict) == ["feedback_beyond_limit"]
    assert verdict.reasons[0].column == "origin"
    assert "where origin is EWR" in verdict.reasons[0].message


@pytest.mark.parametrize(
    ("test_accuracy", "rows", "code"),
    [(0.9, 3000, "feedback_worse_than_test"), (0.78, 300, "feedback_undecided"), (0.72, 3000, "")],
)
def test_the_test_is_compared_as_independent_rows(test_accuracy, rows, code, make_policy):
    n = 4000
    test = {
        "accuracy": Estimate(
            value=test_accuracy, low=test_accuracy - 0.012, high=test_accuracy + 0.012, n=n, how=""
        )
    }
    margin = [{"metric": "accuracy", "margin": 0.05}]
    policy = make_policy(limits=[], against_test=margin, slices=[])
    verdict = verdict_of(joined(draw(rows, 7)), policy, test=test)
    assert codes(verdict) == ([code] if code else [])


def test_a_loss_is_worse_where_it_is_higher(make_policy):
    low = {"brier": Estimate(value=0.1, low=0.09, high=0.11, n=4000, how="")}
    high = {"brier": Estimate(value=0.3, low=0.29, high=0.31, n=4000, how="")}
    margin = [{"metric": "brier", "margin": 0.02}]
    policy = make_policy(limits=[], against_test=margin, slices=[])
    rows = joined(draw(1000, 8))
    assert codes(verdict_of(rows, policy, test=low)) == ["feedback_worse_than_test"]
    assert codes(verdict_of(rows, policy, test=high)) == []


def test_a_figure_that_the_test_lacks_is_inconclusive(make_policy):
    policy = make_policy(against_test=[{"metric": "f1", "margin": 0.1}], slices=[])
    verdict = verdict_of(joined(draw(1000, 8)), policy)
    assert codes(verdict) == ["feedback_undecided"]
    assert "the test has no such figure" in verdict.reasons[0].message


def test_late_labels_are_a_warning_with_the_share_that_has_come(make_policy):
    verdict = verdict_of(joined(draw(400, 4), late_labels=0.75), make_policy())
    assert (verdict.outcome, codes(verdict)) == (Outcome.WARN, ["labels_late"])
    assert verdict.reasons[0].numbers["share_labelled"] == 0.25
    assert "25 % of 400 predictions" in verdict.reasons[0].message


def test_an_estimate_beyond_its_limit_warns_while_labels_are_late(make_policy):
    estimated = {"accuracy": Estimate(value=0.5, low=0.45, high=0.55, n=400, how="")}
    rows = joined(draw(400, 4), late_labels=0.75)
    verdict = verdict_of(rows, make_policy(), estimated=estimated)
    assert codes(verdict) == ["labels_late", "estimated_beyond_limit"]
    assert not verdict.holds


def test_no_rows_few_rows_and_small_slices(make_policy):
    other_day = joined(draw(100, 1, day="2013-03-01"))
    assert codes(verdict_of(other_day, make_policy())) == ["empty_batch"]
    few = verdict_of(joined(draw(30, 1)), make_policy())
    assert codes(few) == ["feedback_undecided", "feedback_slice_too_small"]
    assert few.outcome is Outcome.INCONCLUSIVE
    day = draw(2000, 5)
    day["origin"] = np.where(np.arange(2000) < 10, "SWF", day["origin"])
    verdict = verdict_of(joined(day), make_policy())
    assert (verdict.outcome, codes(verdict)) == (Outcome.WARN, ["feedback_slice_too_small"])
    assert verdict.reasons[0].numbers == {"levels": 1, "of_levels": 4, "least_number": 50}
    assert "SWF" not in verdict.model_dump_json()


def test_one_class_is_inconclusive_and_no_nan(make_policy):
    day = draw(200, 1)
    day["late"] = np.ones(200, dtype=bool)
    limits = [{"metric": "roc_auc", "min": 0.7}]
    verdict = verdict_of(joined(day), make_policy(limits=limits, slices=[]))
    assert codes(verdict) == ["feedback_undecided"]
    assert "all rows are of one class" in verdict.reasons[0].message
    assert "NaN" not in verdict.model_dump_json()


def test_numbers_are_judged_by_their_errors(make_policy):
    random = np.random.default_rng(1)
    truth = random.normal(30, 10, size=500)
    rows = pa.table({"y": truth, "said": truth + random.normal(0, 5, size=500), "day": [DAY] * 500})
    policy = make_policy(limits=[{"metric": "mae", "max": 3}], slices=[])
    columns = FeedbackColumns(truth="y", prediction="said", batch="day")
    found = measure_feedback(rows, columns, policy, batch=DAY, seed=1)
    assert found.judged.figures.keys() == {"mae", "rmse", "r2"}
    assert codes(judge_feedback(found, policy, {})) == ["feedback_beyond_limit"]


def test_a_column_that_is_missing_is_an_error_with_its_nearest(make_policy):
    with pytest.raises(InputError, match=r"no such column.*'origin'"):
        measured(joined(draw(10, 1)), make_policy(slices=["orgin"]))


def alarms(make_policy: Any, days: int, rows: int, limit: float) -> int:
    """How many days fail of a model that just keeps its limit, in all and in 3 slices."""
    policy = make_policy(
        limits=[{"metric": "accuracy", "min": limit}, {"metric": "recall", "min": limit}]
    )
    return sum(
        verdict_of(joined(draw(rows, 1000 + day)), policy).outcome is Outcome.FAIL
        for day in range(days)
    )


def true_accuracy() -> float:
    day = draw(2_000_000, 99)
    return float((day["late"] == day["said"]).mean())


def test_twenty_days_at_the_limit_are_seldom_accused(make_policy):
    """8 comparisons each, all at their limit; 1 in 20 days may be accused, and 4 are too many."""
    assert alarms(make_policy, 20, 600, true_accuracy()) <= 3


@pytest.mark.slow
def test_days_at_the_limit_are_accused_at_most_at_the_level(make_policy):
    found = alarms(make_policy, 400, 600, true_accuracy())
    assert found / 400 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 400)
