"""A cell's p against the interval that it belongs to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assay.fairness._p_values import difference_p, ratio_p
from assay.statistics.intervals import miettinen_nurminen, newcombe

FIXED = settings(deadline=None, derandomize=True, max_examples=150)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n1, n2 = draw(st.integers(2, 400)), draw(st.integers(2, 400))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


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
    low, high = newcombe(*c, p * (1 + 1e-5))
    assert low > limit or high < -limit
    low, high = newcombe(*c, p * (1 - 1e-5))
    assert low <= limit
    assert high >= -limit


@settings(FIXED, suppress_health_check=[HealthCheck.filter_too_much])
@given(counts(), st.floats(0.3, 1.0))
def test_ratio_p_is_where_the_interval_leaves_the_limit(
    c: tuple[int, int, int, int], least: float
) -> None:
    p = ratio_p(*c, least=least)
    assume(1e-12 < p < 0.98)
    assert miettinen_nurminen(*c, min(0.999, p * (1 + 1e-5)))[1] < least
    assert miettinen_nurminen(*c, p * (1 - 1e-5))[1] > least


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
