"""Recourse by group: a planted difference is found, equal groups aren't accused."""

from __future__ import annotations

import numpy as np
import pandas as pd
from training_sets import model_file

from assay.policy.model import ModelFile
from assay.reasons import ReasonCode
from assay.training.explain import (
    ExplanationReport,
    describe_features,
    find_counterfactuals,
    judge_explanation,
)
from assay.training.explain._counterfactuals import Counterfactuals
from assay.training.explain._recourse import (
    Recourse,
    choose_by_group,
    measure_recourse,
    median_estimate,
)
from assay.verdict import Reason

LIMITS = {"groups": ["sex"], "rows": 150, "least_number": 20, "share_gap": 0.2, "cost_gap": 0.1}


def _file(**changes: object) -> ModelFile:
    ways = {"rows": 1, "each": 1, "actionable": ["income"], "plausible": 0.9}
    return model_file(explain={"counterfactuals": ways, "recourse": {**LIMITS, **changes}})


def _said(measured: tuple[Recourse, ...], **changes: object) -> tuple[Reason, ...]:
    """What the gate says of measured recourse."""
    report = ExplanationReport(tested=600, recourse=measured)
    return judge_explanation(report, _file(**changes)).reasons


def _found(shift: float, seed: int) -> tuple[Counterfactuals, list[str]]:
    """Rows that must earn more for the same answer, group b by a shift."""
    random = np.random.default_rng(seed)
    group = random.choice(["a", "b"], 600)
    pay = random.uniform(0, 1, 600)
    need = 1.0 + shift * (group == "b")
    table = pd.DataFrame({"pay": pay * 2, "need": need})
    features = describe_features(table, actionable=["pay"])
    predict = lambda t: (t["pay"] > t["need"]).to_numpy(float)  # noqa: E731 - one line, used once
    rows = choose_by_group(predict(table), 1, list(group), most=150, seed=seed)
    found = find_counterfactuals(
        predict, table.iloc[rows], table, features, each=1, plausible=0.99, seed=seed, target=1
    )
    return found, [str(group[i]) for i in rows]


def test_a_group_that_pays_more_is_a_finding() -> None:
    found, groups = _found(0.6, 1)
    measured = measure_recourse(found, {"sex": groups}, least_number=20, alpha=0.05)
    other = next(g for g in measured[0].groups if g.cost_gap)
    assert other.cost_gap is not None
    assert other.cost_gap.low is not None
    (reason,) = _said(measured, cost_gap=0.02)
    assert (reason.code, reason.column) == (ReasonCode.RECOURSE_UNEVEN, "sex")
    assert reason.outcome.value == "WARN"
    assert _said(measured, cost_gap=0.02, finding="fail")[0].outcome.value == "FAIL"
    assert not {"a", "b"} & set(reason.message.split()[-1:])


def test_equal_groups_are_seldom_accused() -> None:
    accused = 0
    for seed in range(12):
        found, groups = _found(0.0, seed)
        measured = measure_recourse(found, {"sex": groups}, least_number=20, alpha=0.05)
        said = _said(measured, share_gap=0.001, cost_gap=0.001)
        accused += any(r.code == ReasonCode.RECOURSE_UNEVEN for r in said)
    assert accused <= 3  # at a true rate of .05, more than 3 of 12 has a chance of .002


def test_a_small_group_is_not_shown() -> None:
    found, groups = _found(0.0, 3)
    groups = ["c" if i < 5 else g for i, g in enumerate(groups)]
    measured = measure_recourse(found, {"sex": groups}, least_number=20, alpha=0.05)[0]
    assert measured.hidden == 1
    assert [g.group for g in measured.groups] == ["a", "b"]
    none = measure_recourse(found, {"sex": [None] * len(groups)}, least_number=20, alpha=0.05)[0]
    assert (none.groups, none.reference) == ((), None)


def test_a_group_without_any_counterfactual_has_no_cost() -> None:
    found, groups = _found(5.0, 2)
    measured = measure_recourse(
        found, {"sex": groups}, least_number=20, alpha=0.05, references={"sex": "a"}
    )
    b = measured[0].groups[1]
    assert (b.share.value, b.cost.value) == (0.0, None)
    assert b.share_gap is not None
    assert b.share_gap.high is not None
    assert b.share_gap.high < 0
    assert _said(measured)[0].code == ReasonCode.RECOURSE_UNEVEN


def test_what_cannot_be_said_is_never_a_pass() -> None:
    found, groups = _found(0.0, 1)
    measured = measure_recourse(found, {"sex": groups}, least_number=20, alpha=0.05)
    assert _said(measured) == ()
    (narrow,) = _said(measured, cost_gap=0.001)
    assert (narrow.code, narrow.outcome.value) == (ReasonCode.RECOURSE_UNDECIDED, "WARN")
    (asked,) = _said(measured, cost_gap=0.001, finding="fail")
    assert asked.outcome.value == "INCONCLUSIVE"
    one = measure_recourse(found, {"sex": ["a"] * len(groups)}, least_number=20, alpha=0.05)
    assert "fewer than two groups" in _said(one)[0].message
    assert _said(())[0].code == ReasonCode.RECOURSE_UNDECIDED


def test_the_medians_interval_covers_it() -> None:
    random = np.random.default_rng(4)
    covered = 0
    for _ in range(2_000):
        found = median_estimate(random.exponential(size=41), 0.05)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= np.log(2) <= found.high
    assert 0.93 <= covered / 2_000 <= 0.975
