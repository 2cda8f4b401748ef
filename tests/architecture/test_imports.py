"""Which way imports run, and what is not imported before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "include" / "assay"
ROOMS = sorted(f"assay.{p.parent.name}" for p in LIBRARY.glob("*/__init__.py"))
HEAVY = {
    "airflow", "dvc", "fairlearn", "great_expectations", "scipy.stats", "sklearn", "slack_sdk",
    "statsmodels",
}  # fmt: skip
"""Seconds to import, or not ours to need: each is behind one door, opened inside a function."""
ENGINE = {"duckdb", "ibis", "pandas", "pyarrow", "sqlalchemy"}
"""What the parser of DAGs, and a shell that asks for help, can do without."""


def _imported(*modules: str) -> set[str]:
    """Modules that a new interpreter holds after these imports."""
    lines = [f"import {module}" for module in modules]
    program = "\n".join(["import json, sys", *lines, "print(json.dumps(list(sys.modules)))"])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
    )
    return set(json.loads(done.stdout))


def test_the_layers_hold():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_room_imports_airflow_or_what_is_slow():
    assert {"assay.quality", "assay.cli", "assay.stages"} <= set(ROOMS)
    assert _imported(*ROOMS) & HEAVY == set()


def test_what_a_dag_file_imports_of_the_library_is_light():
    light = _imported("assay.contract", "assay.policy.drift", "assay.project")
    assert light & (HEAVY | ENGINE) == set()
