"""Simpson's paradox: rates within a control feature, beside those over all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assay.engine import Session
from assay.fairness import (
    FairnessReport,
    fairness_problems,
    judge_fairness,
    measure_fairness,
    render_html,
    render_text,
)
from assay.fairness._counts import Rate
from assay.fairness._stratified import pooled_difference
from assay.page import PageContext

# Bickel, Hammel, O'Connell (1975), doi:10.1126/science.187.4175.398, the six largest departments:
# applicants and admitted of men, then of women.
BERKELEY = {
    "A": ((825, 512), (108, 89)),
    "B": ((560, 353), (25, 17)),
    "C": ((325, 120), (593, 202)),
    "D": ((417, 138), (375, 131)),
    "E": ((191, 53), (393, 94)),
    "F": ((373, 22), (341, 24)),
}
METRIC = {"metric": "demographic_parity_difference", "outcome": "label", "max": 0.3}


def berkeley() -> pd.DataFrame:
    rows = [
        (sex, department, int(i < admitted))
        for department, both in BERKELEY.items()
        for sex, (applied, admitted) in zip("MF", both, strict=True)
        for i in range(applied)
    ]
    return pd.DataFrame(rows, columns=["sex", "department", "label"])


@pytest.fixture
def controlled(make_policy: Any) -> Any:
    def make(**changes: Any) -> Any:
        base = {
            "roles": {"label": "label"},
            "metrics": [METRIC],
            "control_features": {"department": {"levels": [*BERKELEY]}},
        }
        return make_policy(**{**base, **changes})

    return make


def test_berkeleys_gap_turns_within_departments(
    session: Session, make_table: Any, controlled: Any
) -> None:
    policy = controlled()
    verdict = judge_fairness(measure_fairness(make_table(berkeley()), policy), policy)
    assert [(r.code, r.outcome.value, r.column) for r in verdict.reasons] == [
        ("direction_reverses", "WARN", "sex")
    ]
    gap = next(m for m in verdict.measurements if m.name.startswith("difference of base_rate"))
    over_all = 557 / 1835 - 1198 / 2691
    weights = [m[0] * f[0] / (m[0] + f[0]) for m, f in BERKELEY.values()]
    parts = [f[1] / f[0] - m[1] / m[0] for m, f in BERKELEY.values()]
    assert gap.detail["over_all_rows"] == pytest.approx(over_all)
    assert gap.detail["over_all_rows_high"] < 0
    assert gap.value == pytest.approx(np.average(parts, weights=weights))
    assert gap.value > 0
    assert gap.detail["reverses"] is True
    assert gap.detail["levels_against"] == ["A", "D", "F", "B"]
    assert gap.detail["levels_compared"] == 6
    given = {
        (m.group, m.detail["given"]): (m.value, m.n)
        for m in verdict.measurements
        if m.name == "base_rate given department"
    }
    assert given["F", "A"] == (pytest.approx(89 / 108), 108)
    assert len(given) == 12
    assert "4 of 6 levels point the other way; the direction reverses" in render_text(
        verdict, FairnessReport.of(verdict)
    )
    assert "reverses" in render_html(verdict, FairnessReport.of(verdict), PageContext("x"))


def test_a_gap_that_stays_is_no_warning(session: Session, make_table: Any, controlled: Any) -> None:
    frame = berkeley()
    frame["department"] = "A"
    policy = controlled()
    verdict = judge_fairness(measure_fairness(make_table(frame), policy), policy)
    assert verdict.reasons == ()
    gap = next(m for m in verdict.measurements if m.name.startswith("difference of base_rate"))
    assert gap.value == pytest.approx(gap.detail["over_all_rows"])


def test_levels_below_the_least_number_stay_out(
    session: Session, make_table: Any, controlled: Any
) -> None:
    policy = controlled(least_number=100)
    verdict = judge_fairness(measure_fairness(make_table(berkeley()), policy), policy)
    gap = next(m for m in verdict.measurements if m.name.startswith("difference of base_rate"))
    assert (gap.detail["levels_compared"], gap.detail["levels"]) == (5, 6)
    assert gap.n == 4526 - 585
    small = [m for m in verdict.measurements if m.detail.get("given") == "B" and m.group == "F"]
    assert [(m.value, m.detail["n"]) for m in small] == [(None, "<100")]


def test_missing_is_a_level_and_no_value_that_no_list_names_is_shown(
    session: Session, make_table: Any, controlled: Any
) -> None:
    frame = berkeley().replace({"department": {"E": None, "F": "SECRET", "B": "SECRET 2"}})
    policy = controlled()
    verdict = judge_fairness(measure_fairness(make_table(frame), policy), policy)
    given = {m.detail["given"] for m in verdict.measurements if "given" in m.detail}
    assert given == {"A", "C", "D", "(missing)", "group 1", "group 2"}
    assert "SECRET" not in verdict.model_dump_json() + render_html(
        verdict, FairnessReport.of(verdict), PageContext("x")
    )


def test_an_outcome_is_no_control(controlled: Any) -> None:
    policy = controlled(control_features={"label": {}})
    assert [p.where for p in fairness_problems(policy, {})] == ["control_features.label"]
    listed = {"sex": ["M", "F"], "department": ["A"]}
    problems = fairness_problems(controlled(), {}, listed)
    assert [p.got for p in problems] == ["B", "C", "D", "E", "F"]
    assert fairness_problems(controlled(), {}, {"sex": ["M", "F"]}) == []


def test_one_stratum_is_the_plain_difference() -> None:
    pooled = pooled_difference([(Rate(30, 100), Rate(40, 80)), (Rate(3, 3), Rate(0, 0))], 0.05)
    assert pooled is not None
    assert pooled.difference == pytest.approx(-0.2)
    assert pooled_difference([(Rate(3, 3), Rate(0, 0))], 0.05) is None


@pytest.mark.parametrize(("strata", "n"), [(4, 60), (60, 5)])
def test_the_pooled_interval_covers(strata: int, n: int) -> None:
    """Few large strata and many small ones, at a common difference of .15."""
    random = np.random.default_rng(4)
    base = np.linspace(0.1, 0.6, strata)
    runs = 1000
    first = random.binomial(n, base + 0.15, (runs, strata))
    second = random.binomial(2 * n, base, (runs, strata))
    covered = 0
    for one, two in zip(first.tolist(), second.tolist(), strict=True):
        pairs = [(Rate(a, n), Rate(b, 2 * n)) for a, b in zip(one, two, strict=True)]
        found = pooled_difference(pairs, 0.05)
        covered += found is not None and found.low <= 0.15 <= found.high
    assert covered / runs >= 0.93
