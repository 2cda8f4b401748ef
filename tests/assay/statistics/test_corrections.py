"""Corrections for many tests against scipy and statsmodels."""

from __future__ import annotations

from unittest import mock

import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from assay.statistics.corrections import CORRECTIONS

METHODS = {"holm": "holm", "benjamini_hochberg": "fdr_bh", "benjamini_yekutieli": "fdr_by"}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from([*METHODS]))
def test_corrections_equal_statsmodels(p_values: list[float], name: str) -> None:
    # It collects garbage each time, which takes most of a second beside large libraries.
    with mock.patch("gc.collect"):
        theirs = multipletests(p_values, method=METHODS[name])[1]
    assert CORRECTIONS[name](p_values) == pytest.approx(list(theirs), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=30), st.sampled_from(["bh", "by"]))
def test_false_discovery_corrections_equal_scipy(p_values: list[float], method: str) -> None:
    ours = {METHODS[name][-2:]: adjust for name, adjust in CORRECTIONS.items()}[method](p_values)
    theirs = scipy.stats.false_discovery_control(p_values, method=method)
    assert ours == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_a_correction_of_nothing(name: str) -> None:
    assert CORRECTIONS[name]([]) == []
