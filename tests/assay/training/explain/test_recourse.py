"""Recourse by group: a planted difference is found, equal groups aren't accused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assay.training.explain import (
    Counterfactuals,
    choose_by_group,
    describe_features,
    find_counterfactuals,
    measure_recourse,
    recourse_reasons,
)
from assay.training.explain._recourse import median_estimate


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
    (reason,) = recourse_reasons(measured)
    assert (reason.column, reason.outcome.value) == ("sex", "WARN")
    assert not {"a", "b"} & set(reason.message.split()[-1:])


def test_equal_groups_are_seldom_accused() -> None:
    accused = 0
    for seed in range(12):
        found, groups = _found(0.0, seed)
        measured = measure_recourse(found, {"sex": groups}, least_number=20, alpha=0.05)
        accused += bool(recourse_reasons(measured))
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
    assert recourse_reasons(measured)


def test_the_medians_interval_covers_it() -> None:
    random = np.random.default_rng(4)
    covered = 0
    for _ in range(2_000):
        found = median_estimate(random.exponential(size=41), 0.05)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= np.log(2) <= found.high
    assert 0.93 <= covered / 2_000 <= 0.975
