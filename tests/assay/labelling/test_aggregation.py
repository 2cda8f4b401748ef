"""Aggregation: against a model written out by hand, on planted truths, and its intervals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.labelling import Annotations
from assay.labelling.aggregation import (
    REASONS,
    Aggregated,
    choose_for_review,
    dawid_skene,
    majority_vote,
    measure_annotators,
)

FIXED = settings(deadline=None, derandomize=True, max_examples=40)


def draw(tasks: int, people: int, labels: int, seed: int, skill=(0.5, 0.95), share: float = 1.0):
    """Annotations with their truth, and each annotator's own confusion matrix."""
    random = np.random.default_rng(seed)
    truth = random.integers(labels, size=tasks)
    right = random.uniform(*skill, size=people)
    ways = random.dirichlet(np.ones(labels), size=(people, labels)) * (1 - right)[:, None, None]
    ways += np.eye(labels) * right[:, None, None]
    edges = ways.cumsum(axis=2)[np.arange(people)[None, :], truth[:, None]]
    label = (random.random((tasks, people, 1)) > edges[:, :, :-1]).sum(axis=2)
    task, who = np.divmod(np.arange(tasks * people), people)
    made = Annotations(
        task, who, label.ravel(), tuple(range(tasks)), tuple(map(str, range(people))),
        tuple(range(labels)),
    )  # fmt: skip
    return made.where(random.random(len(made)) < share), truth, ways


def steps_by_hand(found: Annotations, steps: int, known=None):
    """The model of Dawid and Skene, one task and one annotation at a time."""
    rows = list(
        zip(found.task.tolist(), found.annotator.tolist(), found.label.tolist(), strict=True)
    )
    t, w, k = len(found.tasks), len(found.annotators), len(found.labels)

    def fixed(p):
        for task in range(t):
            if known is not None and known[task] >= 0:
                p[task] = [float(c == known[task]) for c in range(k)]
        return p

    p = [[sum(r == (task, r[1], c) for r in rows) for c in range(k)] for task in range(t)]
    p = fixed([[v / max(sum(row), 1) for v in row] for row in p])
    answered = [task for task in range(t) if any(r[0] == task for r in rows)]
    for _ in range(steps):
        prior = [max(sum(p[task][c] for task in answered) / len(answered), 1e-10) for c in range(k)]
        way = [[[1e-10] * k for _ in range(k)] for _ in range(w)]
        for who in range(w):
            for c in range(k):
                for y in range(k):
                    n = sum(p[r[0]][c] for r in rows if r[1:] == (who, y))
                    way[who][c][y] = max(n, 1e-10)
                total = sum(way[who][c])
                way[who][c] = [v / total for v in way[who][c]]
        for task in answered:
            mine = [r for r in rows if r[0] == task]
            joint = [prior[c] * math.prod(way[who][c][y] for _, who, y in mine) for c in range(k)]
            p[task] = [v / sum(joint) for v in joint]
        p = fixed(p)
    return np.array(p)


@FIXED
@given(st.integers(2, 12), st.integers(2, 4), st.integers(2, 3), st.integers(0, 10**6))
def test_each_step_equals_the_model_by_hand(tasks, people, labels, seed):
    found, truth, _ = draw(tasks, people, labels, seed, share=0.8)
    if not len(found):
        return
    known = np.where(np.arange(tasks) % 5 == 0, truth, -1)
    for steps in (1, 3):
        for answers in (None, known):
            made = dawid_skene(found, known=answers, iterations=steps, tolerance=-math.inf)
            expected = steps_by_hand(found, steps, answers)
            assert made.aggregated.posterior == pytest.approx(expected, abs=1e-9)


@FIXED
@given(st.integers(0, 10**6))
def test_each_step_raises_the_likelihood(seed):
    found, _, _ = draw(80, 4, 3, seed, share=0.7)
    ran = [
        dawid_skene(found, iterations=n, tolerance=-math.inf).log_likelihood for n in (1, 2, 5, 20)
    ]
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(ran))


def test_it_finds_the_truth_and_the_annotators():
    found, truth, ways = draw(4000, 5, 3, seed=1)
    fitted = dawid_skene(found)
    right = [(one.label == truth).mean() for one in (majority_vote(found), fitted.aggregated)]
    assert fitted.converged
    assert right[1] > right[0] + 0.01
    assert np.abs(fitted.confusion - ways).max() < 0.06
    assert fitted.confusion.sum(axis=2) == pytest.approx(np.ones((5, 3)))
    assert fitted.aggregated.posterior.sum(axis=1) == pytest.approx(np.ones(4000))


def test_tasks_without_annotations_and_ties_have_no_label():
    task, who, label = np.array([[0, 0, 2, 2, 2], [0, 1, 0, 1, 2], [0, 1, 1, 1, 0]])
    found = Annotations(task, who, label, (0, 1, 2), ("a", "b", "c"), (0, 1))
    assert majority_vote(found).label.tolist() == [-1, -1, 1]
    assert dawid_skene(found).aggregated.posterior[1].tolist() == [0.0, 0.0]
    nobody = found.where(np.zeros(5, dtype=bool))
    assert dawid_skene(nobody).aggregated.label.tolist() == [-1, -1, -1]


def misses(tasks: int, people: int, seed: int) -> tuple[int, int]:
    """How many intervals of a fit miss the truth, of how many."""
    found, truth, ways = draw(tasks, people, 2, seed, skill=(0.6, 0.95))
    fitted = dawid_skene(found)
    known = np.where(np.arange(tasks) < tasks // 4, truth, -1)
    missed = number = 0
    for i, one in enumerate(
        measure_annotators(found, fitted.aggregated.posterior, alpha=0.05, known=known)
    ):
        mine = ways[i].trace() / 2
        cells = [(one.confusion[c][c], ways[i][c, c]) for c in range(2)]
        for estimate, true in (*cells, (one.accuracy, mine), (one.gold, mine)):
            if not estimate.inconclusive:
                number += 1
                missed += not estimate.low <= true <= estimate.high
    return missed, number


def test_intervals_of_annotators_hold_the_truth():
    found = np.array([misses(300, 7, seed) for seed in range(25)]).sum(axis=0)
    assert found[0] / found[1] <= 0.07 + 2 * math.sqrt(0.07 * 0.93 / found[1])


@pytest.mark.slow
@pytest.mark.parametrize(("tasks", "people"), [(200, 5), (200, 9), (1000, 5), (1000, 9)])
def test_intervals_of_annotators_hold_the_truth_everywhere(tasks, people):
    found = np.array([misses(tasks, people, seed) for seed in range(300)]).sum(axis=0)
    assert found[0] / found[1] <= 0.07 + 2 * math.sqrt(0.07 * 0.93 / found[1])


def test_gold_tasks_are_counted_exactly():
    found, truth, _ = draw(60, 3, 2, seed=2)
    known = np.where(np.arange(60) < 20, truth, -1)
    measured = measure_annotators(found, majority_vote(found).posterior, alpha=0.05, known=known)
    for i, one in enumerate(measured):
        mine = found.where((found.annotator == i) & (found.task < 20))
        assert one.gold.n == 20
        assert one.gold.value == pytest.approx((mine.label == truth[mine.task]).mean())
    without = measure_annotators(found, majority_vote(found).posterior, alpha=0.05)
    assert without[0].gold.value is None


def test_review_takes_the_doubtful_and_a_share_of_the_unanimous():
    found, _, _ = draw(5000, 3, 2, seed=3)
    voted = majority_vote(found)
    limits = {"least_posterior": 0.6, "least_agreement": 0.9, "seed": 1}
    chosen = choose_for_review(found, voted, unanimous_share=0.1, **limits)
    votes = voted.posterior.max(axis=1)
    by = {name: chosen.task[chosen.reason == i] for i, name in enumerate(REASONS)}
    assert len(np.unique(chosen.task)) == len(chosen.task)
    assert set(by["disagreement"]) == set(np.flatnonzero(votes < 0.9))
    unanimous = votes[by["unanimous"]]
    assert (unanimous == 1).all()
    expected = 0.1 * (votes == 1).sum()
    assert abs(len(unanimous) - expected) < 4 * math.sqrt(expected)
    assert set(chosen.inclusion[chosen.reason == REASONS.index("unanimous")]) == {0.1}
    assert set(chosen.inclusion[chosen.reason != REASONS.index("unanimous")]) == {1.0}
    none = choose_for_review(found, voted, unanimous_share=0.0, **limits)
    assert REASONS.index("unanimous") not in none.reason


def test_a_low_posterior_comes_before_a_disagreement_and_the_least_certain_first():
    task, who = np.divmod(np.arange(9), 3)
    label = np.array([0, 0, 1, 0, 1, 1, 1, 1, 1])
    found = Annotations(task, who, label, (0, 1, 2), ("a", "b", "c"), (0, 1))
    posterior = np.array([[0.7, 0.3], [0.4, 0.6], [0.01, 0.99]])
    chosen = choose_for_review(
        found, Aggregated.of(posterior), least_posterior=0.75, least_agreement=0.9,
        unanimous_share=0.0, seed=1,
    )  # fmt: skip
    assert chosen.task.tolist() == [1, 0]
    assert {REASONS[i] for i in chosen.reason} == {"low_posterior"}
