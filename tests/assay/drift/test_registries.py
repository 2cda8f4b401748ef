"""Every test and effect that a policy can name is registered, and no other."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from assay.drift.effects import EFFECTS, MEASURES
from assay.drift.tests import LEVEL_TESTS, ORDERED_TESTS
from assay.policy.drift import CategoryTest, Classifier, NumericTest

TABLE = np.array([[40, 30, 20, 10], [20, 30, 35, 15]])


def names(model: type, field: str) -> set[str]:
    return set(get_args(model.model_fields[field].annotation))


def test_a_policy_names_registered_tests_and_effects() -> None:
    assert names(NumericTest, "test") == set(ORDERED_TESTS)
    assert names(CategoryTest, "test") == set(LEVEL_TESTS)
    assert names(NumericTest, "effect") == {n for n, e in EFFECTS.items() if e.of_order}
    assert names(CategoryTest, "effect") == {n for n, e in EFFECTS.items() if e.of_levels}
    assert names(Classifier, "effect") | names(NumericTest, "effect") <= set(EFFECTS)
    assert set(MEASURES) == {effect.measure for effect in EFFECTS.values()}


@pytest.mark.parametrize("name", ["psi", "jensen_shannon", "cramers_v"])
def test_weights_give_the_effect_as_a_difference_of_means(name: str) -> None:
    before, now = TABLE / TABLE.sum(axis=1, keepdims=True)
    found = float(EFFECTS[name].weights(TABLE) @ (now - before))
    p, q = (TABLE + 0.5) / (TABLE + 0.5).sum(axis=1, keepdims=True)
    half, both = (before + now) / 2, TABLE.sum(axis=0) / TABLE.sum()
    expected = {
        "psi": np.log(q / p) @ (now - before),
        "jensen_shannon": (before @ np.log2(before / half) + now @ np.log2(now / half)) / 2,
        "cramers_v": sum(((s - both) ** 2 / both).sum() / 2 for s in (before, now)),
    }
    assert found == pytest.approx(expected[name])


@pytest.mark.parametrize("name", ["ks_statistic", "wasserstein"])
def test_an_effect_that_is_no_sum_over_cells_has_no_weights(name: str) -> None:
    with pytest.raises(NotImplementedError):
        EFFECTS[name].weights(TABLE)
