"""Intervals of agreement: how often they hold the truth, and when none is given."""

from __future__ import annotations

import numpy as np
import pytest

from assay.labelling.agreement._alpha import interval_alpha, nominal_alpha, ordinal_alpha
from assay.labelling.agreement._disagreement import FEWEST_TASKS, RESAMPLED
from assay.labelling.agreement._kappa import cohen_kappa, fleiss_kappa
from assay.labelling.agreement._pairs import PairedLabels
from assay.labelling.agreement._raw_agreement import raw_agreement, specific_agreement
from assay.labelling.agreement._task_counts import TaskCounts


def draw(random, tasks: int, people: int, share, skill: float) -> np.ndarray:
    """Labels (tasks, people): the true one with a chance of ``skill``, else one at random."""
    truth = random.choice(len(share), p=share, size=tasks)
    guess = random.choice(len(share), p=share, size=(tasks, people))
    return np.where(random.random((tasks, people)) < skill, truth[:, None], guess)


def counted(labels: np.ndarray, kinds: int) -> TaskCounts:
    return TaskCounts.of_rows((labels[:, :, None] == np.arange(kinds)).sum(axis=1))


def _pair(labels: np.ndarray) -> PairedLabels:
    cells, tasks = np.unique(labels, axis=0, return_counts=True)
    return PairedLabels(0, 1, *cells.T, tasks)


def _interval(labels: np.ndarray):
    task = np.repeat(np.arange(len(labels)), labels.shape[1])
    return interval_alpha(task, labels.ravel().astype(float))


FIGURES = {
    "nominal": lambda labels, k: nominal_alpha(counted(labels, k)),
    "ordinal": lambda labels, k: ordinal_alpha(counted(labels, k)),
    "interval": lambda labels, k: _interval(labels),
    "fleiss": lambda labels, k: fleiss_kappa(counted(labels, k)),
    "cohen": lambda labels, k: cohen_kappa(_pair(labels)),
    "cohen linear": lambda labels, k: cohen_kappa(_pair(labels), "linear"),
    "raw": lambda labels, k: raw_agreement(counted(labels, k)),
    "specific": lambda labels, k: specific_agreement(counted(labels, k), k - 1),
}
EVEN, SKEWED, FOUR = (0.5, 0.5), (0.85, 0.15), (0.4, 0.3, 0.2, 0.1)


def held(name: str, tasks: int, people: int, share, skill: float, times: int) -> float:
    """Share of samples that give no interval that misses the truth."""
    figure, k = FIGURES[name], len(share)
    # The truth is that of a very large sample, in which the figure has its limit.
    large = draw(np.random.default_rng(99), 400_000, people, share, skill)
    made, good = figure(large, k), 0
    (truth,) = made.coefficients((made.tasks @ made.parts)[None])
    for seed in range(times):
        found = figure(draw(np.random.default_rng(seed), tasks, people, share, skill), k).estimate(
            alpha=0.05, seed=seed
        )
        good += found.inconclusive or found.low <= truth <= found.high
    return good / times


@pytest.mark.parametrize("name", ["nominal", "cohen"])
def test_intervals_hold_the_truth(name):
    assert held(name, 60, 2, EVEN, 0.8, times=150) >= 0.93 - 2 * np.sqrt(0.07 * 0.93 / 150)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    ("share", "people"), [(EVEN, 2), (SKEWED, 2), (FOUR, 2)], ids=["even", "skewed", "four"]
)
@pytest.mark.parametrize("skill", [0.3, 0.6, 0.9])
def test_intervals_hold_the_truth_everywhere(name, share, people, skill):
    for tasks in (25, 60, 200):
        found = held(name, tasks, people, share, skill, times=300)
        assert found >= 0.93 - 2 * np.sqrt(0.07 * 0.93 / 300), tasks


def test_few_tasks_are_inconclusive():
    labels = draw(np.random.default_rng(1), FEWEST_TASKS - 1, 3, EVEN, 0.8)
    for name, figure in FIGURES.items():
        found = figure(labels[:, :2], 2).estimate(alpha=0.05, seed=1)
        assert found.inconclusive, name
        assert found.value is not None
        assert "fewer than" in found.how


def test_many_tasks_of_one_label_are_inconclusive():
    labels = np.zeros((500, 2), dtype=int)
    labels[:6, 0] = 1
    found = nominal_alpha(counted(labels, 2)).estimate(alpha=0.05, seed=1)
    assert found.inconclusive
    assert found.how == "fewer than 10 tasks with another label than the commonest"
    labels[:30, 0] = 1
    found = nominal_alpha(counted(labels, 2)).estimate(alpha=0.05, seed=1)
    assert found.how == "fewer than 5 tasks agree on another label than the commonest"
    only = nominal_alpha(counted(np.zeros((500, 2), dtype=int), 2)).estimate(alpha=0.05, seed=1)
    assert only.value is None


def test_perfect_agreement_has_a_lower_end():
    """With raw agreement it is Wilson's; for alpha it is that in units of chance."""
    labels = np.repeat(np.arange(60) % 2, 2).reshape(60, 2)
    raw = raw_agreement(counted(labels, 2)).estimate(alpha=0.05, seed=1)
    assert (round(raw.low, 4), raw.high) == (0.9398, 1.0)
    found = nominal_alpha(counted(labels, 2)).estimate(alpha=0.05, seed=1)
    assert found.low == pytest.approx(1 - (1 - raw.low) / (60 / 119))


def test_many_distinct_tasks_have_the_jackknife_which_equals_the_bootstrap():
    random = np.random.default_rng(5)
    truth = random.normal(size=RESAMPLED + 500)
    values = truth[:, None] + random.normal(size=(len(truth), 2)) * 0.5
    made = interval_alpha(np.repeat(np.arange(len(truth)), 2), values.ravel())
    found = made.estimate(alpha=0.05, seed=1)
    assert found.how == "jackknife over tasks"
    drawn = np.quantile(made._resampled(1), [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx(tuple(drawn), abs=0.002)


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_seed_gives_the_same_interval_and_another_level_a_wider_one(name):
    made = FIGURES[name](draw(np.random.default_rng(2), 200, 2, FOUR, 0.7), 4)
    found = made.estimate(alpha=0.05, seed=1)
    assert found == made.estimate(alpha=0.05, seed=1)
    wide = made.estimate(alpha=0.01, seed=1)
    assert wide.low < found.low < found.value < found.high < wide.high
