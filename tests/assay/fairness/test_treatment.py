"""How often quarantine, deduplication and imputation touch each group's rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from assay.engine import Session
from assay.fairness import (
    FairnessReport,
    judge_fairness,
    measure_fairness,
    measure_treatment,
    render_html,
    render_text,
)
from assay.page import PageContext


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sex": ["M"] * 200 + ["F"] * 100 + ["X"] * 5,
            "prediction": [1, 0] * 150 + [1] * 5,
            "age__imputed": [False] * 190 + [True] * 10 + [True] * 30 + [False] * 75,
            "__quarantined": [True] * 20 + [None] * 180 + [False] * 105,
        }
    ).astype({"age__imputed": "boolean", "__quarantined": "boolean"})


MARKS = {"quarantine": "__quarantined", "clip of age": "age__clipped"}


def test_quarantine_and_the_marks_that_are_given(
    session: Session, make_table: Any, make_policy: Any
) -> None:
    """Of 180 men that weren't quarantined 18 were clipped, of 100 women 40."""
    clipped = [False] * 20 + [True] * 18 + [False] * 162 + [True] * 40 + [False] * 65
    table = make_table(frame().assign(age__clipped=clipped))
    found = measure_treatment(table, make_policy(), MARKS)
    assert {(m.name, m.group): m.value for m in found} == {
        ("rate of quarantine", "M"): 0.1,
        ("rate of quarantine", "F"): 0.0,
        ("difference of quarantine", "F"): -0.1,
        ("rate of clip of age", "M"): 0.1,
        ("rate of clip of age", "F"): 0.4,
        ("difference of clip of age", "F"): pytest.approx(0.3),
    }
    told = {m.name: m.detail["rows"] for m in found}
    assert told["rate of quarantine"] == "observed rows"
    assert told["rate of clip of age"] == "observed rows that weren't quarantined"
    assert measure_treatment(table, make_policy())[0].name == "rate of quarantine"


def test_imputation_is_counted_with_the_outcomes(
    session: Session, make_table: Any, make_policy: Any
) -> None:
    policy = make_policy()
    found = judge_fairness(measure_fairness(make_table(frame()), policy), policy).measurements
    figures = {(m.name, m.group): m.value for m in found if m.name.endswith("of imputation of age")}
    assert figures == {
        ("rate of imputation of age", "M"): 0.05,
        ("rate of imputation of age", "F"): 0.3,
        ("difference of imputation of age", "F"): 0.25,
    }
    gap = next(m for m in found if m.name == "difference of imputation of age")
    expected = confint_proportions_2indep(30, 100, 10, 200, method="newcomb", compare="diff")
    assert (gap.detail["low"], gap.detail["high"]) == pytest.approx(expected)


def test_representation_against_a_named_population(
    session: Session, make_table: Any, make_policy: Any
) -> None:
    shares = {"M": 0.5, "F": 0.33, "X": 0.1}
    people = {"reference": "M", "required_groups": ["M", "F"]}
    people["population"] = {"name": "members, 2025", "shares": shares}
    policy = make_policy(attributes={"sex": people})
    rows = pd.concat([frame(), pd.DataFrame({"sex": [None] * 50})], ignore_index=True)
    found = {m.group: m for m in measure_treatment(make_table(rows), policy, {})}
    assert {g: m.detail["represented"] for g, m in found.items()} == {
        "M": "over",
        "F": "as the population",
        "X": "under",
    }
    women = found["F"]
    assert (women.value, women.n) == (pytest.approx(100 / 305), 305)
    assert (women.detail["low"], women.detail["high"]) == pytest.approx(
        proportion_confint(100, 305, method="wilson")
    )
    assert women.detail["rows"] == "observed rows with a known sex"
    assert women.detail["population"] == "members, 2025"
    assert (found["X"].value, found["X"].detail["low"]) == (None, None)  # 5 rows, of least 10


def test_a_group_of_the_population_that_is_not_there_has_a_share_of_0(
    session: Session, make_table: Any, make_policy: Any
) -> None:
    people = {"reference": "M", "required_groups": ["M"]}
    people["population"] = {"name": "members, 2025", "shares": {"Z": 0.2}}
    policy = make_policy(attributes={"sex": people})
    (found,) = measure_treatment(make_table(frame()), policy, {})
    assert (found.group, found.value, found.detail["represented"]) == ("Z", 0, "under")


def test_nothing_to_measure(session: Session, make_table: Any, make_policy: Any) -> None:
    bare = make_table(frame()[["sex", "prediction"]])
    assert measure_treatment(bare, make_policy()) == ()
    without = make_table(frame()[["prediction", "__quarantined"]])
    assert measure_treatment(without, make_policy()) == ()


def test_shown_in_the_verdict_and_not_judged(
    session: Session, make_table: Any, make_policy: Any
) -> None:
    policy, table = make_policy(), make_table(frame())
    measured = measure_fairness(table, policy)
    plain = judge_fairness(measured, policy)
    full = judge_fairness(measured, policy, measure_treatment(table, policy))
    assert (plain.outcome, plain.reasons) == (full.outcome, full.reasons)
    assert "rate of imputation of age by sex" in render_text(full, FairnessReport.of(full))
    assert "rate of quarantine by sex" in render_html(
        full, FairnessReport.of(full), PageContext("x")
    )
