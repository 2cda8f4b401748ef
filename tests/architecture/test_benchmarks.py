"""Benchmarks run rarely, so that their imports are tried here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.mark.parametrize("name", sorted(p.stem for p in BENCH.glob("*.py")))
def test_a_benchmark_imports(name: str) -> None:
    command = [sys.executable, "-c", f"import {name}"]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_lists_what_there_is() -> None:
    command = [sys.executable, str(BENCH), "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "fairness" in said
    assert "growth" in said
