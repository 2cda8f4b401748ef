"""Confident learning is as its paper defines it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.statistics.confident_learning import NO_CLASS, confident_classes, confident_joint

FIXED = settings(deadline=None, derandomize=True, max_examples=100)


def draw(rows: int, labels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of random rows, and labels that are drawn by them."""
    random = np.random.default_rng(seed)
    chance = random.dirichlet(np.full(labels, 0.5), size=rows)
    given_ = np.array([random.choice(labels, p=row) for row in chance], dtype=int)
    return given_, chance


def by_the_paper(label: np.ndarray, probability: np.ndarray) -> list[bool]:
    """Northcutt, Jiang and Chuang (2021), equation 1 and the lines around it, row by row."""
    classes = range(probability.shape[1])
    threshold = {j: probability[label == j, j].mean() for j in classes if (label == j).any()}
    found = []
    for given_, p in zip(label, probability, strict=True):
        confident = [j for j in threshold if p[j] >= threshold[j]]
        found.append(bool(confident) and max(confident, key=lambda j: (p[j], -j)) != given_)
    return found


@FIXED
@given(st.integers(2, 4), st.integers(1, 40), st.integers(0, 10_000))
def test_a_label_is_contradicted_by_the_rule_of_the_paper(classes, rows, seed):
    random = np.random.default_rng(seed)
    label = random.integers(0, classes, rows)
    probability = random.dirichlet(np.ones(classes), rows)
    true = confident_classes(label, probability)
    assert ((true != NO_CLASS) & (true != label)).tolist() == by_the_paper(label, probability)


@FIXED
@given(st.integers(1, 60), st.integers(2, 5), st.integers(0, 10**6))
def test_the_confident_joint_is_as_defined(rows, labels, seed):
    labelled, chance = draw(rows, labels, seed)
    means = [chance[labelled == j, j].mean() if (labelled == j).any() else 2 for j in range(labels)]
    expected = np.zeros((labels, labels), dtype=int)
    for i, row in zip(labelled, chance, strict=True):
        above = [j for j in range(labels) if row[j] >= means[j] - 1e-9]
        if above:
            expected[i, max(above, key=lambda j: row[j])] += 1
    assert confident_joint(labelled, chance).tolist() == expected.tolist()
