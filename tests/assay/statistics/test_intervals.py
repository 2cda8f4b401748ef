"""Intervals against statsmodels, and by definition."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
)
from statsmodels.stats.proportion import (
    test_proportions_2indep as proportions_test,
)

from assay.statistics.intervals import (
    miettinen_nurminen,
    newcombe,
    ratio_z,
    two_sided_level,
    wilson,
)

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
    assert miettinen_nurminen(*c, a) == pytest.approx(expected, rel=2e-4)


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
    low, high = miettinen_nurminen(*c, a)
    if x1 + x2 == 0:
        assert (low, high) == (0, math.inf)
        return
    if x2:
        assert low <= (x1 / n1) / (x2 / n2) * (1 + 1e-9)
        assert high >= (x1 / n1) / (x2 / n2) * (1 - 1e-9)
        assert two_sided_level(ratio_z(*c, high)) == pytest.approx(a, rel=1e-6)
    if x1:
        assert two_sided_level(ratio_z(*c, low)) == pytest.approx(a, rel=1e-6)


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
    ours = miettinen_nurminen(*c, 1e-4)
    same = np.allclose([complex(low).real, complex(high).real], ours, rtol=1e-3)
    assert same is not wrong_there


@FIXED
@given(counts(), ALPHAS)
def test_difference_and_rate_are_statsmodels(c: tuple[int, int, int, int], a: float) -> None:
    expected = confint_proportions_2indep(*c, method="newcomb", compare="diff", alpha=a)
    assert newcombe(*c, a) == pytest.approx(expected, abs=1e-12)
    assert wilson(c[0], c[1], a) == pytest.approx(
        proportion_confint(c[0], c[1], alpha=a, method="wilson"), abs=1e-12
    )


def test_without_rows_anything_is_possible() -> None:
    assert wilson(0, 0, 0.05) == (0.0, 1.0)
    assert newcombe(0, 0, 3, 9, 0.05) == newcombe(3, 9, 0, 0, 0.05) == (-1.0, 1.0)
