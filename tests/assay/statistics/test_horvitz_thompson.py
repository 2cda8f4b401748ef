"""Horvitz and Thompson's estimate: unbiased, and its interval holds what it says."""

from __future__ import annotations

import numpy as np
import pytest

from assay.errors import InputError
from assay.statistics.horvitz_thompson import horvitz_thompson
from assay.statistics.intervals import wilson


def sample(random: np.random.Generator, hit: np.ndarray, certain: int, drawn: int):
    """The first rows for sure, some of the others at random."""
    rest = random.choice(np.arange(certain, len(hit)), drawn, replace=False)
    places = np.r_[np.arange(certain), rest]
    inclusion = np.r_[np.ones(certain), np.full(drawn, drawn / (len(hit) - certain))]
    return hit[places], inclusion


@pytest.mark.parametrize("share", [0.95, 0.7])
def test_it_is_unbiased_where_the_plain_share_is_not(share):
    """A model errs in half of the uncertain rows, which are chosen for sure."""
    random = np.random.default_rng(4)
    hit = np.r_[random.random(150) < 0.5, random.random(2850) < share]
    values, plain, held = [], [], 0
    for _ in range(1500):
        chosen, inclusion = sample(random, hit, 150, 60)
        found = horvitz_thompson(chosen, inclusion, alpha=0.1)
        values.append(found.value)
        plain.append(chosen.mean())
        held += found.low <= hit.mean() <= found.high
    assert np.mean(values) == pytest.approx(hit.mean(), abs=0.003)
    assert abs(np.mean(plain) - hit.mean()) > 0.1
    assert 0.87 <= held / 1500 <= 0.96


def test_several_probabilities_are_weighed_together():
    random = np.random.default_rng(5)
    parts = [random.random(1000) < p for p in (0.9, 0.6, 0.3)]
    whole, held, values = np.concatenate(parts).mean(), 0, []
    for _ in range(1000):
        drawn = [random.choice(part, n, replace=False) for part, n in zip(parts, (20, 50, 100),
                                                                         strict=True)]  # fmt: skip
        inclusion = np.repeat([0.02, 0.05, 0.1], [20, 50, 100])
        found = horvitz_thompson(np.concatenate(drawn), inclusion, alpha=0.05)
        values.append(found.value)
        held += found.low <= whole <= found.high
    assert np.mean(values) == pytest.approx(whole, abs=0.005)
    assert 0.93 <= held / 1000 <= 0.985


def test_one_small_probability_gives_wilsons_interval():
    hit = np.array([True] * 7 + [False] * 3)
    found = horvitz_thompson(hit, np.full(10, 1e-9), alpha=0.05)
    assert (found.low, found.high) == pytest.approx(wilson(7, 10, 0.05), abs=1e-6)


def test_nothing_at_random_says_nothing_and_wrong_probabilities_are_refused():
    assert horvitz_thompson(np.array([True]), np.ones(1), alpha=0.05).value is None
    assert horvitz_thompson(np.zeros(0, bool), np.zeros(0), alpha=0.05).value is None
    for wrong in (np.array([0.0]), np.array([1.1]), np.array([np.nan]), np.ones(2)):
        with pytest.raises(InputError, match="inclusion"):
            horvitz_thompson(np.array([True]), wrong, alpha=0.05)
