"""How many values of an ordinary batch may be missing: properties, and simulated error rates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from assay.onboarding.evidence._ordinary_share import ordinary_limit, shows_never, unseen_chance

RUNS = 4000
_BATCHES = st.lists(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1
)


@given(_BATCHES)
def test_every_batch_that_was_seen_is_within_the_limit(seen: list[tuple[int, int]]) -> None:
    limit = ordinary_limit(seen)
    assert max(missing / rows for rows, missing in seen) <= limit <= 1


@pytest.mark.parametrize("batches", [1, 8, 9, 30, 365])
def test_without_a_gap_the_limit_is_clopper_and_pearsons_end_or_three_tenths(batches: int) -> None:
    upper = beta.ppf(0.95, 1, batches)
    assert ordinary_limit([(500, 0)] * batches) == pytest.approx(min(0.3, upper), rel=0.1, abs=0)
    assert ordinary_limit([(500, 0)] * batches) >= min(0.3, upper)


@given(st.integers(1, 400), st.floats(0, 1))
def test_the_chance_of_what_was_never_seen_is_the_largest_of_any_rate(v: int, q: float) -> None:
    assert q * (1 - q) ** v <= unseen_chance(v) * (1 + 1e-12)


def test_a_month_and_a_week_of_batches_show_that_values_are_never_missing() -> None:
    assert [v for v in range(1, 60) if shows_never(v)] == list(range(37, 60))


@pytest.mark.parametrize("batches", [1, 4, 10, 37])
def test_whole_gaps_hold_no_more_first_batches_than_their_worst_rate(batches: int) -> None:
    """A gap takes the whole of a batch, in the share of batches that is the worst for the rule."""
    rng = np.random.default_rng(batches)
    gap = rng.random((RUNS, batches + 1)) < 1 / (batches + 1)
    limits = [ordinary_limit([(100, 100 * int(g)) for g in row[:-1]]) for row in gap]
    held = np.mean([100 * int(row[-1]) > 100 * x for row, x in zip(gap, limits, strict=True)])
    chance = unseen_chance(batches)
    assert held <= chance + 2 * math.sqrt(chance * (1 - chance) / RUNS)


@pytest.mark.parametrize("batches", [1, 4, 10, 37, 100])
@pytest.mark.parametrize(("mean", "together"), [(0.002, 0.01), (0.02, 0.05), (0.2, 0.05)])
def test_batches_whose_shares_vary_are_held_in_one_of_a_hundred(
    batches: int, mean: float, together: float
) -> None:
    """Beta-binomial batches: ``together`` is the correlation of two rows' missing values."""
    rng = np.random.default_rng([batches, int(1000 * mean)])
    size = (1 - together) / together
    share = rng.beta(mean * size, (1 - mean) * size, (RUNS, batches + 1))
    rows = rng.integers(50, 1000, share.shape)
    missing = rng.binomial(rows, share)
    held = np.mean([
        k[-1] / n[-1] > ordinary_limit([*zip(n[:-1].tolist(), k[:-1].tolist(), strict=True)])
        for n, k in zip(rows, missing, strict=True)
    ])  # fmt: skip
    assert held <= 0.01 + 2 * math.sqrt(0.01 * 0.99 / RUNS)
