"""Our counts against fairlearn on the raw rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from fairlearn import metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.fairness._counts import OUTCOMES, count_outcomes, rate
from assay.fairness._fairlearn import fairlearn_figures
from assay.fairness._groups import form_groups, name_levels

ROW = st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.integers(0, 1))


@settings(deadline=None, derandomize=True, max_examples=25)
@given(rows=st.lists(ROW, min_size=1, max_size=60))
def test_rates_and_figures_equal_fairlearn(
    rows: list[tuple[str, int, int]], make_table: Any, make_policy: Any
) -> None:
    frame = pd.DataFrame(rows, columns=["sex", "label", "prediction"])
    policy = make_policy(attributes={"sex": {"reference": "a", "required_groups": "all"}})
    columns = {role: role for role in OUTCOMES}
    counted = count_outcomes(make_table(frame), ["sex"], columns, policy.rules.favourable)
    known = name_levels(counted, ["sex"], policy, {"sex": "abc"})
    groups = form_groups(counted, ["sex"], policy, known)
    theirs = {
        "selection_rate": metrics.selection_rate,
        "true_positive_rate": metrics.true_positive_rate,
        "false_positive_rate": metrics.false_positive_rate,
    }
    for group in groups:
        part = frame[frame.sex == group.name]
        for name, function in theirs.items():
            ours = rate(group, name)  # type: ignore[arg-type]
            if ours.n:
                assert ours.value == pytest.approx(function(part.label, part.prediction))
    figures = fairlearn_figures(groups, 1)
    if {"equalized_odds_difference"} <= figures.keys():
        able = [g.name for g in groups if rate(g, "true_positive_rate").n]
        able = [g.name for g in groups if g.name in able and rate(g, "false_positive_rate").n]
        part = frame[frame.sex.isin(able)]
        for name, (value, n) in figures.items():
            if name.startswith("equalized"):
                expected = getattr(metrics, name)(
                    part.label, part.prediction, sensitive_features=part.sex
                )
                assert (value, n) == (pytest.approx(expected, nan_ok=True), len(part))


def test_small_groups_stay_out(judged: Any) -> None:
    rows = [("M", 1, 1, 60), ("M", 0, 0, 40), ("F", 1, 1, 30), ("F", 0, 0, 70), ("X", 1, 1, 3)]
    verdict = judged(rows)
    found = {m.name: m for m in verdict.measurements if m.name.startswith("fairlearn.")}
    parity = found["fairlearn.demographic_parity_difference"]
    assert (parity.value, parity.n) == (pytest.approx(0.3), 200)
    assert parity.detail["judged"] is False


def test_with_one_group_there_is_no_gap(judged: Any) -> None:
    verdict = judged([("M", 1, 1, 60), ("M", 0, 0, 40)])
    assert not [m for m in verdict.measurements if m.name.startswith("fairlearn.")]
