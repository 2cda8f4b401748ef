"""kill -9 anywhere in a round of labels, then again: what a round leaves that nothing disturbed."""

from __future__ import annotations

import os

import pytest
from killed import try_points


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_killed_at_a_few_points() -> None:
    assert "that differ 0" in try_points(4, 20240103, "label_journey", "1")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_at_many_points() -> None:
    points = int(os.environ.get("ASSAY_FAULT_POINTS", "40"))
    seed = int(os.environ.get("ASSAY_FAULT_SEED", "1"))
    assert "that differ 0" in try_points(points, seed, "label_journey")
