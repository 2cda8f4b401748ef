"""Label, prediction and score: their measures, their intervals, and how a change is judged."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as hs
from pydantic import ValidationError
from sklearn.metrics import roc_auc_score

from assay.drift import DriftReport, judge_drift, measure_drift, render_html, render_text
from assay.engine import open_session
from assay.page import PageContext
from assay.policy.drift import DriftPolicy
from assay.statistics.auc import area, change, null_deviation
from assay.statistics.sorted_blocks import merged

LIMITS = {"label_share": 0.1, "accuracy": 0.05, "recall": 0.1, "auc": 0.05}


def policy(limits=None, least=0.5):
    limits = LIMITS if limits is None else limits
    return DriftPolicy.model_validate(
        {
            "on_inconclusive": "hold",
            "alpha": 0.01,
            "columns": {"x": {"test": "anderson_darling", "effect": "ks_statistic", "limit": 0.5}},
            "roles": {"y": "label", "said": "prediction", "score": "probability"},
            "concept": {
                "positive": 1,
                "limits": {name: {"limit": limit} for name, limit in limits.items()},
                "least_labelled": least,
            },
        }
    )


def frame(seed, rows=8000, noise=1.0, labelled=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    y = pd.array((x + rng.normal(size=rows) > 0).astype(int), dtype="Int64")
    y[rng.random(rows) >= labelled] = None
    score = x + rng.normal(0, noise, rows)
    return pd.DataFrame({"x": x, "y": y, "said": (score > 0).astype(int), "score": score})


def judged(reference, current, judging):
    with open_session(threads=1) as session:
        tables = [session.set_aside(t)
                  for n, t in (("ref", reference), ("cur", current))]  # fmt: skip
        measured = measure_drift(session, *tables, judging)
    return judge_drift(measured, judging), measured


def codes(verdict):
    return {(r.code, r.outcome.value) for r in verdict.reasons}


scores = hs.lists(hs.one_of(hs.integers(0, 5), hs.floats(-5, 5)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(scores, scores)
def test_auc_equals_scikit_learns_and_its_variance_delongs_formula(negative, positive):
    sides = [np.sort(np.array(s, dtype=float)) for s in (negative, positive)]
    found = area(merged(*sides), len(negative), len(positive))
    truth = np.repeat([0, 1], [len(negative), len(positive)])
    theirs = roc_auc_score(truth, np.concatenate(sides))
    assert found.value == pytest.approx(theirs, abs=1e-12)
    wins = (sides[1][:, None] > sides[0]) + 0.5 * (sides[1][:, None] == sides[0])
    expected = sum(
        wins.mean(axis=axis).var(ddof=1) / wins.shape[1 - axis]
        for axis in (0, 1)
        if wins.shape[1 - axis] > 1
    )
    assert found.variance == pytest.approx(expected, abs=1e-12)


def test_the_interval_of_an_auc_covers_and_that_of_no_skill_has_its_null_deviation():
    rng = np.random.default_rng(5)
    missed, gaps = 0, []
    true = 0.5 * (1 + math.erf(0.8 / 2))
    for _ in range(600):
        sides = [np.sort(rng.normal(shift, 1, 60)) for shift in (0, 0.8)]
        low, high = area(merged(*sides), 60, 60).bounds(0.025)
        missed += not low <= true <= high
        none = [np.sort(rng.normal(size=60)) for _ in range(2)]
        gaps.append(area(merged(*none), 60, 60).value - 0.5)
    assert missed / 600 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 600)
    assert np.std(gaps) == pytest.approx(null_deviation(60, 60), rel=0.1)
    both = area(merged(np.array([0.0, 1.0]), np.array([2.0, 3.0])), 2, 2)
    assert change(both, both, 0.05)[0] < 0 < change(both, both, 0.05)[1]


def test_measures_are_scikit_learns():
    data = frame(1, labelled=0.9)
    _, measured = judged(data, data, policy())
    found = {m.name: m.value for m in measured.concept if m.group == "current"}
    known = data.dropna()
    assert found["labelled_share"] == pytest.approx(len(known) / len(data))
    assert found["accuracy"] == pytest.approx((known.y == known.said).mean())
    assert found["auc"] == pytest.approx(roc_auc_score(known.y.astype(int), known.score))


def test_an_unchanged_concept_gives_no_reason():
    assert codes(judged(frame(1), frame(2), policy())[0]) == set()


def test_a_model_that_got_worse_fails_though_no_input_shifted():
    verdict, _ = judged(frame(1, noise=0.2), frame(2, noise=3.0), policy())
    assert codes(verdict) == {("concept_changed", "FAIL")}
    assert {r.numbers["measure"] for r in verdict.reasons} == {"accuracy", "recall", "auc"}
    assert all(r.numbers["lower"] > r.numbers["limit"] for r in verdict.reasons)


def test_few_labelled_rows_cannot_tell():
    verdict, _ = judged(frame(1), frame(2, rows=80), policy({"accuracy": 0.05}))
    assert ("concept_undecided", "INCONCLUSIVE") in codes(verdict)


def test_late_labels_are_a_warning_and_nothing_else_is_said():
    for share in (0.2, 0.0):
        late = frame(2, noise=3.0, labelled=share)
        verdict, _ = judged(frame(1, noise=0.2), late, policy())
        assert codes(verdict) == {("labels_late", "WARN")}
    without = frame(2).drop(columns="y")
    assert codes(judged(frame(1), without, policy())[0]) == {("labels_late", "WARN")}


def test_a_measure_that_cannot_be_taken_is_not_passed():
    verdict, _ = judged(frame(1), frame(2).assign(score=np.nan), policy({"auc": 0.05}))
    assert codes(verdict) == {("concept_undecided", "INCONCLUSIVE")}


def test_limits_need_the_share_that_must_be_labelled():
    with pytest.raises(ValidationError, match="least_labelled"):
        policy(least=None)


@pytest.mark.parametrize(
    ("label", "prediction"),
    [
        ("float64", "int64"), ("float64", "boolean"), ("boolean", "int64"), ("int64", "float64"),
        ("float64", "text"), ("text", "boolean"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("positive", [1, 1.0, True, "1", "true"])
def test_levels_are_compared_by_what_they_mean_whatever_their_types(label, prediction, positive):
    """A label with missing rows is often a float beside a whole prediction."""

    def typed(column, kind):
        if kind == "text":  # a level of text is the one that the policy writes
            written = "true" if positive is True or positive == "true" else "1"
            texts = {1: written, 0: "0"}
            return column.map(texts)
        return column.astype(kind)

    judging = policy({"accuracy": 0.05, "recall": 0.1})
    concept = judging.concept.model_copy(update={"positive": positive})
    judging = judging.model_copy(update={"concept": concept})
    before, now = (
        f.assign(y=typed(f.y, label), said=typed(f.said, prediction))
        for f in (frame(1, noise=0.2), frame(2, noise=3.0))
    )
    _, measured = judged(before, before, judging)
    found = {m.name: m.value for m in measured.concept if m.group == "current"}
    plain = frame(1, noise=0.2)
    assert found["accuracy"] == pytest.approx((plain.y == plain.said).mean())
    assert found["label_share"] == pytest.approx((plain.y == 1).mean())
    assert found["precision"] == pytest.approx(plain.y[plain.said == 1].mean())
    assert codes(judged(before, before, judging)[0]) == set()
    assert codes(judged(before, now, judging)[0]) == {("concept_changed", "FAIL")}


@pytest.mark.parametrize("column", ["y", "said"])
def test_a_positive_level_that_never_occurs_is_inconclusive_and_named(column):
    judging = policy({"label_share": 0.1, "accuracy": 0.1, "precision": 0.1})
    words = {0: "no", 1: "yes"}
    data = frame(1).assign(**{column: frame(1)[column].map(words)})
    verdict, _ = judged(data, data, judging)
    assert codes(verdict) == {("concept_undecided", "INCONCLUSIVE")}
    (reason,) = verdict.reasons
    assert "'1'" in reason.message
    assert {"y": "label", "said": "prediction"}[column] in reason.message


def test_concept_is_judged_alone_and_its_figures_are_shown():
    alone = policy({"accuracy": 0.05}).model_copy(update={"columns": {}})
    alone = DriftPolicy.model_validate(alone.model_dump(mode="json"))
    context = PageContext("loans 2024-01-01")
    for seed, noise, outcome in ((2, 1.0, "PASS"), (2, 8.0, "FAIL")):
        verdict, measured = judged(frame(1), frame(seed, noise=noise), alone)
        assert verdict.outcome == outcome
        text = render_text(verdict, DriftReport(comparisons=(measured,)))
        page = render_html(verdict, DriftReport(comparisons=(measured,)), context)
        value = next(m.value for m in measured.concept if m.name == "accuracy")
        for shown in (text, page):
            assert "accuracy" in shown
            assert f"{value:.3g}"[:5] in shown
            assert "Nothing was compared" not in shown
    with pytest.raises(ValidationError, match="name anything to judge"):
        policy({}, None).model_copy(update={"columns": {}}).__class__.model_validate(
            policy({}, None).model_dump(mode="json") | {"columns": {}}
        )


def test_concept_figures_are_shown_without_a_reference():
    with open_session(threads=1) as session:
        measured = measure_drift(session, None, session.set_aside(frame(1)), policy())
    text = render_text(judge_drift(measured, policy()), DriftReport(comparisons=(measured,)))
    assert "accuracy" in text


def test_slices_take_levels_by_what_they_mean():
    judging = policy({})
    slices = [{"name": "ones", "column": "y", "levels": [1], "columns": ["x"]}]
    judging = DriftPolicy.model_validate(judging.model_dump(mode="json") | {"slices": slices})
    data = frame(1)
    for kind in ("int64", "float64", "boolean"):
        typed = data.assign(y=data.y.astype(kind))
        _, measured = judged(typed, typed, judging)
        part = next(c for c in measured.columns if c.slice == "ones")
        assert part.n_current == (data.y == 1).sum()
