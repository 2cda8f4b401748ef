"""Two models on the same rows: published tables, statsmodels and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar as peer_mcnemar

from assay.errors import InputError
from assay.statistics.scores.paired import (
    accuracy_difference,
    mcnemar,
    newcombe_paired,
    paired_difference,
)

FIXED = settings(deadline=None, derandomize=True, max_examples=200)
CELLS = st.integers(0, 60)


def rows_of(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [both, only_a, only_b, neither]
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


@FIXED
@given(CELLS, CELLS)
def test_mcnemar_equals_statsmodels(only_a, only_b):
    exact, middle = mcnemar(only_a, only_b)
    table = [[0, only_a], [only_b, 0]]
    if only_a + only_b:
        assert exact == pytest.approx(peer_mcnemar(table, exact=True).pvalue, abs=1e-9)
        fewer = min(only_a, only_b)
        expected = exact_one_sided(only_a, only_b) * 2 - binom.pmf(fewer, only_a + only_b, 0.5)
        assert middle == pytest.approx(min(expected, 1.0), abs=1e-9)
    else:
        assert (exact, middle) == (1.0, 1.0)


def exact_one_sided(only_a: int, only_b: int) -> float:
    return float(binom.cdf(min(only_a, only_b), only_a + only_b, 0.5))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # Bentur et al. (2009), airway hyper-responsiveness, as in Fagerland, Lydersen & Laake
        # (2014), Recommended tests and confidence intervals for paired binomial proportions,
        # doi:10.1002/sim.6148, table 6: Newcombe's square-and-add.
        ((1, 1, 7, 12), (-0.507, -0.026)),
        # Newcombe (1998), table III: method 10.
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        ((36, 14, 0, 0), (0.1528, 0.4167)),
        ((0, 0, 0, 50), (-0.0713, 0.0713)),
    ],
)
def test_newcombe_equals_the_published_tables(cells, expected):
    assert newcombe_paired(*cells, 0.05) == pytest.approx(expected, abs=6e-4)


@FIXED
@given(CELLS, CELLS, CELLS, CELLS)
def test_a_difference_holds_its_value_and_turns_with_its_models(both, only_a, only_b, neither):
    a, b = rows_of(both, only_a, only_b, neither)
    found = accuracy_difference(a, b, alpha=0.05)
    if not len(a):
        assert found.value is None
        return
    assert found.value == pytest.approx(a.mean() - b.mean(), abs=1e-12)
    assert -1 <= found.low <= found.value <= found.high <= 1
    other = accuracy_difference(b, a, alpha=0.05)
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
    assert other.p == found.p


def test_a_difference_needs_the_same_rows():
    with pytest.raises(InputError, match="one number a row"):
        accuracy_difference(np.array([1, 0]), np.array([1]), alpha=0.05)
    with pytest.raises(InputError, match="one number a row"):
        paired_difference(np.array([1, 0]), np.array([1]), alpha=0.05, seed=1)


@FIXED
@given(st.integers(2, 80), st.integers(0, 1000))
def test_a_loss_of_0_and_1_gives_the_difference_of_accuracies_the_other_way(rows, seed):
    random = np.random.default_rng(seed)
    a, b = random.random(rows) < 0.8, random.random(rows) < 0.7
    of_loss = paired_difference(1.0 - a, 1.0 - b, alpha=0.05, seed=1)
    assert of_loss.value == pytest.approx(-accuracy_difference(a, b, alpha=0.05).value, abs=1e-12)


def called_better(rows: int, times: int, seed: int) -> tuple[float, float]:
    """Shares of samples in which one of two equally accurate models is called better."""
    random = np.random.default_rng(seed)
    wrong = [0, 0]
    for one in range(times):
        easy = random.random(rows) < 0.7
        a, b = (np.where(easy, True, random.random(rows) < 0.5) for _ in range(2))
        found = accuracy_difference(a, b, alpha=0.05)
        wrong[0] += found.low > 0
        losses = (random.random(rows) * 0.3 + (1 - right) for right in (a, b))
        wrong[1] += (paired_difference(*losses, alpha=0.05, seed=one).high or 0) < 0
    return wrong[0] / times, wrong[1] / times


def test_equal_models_are_seldom_called_better():
    most = 0.025 + 2 * math.sqrt(0.025 * 0.975 / 300)
    assert max(called_better(100, 300, seed=1)) <= most


@pytest.mark.slow
@pytest.mark.parametrize("rows", [40, 200, 1000])
def test_equal_models_are_called_better_at_most_at_the_level(rows):
    most = 0.025 + 2 * math.sqrt(0.025 * 0.975 / 2000)
    assert max(called_better(rows, 2000, seed=2)) <= most


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "gain"), [(50, 0.1), (200, 0.05), (1000, 0.02)])
def test_coverage(rows, gain):
    random = np.random.default_rng(3)
    held = 0
    for _ in range(4000):
        b = random.random(rows) < 0.8
        a = np.where(b, random.random(rows) < 0.95, random.random(rows) < 0.2 + gain / 0.2)
        true = 0.8 * 0.95 + 0.2 * (0.2 + gain / 0.2) - 0.8
        found = accuracy_difference(a, b, alpha=0.05)
        held += found.low <= true <= found.high
    assert 0.93 <= held / 4000 <= 0.98
