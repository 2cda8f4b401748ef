"""Selection on planted pools: what each strategy must find, and what it must leave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assay.errors import InputError
from assay.labelling.selection import (
    Pool,
    Share,
    committee_chances,
    default_families,
    select_rows,
    standardised,
)
from assay.labelling.selection._strategies import DIVERSE, SCORES
from assay.statistics.horvitz_thompson import horvitz_thompson

LABELLED = 80


@pytest.fixture(scope="module")
def informative() -> tuple[Pool, np.ndarray]:
    """Two classes that meet in one narrow region; the pool, and whether a row is in the region."""
    random = np.random.default_rng(1)
    x = random.normal(size=(900, 3))
    truth = (x[:, 0] + 0.1 * random.normal(size=900) > 0).astype(int)
    given = np.where(np.arange(900) < LABELLED, truth, -1)
    frame = pd.DataFrame(x, columns=list("abc"))
    chances = committee_chances(
        default_families(frame, seed=1), np.arange(LABELLED), truth[:LABELLED],
        np.arange(LABELLED, 900), classes=2, bags=2, seed=1,
    )  # fmt: skip
    assert chances.shape == (6, 900 - LABELLED, 2)
    assert np.allclose(chances.sum(axis=2), 1)
    suspicion = np.where(np.arange(900) < 5, np.arange(900) / 10, np.nan)
    half = {"half": x[:, 1] > 0}
    return Pool(standardised(frame), given, chances, suspicion, half), np.abs(x[:, 0]) < 0.35


@pytest.mark.parametrize("spread", [1, 4])
@pytest.mark.parametrize("strategy", sorted(set(SCORES) - {"density"}))
def test_uncertainty_and_disagreement_find_the_informative_region(informative, strategy, spread):
    pool, region = informative
    found = select_rows(pool, [Share(strategy, 0.8)], 25, spread=spread, seed=1)
    own = np.array([reason == strategy for reason in found.reason])
    assert region[pool.unlabelled].mean() < 0.35
    assert region[found.place[own]].mean() > 0.75
    assert region[found.place[~own]].mean() < 0.7


@pytest.mark.parametrize("strategy", [*DIVERSE, *SCORES])
@pytest.mark.parametrize("apart", [0.0, 1e-6])
def test_no_strategy_takes_a_swarm_of_copies(strategy, apart):
    """Sixty copies of the most uncertain row."""
    random = np.random.default_rng(2)
    features = np.vstack([random.normal(size=(200, 2)), np.zeros((60, 2))])
    features[200:] += random.normal(size=(60, 2)) * apart
    certain = np.r_[random.uniform(0.55, 0.65, 200), np.full(60, 0.505)]
    members = np.stack([certain, 1 - certain, certain - 0.05])
    pool = Pool(features, np.full(260, -1), np.stack([members, 1 - members], axis=2))
    found = select_rows(pool, [Share(strategy, 0.9)], 20, spread=8, seed=1)
    own = [place for place, reason in zip(found.place, found.reason, strict=True)
           if reason == strategy]  # fmt: skip
    assert len(own) == 18
    assert sum(place >= 200 for place in own) <= 1


def test_shares_are_kept_and_every_row_says_why(informative):
    pool, _ = informative
    shares = [Share("margin", 0.4), Share("k_means", 0.2), Share("divergence", 0.1, "half"),
              Share("suspects", 0.1)]  # fmt: skip
    found = select_rows(pool, shares, 50, spread=4, seed=3)
    number = {reason: found.reason.count(reason) for reason in found.reason}
    assert number == {"margin": 20, "k_means": 10, "divergence where half": 5, "suspects": 5,
                      "random": 10}  # fmt: skip
    assert len(set(found.place)) == 50
    inclusion = dict(zip(found.reason, found.inclusion, strict=True))
    assert inclusion["margin"] == inclusion["divergence where half"] == 1
    assert inclusion["random"] == pytest.approx(10 / (len(pool.unlabelled) - 35))
    assert np.isnan(inclusion["suspects"])
    of = np.array(found.reason)
    assert pool.filters["half"][found.place[of == "divergence where half"]].all()
    assert set(found.place[of == "suspects"]) == {0, 1, 2, 3, 4}
    assert (pool.given[found.place[of != "suspects"]] < 0).all()
    assert np.isnan(found.score[of == "random"]).all()
    assert np.isfinite(found.score[of != "random"]).all()


@pytest.mark.parametrize("budget", [1, 7, 10, 33, 5000])
def test_a_tenth_at_least_is_random(informative, budget):
    pool, _ = informative
    found = select_rows(pool, [Share("margin", 0.5), Share("entropy", 0.4)], budget, spread=2,
                        seed=1)  # fmt: skip
    assert len(found.place) == min(budget, len(pool.unlabelled))
    assert found.reason.count("random") >= 0.1 * len(found.place)


def test_too_little_at_random_and_unknown_strategies_are_refused(informative):
    with pytest.raises(InputError, match="random share"):
        select_rows(informative[0], [Share("margin", 0.95)], 10, spread=1, seed=1)
    with pytest.raises(InputError, match="no such strategy"):
        select_rows(informative[0], [Share("guess", 0.5)], 10, spread=1, seed=1)


def test_a_cold_start_says_what_it_does():
    features = np.random.default_rng(1).normal(size=(100, 2))
    none = select_rows(Pool(features, np.full(100, -1)), [Share("margin", 0.8)], 20, spread=4,
                       seed=1)  # fmt: skip
    assert none.reason.count("k_means") == 16
    assert "no labels yet" in none.said[0]
    one = select_rows(Pool(features, np.where(np.arange(100) < 9, 0, -1)),
                      [Share("margin", 0.8)], 20, spread=4, seed=1)  # fmt: skip
    assert (one.reason.count("k_means"), one.reason.count("random")) == (8, 12)
    assert "one class" in one.said[0]


def test_what_a_strategy_cannot_fill_is_random_and_said(informative):
    pool, _ = informative
    found = select_rows(pool, [Share("suspects", 0.5)], 20, spread=1, seed=1)
    assert found.reason.count("suspects") == 5
    assert found.reason.count("random") == 15
    assert "5 of 10 rows" in found.said[0]


def test_the_accuracy_of_a_pool_follows_from_the_chosen_rows():
    """Errors are where the committee is uncertain, as they are; rounds are drawn many times."""
    random = np.random.default_rng(3)
    chance = random.beta(0.5, 0.5, size=600)
    right = (random.random(600) < chance) == (chance > 0.5)
    members = np.stack([1 - chance, chance], axis=1)[None]
    pool = Pool(random.normal(size=(600, 2)), np.full(600, -1), members)
    values, held, plain = [], 0, []
    for seed in range(200):
        found = select_rows(pool, [Share("margin", 0.6)], 100, spread=1, seed=seed)
        estimate = horvitz_thompson(right[found.place], found.inclusion, alpha=0.05)
        values.append(estimate.value)
        plain.append(right[found.place].mean())
        held += estimate.low <= right.mean() <= estimate.high
    assert np.mean(values) == pytest.approx(right.mean(), abs=0.01)
    assert np.mean(plain) < right.mean() - 0.1
    assert held >= 184
