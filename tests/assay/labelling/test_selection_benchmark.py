"""The benchmark of strategies, with two seeds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.mark.slow
def test_every_strategy_is_compared_with_random_and_those_that_do_not_pay_are_named() -> None:
    command = [sys.executable, str(BENCH), "selection", "--rows", "2"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    table = said[: said.index("not better than random")].splitlines()
    rows = {line[:18].strip(): line[18:].split() for line in table if line[18:].split()}
    assert {"random", "margin", "divergence", "k_means", "core_set"} <= set(rows)
    assert 25 <= float(rows["margin"][0]) <= 400
    assert "not better than random to 0.98" in said
