"""Intervals and p-values against statsmodels, and by definition."""

from __future__ import annotations

import math
import warnings
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
)
from statsmodels.stats.proportion import (
    test_proportions_2indep as proportions_test,
)

from assay.fairness._intervals import difference_interval, smallest_level, wilson_interval
from assay.fairness._level import difference_p, holm, ratio_p
from assay.fairness._ratio import ratio_interval, ratio_z

FIXED = settings(deadline=None, derandomize=True, max_examples=150)
ALPHAS = st.sampled_from([0.2, 0.05, 0.01, 1e-4])


@st.composite
def counts(draw: st.DrawFn, *, inner: bool = False) -> tuple[int, int, int, int]:
    edge = 1 if inner else 0
    n1 = draw(st.integers(2 + edge, 400))
    n2 = draw(st.integers(2 + edge, 400))
    x1 = draw(st.integers(edge, n1 - edge))
    x2 = draw(st.integers(edge, n2 - edge))
    return x1, n1, x2, n2


@FIXED
@given(counts(inner=True), ALPHAS)
def test_ratio_interval_equals_statsmodels_inside(c: tuple[int, int, int, int], a: float) -> None:
    expected = confint_proportions_2indep(*c, method="score", compare="ratio", alpha=a)
    assert ratio_interval(*c, a) == pytest.approx(expected, rel=2e-4)


@FIXED
@given(counts(), st.floats(0.2, 5.0))
def test_ratio_z_equals_statsmodels(c: tuple[int, int, int, int], ratio: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = proportions_test(*c, value=ratio, method="score", compare="ratio").statistic
    assume(np.isfinite(expected))
    assert ratio_z(*c, ratio) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@FIXED
@given(counts(), ALPHAS)
def test_ratio_interval_holds_its_estimate_and_solves_its_equation(
    c: tuple[int, int, int, int], a: float
) -> None:
    x1, n1, x2, n2 = c
    low, high = ratio_interval(*c, a)
    if x1 + x2 == 0:
        assert (low, high) == (0, math.inf)
        return
    if x2:
        assert low <= (x1 / n1) / (x2 / n2) * (1 + 1e-9)
        assert high >= (x1 / n1) / (x2 / n2) * (1 - 1e-9)
        assert smallest_level(ratio_z(*c, high)) == pytest.approx(a, rel=1e-6)
    if x1:
        assert smallest_level(ratio_z(*c, low)) == pytest.approx(a, rel=1e-6)


@pytest.mark.parametrize(
    ("c", "wrong_there"),
    [((10, 10, 5, 10), True), ((5, 10, 10, 10), True), ((10, 10, 10, 10), True)],
)
def test_statsmodels_ratio_is_wrong_at_a_rate_of_one(
    c: tuple[int, int, int, int], wrong_there: bool
) -> None:
    """If this fails, statsmodels has been mended and our own inversion can go."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low, high = confint_proportions_2indep(*c, method="score", compare="ratio", alpha=1e-4)
    ours = ratio_interval(*c, 1e-4)
    same = np.allclose([complex(low).real, complex(high).real], ours, rtol=1e-3)
    assert same is not wrong_there


@FIXED
@given(counts(), ALPHAS)
def test_difference_and_rate_are_statsmodels(c: tuple[int, int, int, int], a: float) -> None:
    expected = confint_proportions_2indep(*c, method="newcomb", compare="diff", alpha=a)
    assert difference_interval(*c, a) == pytest.approx(expected, abs=1e-12)
    assert wilson_interval(c[0], c[1], a) == pytest.approx(
        proportion_confint(c[0], c[1], alpha=a, method="wilson"), abs=1e-12
    )


@FIXED
@given(counts(), st.floats(0.05, 0.5))
def test_difference_p_is_where_the_interval_leaves_the_limit(
    c: tuple[int, int, int, int], limit: float
) -> None:
    p = difference_p(*c, limit)
    estimate = c[0] / c[1] - c[2] / c[3]
    if abs(estimate) <= limit:
        assert p == 1.0
        return
    low, high = difference_interval(*c, p * (1 + 1e-5))
    assert low > limit or high < -limit
    low, high = difference_interval(*c, p * (1 - 1e-5))
    assert low <= limit
    assert high >= -limit


@settings(FIXED, suppress_health_check=[HealthCheck.filter_too_much])
@given(counts(), st.floats(0.3, 1.0))
def test_ratio_p_is_where_the_interval_leaves_the_limit(
    c: tuple[int, int, int, int], least: float
) -> None:
    p = ratio_p(*c, least=least)
    assume(1e-12 < p < 0.98)
    assert ratio_interval(*c, min(0.999, p * (1 + 1e-5)))[1] < least
    assert ratio_interval(*c, p * (1 - 1e-5))[1] > least


@pytest.mark.parametrize(
    ("c", "least", "most", "expected"),
    [
        ((0, 50, 0, 50), 0.8, 1.25, 1.0),
        ((50, 50, 50, 50), 0.8, 1.25, 1.0),
        ((40, 50, 50, 50), 0.8, None, 1.0),
    ],
)
def test_ratio_p_without_evidence_is_one(
    c: tuple[int, int, int, int], least: float, most: float | None, expected: float
) -> None:
    assert ratio_p(*c, least=least, most=most) == expected


def test_ratio_p_above_the_greatest_ratio() -> None:
    assert ratio_p(90, 100, 40, 100, least=0.8, most=1.25) < 1e-4
    assert ratio_p(40, 100, 0, 100, least=0.8, most=1.25) < 1e-6
    assert ratio_p(90, 100, 40, 100, least=0.8) == 1.0


@settings(FIXED)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_equals_statsmodels(ps: list[float]) -> None:
    # It collects garbage each time, which takes most of a second beside large libraries.
    with mock.patch("gc.collect"):
        theirs = multipletests(ps, method="holm")[1]
    assert holm(ps) == pytest.approx(list(theirs))


def test_holm_of_nothing() -> None:
    assert holm([]) == []
