"""Which way imports run, and what is not imported before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def _run_assay(*arguments: str, accepts: tuple[int, ...] = (0,)) -> set[str]:
    """Modules that the command's process holds once it has done a verb."""
    program = (
        "import json, sys\n"
        "from assay.cli._main import run\n"
        "code = run(sys.argv[1:])\n"
        "print('\\n' + json.dumps([code, list(sys.modules)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stdout.rsplit("\n", 2)[-2])
    assert code in accepts, done.stdout + done.stderr
    return set(modules)


@pytest.mark.parametrize("verb", ["", "clean", "versions", "suggest", "incidents", "check"])
def test_help_needs_no_engine(verb: str) -> None:
    assert _run_assay(*verb.split(), "--help") & (HEAVY | ENGINE | {"numpy", "jinja2"}) == set()


@pytest.mark.parametrize("verb", ["status", "incidents list", "digest --all"])
def test_who_looks_or_answers_needs_no_engine(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    found = _run_assay(*verb.split())
    assert found & (HEAVY | ENGINE - {"sqlalchemy"} | {"numpy"}) == set()


def test_the_page_of_incidents_needs_no_engine() -> None:
    """It is served by Airflow's API server, which must neither stall nor grow for it."""
    found = _imported("assay.stages.incidents._responses", "assay.page")
    assert found & (HEAVY | ENGINE - {"sqlalchemy"} | {"numpy"}) == set()


def test_verbs_on_a_file_need_no_registry(tmp_path: Path) -> None:
    data, policy = tmp_path / "data.csv", tmp_path / "cleaning.yaml"
    data.write_text("x,s\n1,a\n,b\n3,a\n")
    policy.write_text(
        "on_inconclusive: hold\nsteps:\n  - {step: impute, columns: {x: {method: median}}}\n"
    )
    suite = tmp_path / "suite.json"
    kwargs = {"column": "s"}
    expectation = {"type": "expect_column_values_to_not_be_null", "kwargs": kwargs, "meta": {}}
    suite.write_text(json.dumps({"name": "s", "expectations": [expectation], "meta": {}}))
    others = HEAVY | {"sqlalchemy", "alembic"}
    out = str(tmp_path / "out.parquet")
    found = _run_assay("clean", str(data), "--policy", str(policy), "--out", out, "--json")
    assert "duckdb" in found
    assert found & others == set()
    found = _run_assay("validate", str(data), "--suite", str(suite), accepts=(0, 1, 3))
    assert "duckdb" in found
    assert found & others == set()
