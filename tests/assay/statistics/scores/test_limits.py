"""Figures against limits: the level at which an interval touches one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from assay.statistics.intervals import normal_quantile, wilson
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.limits import Side, independent_difference, p_beyond, side_of

FIXED = settings(deadline=None, derandomize=True, max_examples=150)


def share(hits: int, rows: int, alpha: float = 0.05) -> Estimate:
    low, high = wilson(hits, rows, alpha)
    return Estimate(value=hits / rows, low=low, high=high, n=rows, how="Wilson")


@FIXED
@given(st.integers(1, 500), st.data(), st.floats(0.01, 0.99), st.sampled_from([0.2, 0.05, 0.01]))
def test_p_is_at_most_the_level_exactly_where_the_interval_is_beyond(rows, data, limit, alpha):
    found = share(data.draw(st.integers(0, rows)), rows, alpha)
    for bound in ({"least": limit}, {"most": limit}):
        p = p_beyond(found, **bound, alpha=alpha)
        beyond = found.high < limit if "least" in bound else found.low > limit
        assert (p < alpha) == beyond
        assert 0 <= p <= 1
        if side_of(found.low, found.high, **bound) is Side.WITHIN:
            assert p == 1


@FIXED
@given(st.integers(30, 400), st.integers(30, 400), st.data())
def test_a_difference_equals_statsmodels(n1, n2, data):
    x1, x2 = (data.draw(st.integers(1, n - 1)) for n in (n1, n2))
    found = independent_difference(share(x1, n1), share(x2, n2))
    ends = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-9)
    assert found.value == pytest.approx(x1 / n1 - x2 / n2, abs=1e-12)


@FIXED
@given(st.integers(2, 500), st.data(), st.sampled_from([0.2, 0.01, 1e-3, 1e-6]))
def test_p_of_a_share_is_the_level_of_the_interval_that_touches_the_limit(rows, data, level):
    hits = data.draw(st.integers(1, rows - 1))
    found = share(hits, rows)
    low, high = wilson(hits, rows, level)
    for bound in ({"most": low}, {"least": high}):
        p = p_beyond(found, **bound, alpha=0.05, share=True)
        assert p == pytest.approx(level, rel=1e-6)


@pytest.mark.parametrize("level", [0.2, 0.01, 1e-4])
def test_p_of_a_normal_figure_is_the_level_of_the_interval_that_touches_the_limit(level):
    ends = [3 + sign * 0.5 * normal_quantile(0.05) for sign in (-1, 1)]
    found = Estimate(value=3, low=ends[0], high=ends[1], n=90, how="normal")
    limit = 3 - 0.5 * normal_quantile(level)
    assert p_beyond(found, most=limit, alpha=0.05) == pytest.approx(level, rel=1e-9)


def test_an_estimate_without_an_interval_is_neither_within_nor_beyond():
    none = Estimate.undefined("no rows")
    assert p_beyond(none, least=0.5, alpha=0.05) is None
    assert side_of(none.low, none.high, least=0.5) is Side.UNDECIDED
    known = share(5, 10)
    assert independent_difference(none, known).how == "no rows"
    value = Estimate(value=0.5, n=1, how="one row")
    assert independent_difference(value, known).inconclusive
