"""How often our own work touched each group's rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from assay.fairness import (
    judge_fairness,
    measure_fairness,
    measure_treatment,
    render_fairness_html,
    render_fairness_text,
)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sex": ["M"] * 200 + ["F"] * 100 + ["X"] * 5,
            "prediction": [1, 0] * 150 + [1] * 5,
            "age__imputed": [False] * 190 + [True] * 10 + [True] * 30 + [False] * 75,
            "__quarantined": [True] * 20 + [None] * 180 + [False] * 105,
        }
    ).astype({"age__imputed": "boolean", "__quarantined": "boolean"})


def test_rates_and_differences_by_group(con: Any, make_table: Any, make_policy: Any) -> None:
    found = measure_treatment(con, make_table(frame()), make_policy())
    figures = {(m.name, m.group): m.value for m in found}
    assert figures == {
        ("rate of quarantine", "M"): 0.1,
        ("rate of quarantine", "F"): 0.0,
        ("difference of quarantine", "F"): -0.1,
        ("rate of imputation of age", "M"): 0.05,
        ("rate of imputation of age", "F"): 0.3,
        ("difference of imputation of age", "F"): 0.25,
    }
    gap = next(m for m in found if m.name == "difference of imputation of age")
    expected = confint_proportions_2indep(30, 100, 10, 200, method="newcomb", compare="diff")
    assert (gap.detail["low"], gap.detail["high"]) == pytest.approx(expected)


def test_nothing_to_measure(con: Any, make_table: Any, make_policy: Any) -> None:
    bare = make_table(frame()[["sex", "prediction"]])
    assert measure_treatment(con, bare, make_policy()) == ()
    without = make_table(frame()[["prediction", "__quarantined"]])
    assert measure_treatment(con, without, make_policy()) == ()


def test_shown_in_the_verdict_and_not_judged(con: Any, make_table: Any, make_policy: Any) -> None:
    policy, table = make_policy(), make_table(frame())
    measured = measure_fairness(con, table, policy)
    plain = judge_fairness(measured, policy)
    full = judge_fairness(measured, policy, measure_treatment(con, table, policy))
    assert (plain.outcome, plain.reasons) == (full.outcome, full.reasons)
    assert "rate of imputation of age by sex" in render_fairness_text(full)
    assert "rate of quarantine by sex" in render_fairness_html(full)
