"""kill -9 anywhere, then a re-run: the state of a run that nothing disturbed."""

from __future__ import annotations

import os

import pytest
from killed import try_points


@pytest.mark.timeout(1200)
def test_killed_at_a_few_points() -> None:
    assert "that differ 0" in try_points(5, 20240103)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_at_many_points() -> None:
    points = int(os.environ.get("ASSAY_FAULT_POINTS", "400"))
    seed = int(os.environ.get("ASSAY_FAULT_SEED", "1"))
    assert "that differ 0" in try_points(points, seed)
