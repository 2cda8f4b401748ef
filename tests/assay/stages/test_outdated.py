"""Which released batches were judged by rules that no longer stand."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from assay.cli._main import run as assay
from assay.stages.upkeep import rebuild_catalog
from assay.stages.versions import outdated, outdated_batches

FIRST, SECOND = "2024-01-01", "2024-01-02"


def _edit(train: Any, name: str, old: str, new: str) -> None:
    path = train.project / "include" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("contracts/visits.odcs.yaml", "1.0.0", "1.0.1", "contract"),
        ("suites/visits/raw.json", "5000", "4000", "suite raw"),
        ("policies/visits/drift.yaml", "limit: 0.2", "limit: 0.19", "policy drift"),
        ("policies/visits/privacy.yaml", "groups", "two groups", "policy privacy"),
    ],
)
def test_a_changed_rule_makes_each_released_batch_outdated(
    ready: Any, name: str, old: str, new: str, what: str
) -> None:
    assert outdated(ready.services, "visits") == []
    _edit(ready, name, old, new)
    found = outdated(ready.services, "visits")
    assert [(one.batch, one.changed) for one in found] == [(FIRST, (what,)), (SECOND, (what,))]
    assert outdated_batches(ready.services, "visits") == [FIRST, SECOND]
    assert outdated(ready.services, "sites") == []
    ready.run("visits", FIRST)
    assert outdated_batches(ready.services, "visits") == [SECOND]
    ready.run("visits", SECOND)
    assert outdated(ready.services, "visits") == []


def test_comments_layout_and_other_policies_change_nothing(ready: Any) -> None:
    _edit(ready, "policies/visits/drift.yaml", "alpha", "# Why.\nalpha")
    _edit(ready, "policies/visits/alerting.yaml", "#tests", "#others")
    assert outdated(ready.services, "visits") == []


def test_a_restored_catalog_knows_it_too(ready: Any) -> None:
    _edit(ready, "policies/visits/drift.yaml", "limit: 0.2", "limit: 0.19")
    rebuild_catalog(ready.services, whole=True)
    assert outdated_batches(ready.services, "visits") == [FIRST, SECOND]


@pytest.fixture
def here(ready: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ASSAY_PROJECT", str(ready.project))
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    return ready


def test_status_says_so_and_rerun_plans_these_batches_only(
    here: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    _edit(here, "policies/visits/drift.yaml", "limit: 0.2", "limit: 0.19")
    here.run("visits", FIRST)
    capfd.readouterr()
    assert assay(["status", "visits", "--json"]) == 0
    (status,) = json.loads(capfd.readouterr().out)["datasets"]
    assert status["outdated"] == [SECOND]
    assert assay(["status", "visits"]) == 0
    assert "1 released batch was judged by rules that have changed" in capfd.readouterr().out
    assert assay(["rerun", "visits", "--plan"]) == 0
    out = capfd.readouterr().out
    assert "policy drift" in out
    (command,) = [line for line in out.splitlines() if line.startswith("airflow")]
    assert f"rerun__{SECOND}__" in command
    assert yaml.safe_load(command.partition("--conf ")[2].strip("'")) == {"batch": SECOND}
    assert assay(["rerun", "visits"]) == 2
    assert "Start it with `assay up`" in capfd.readouterr().err
    assert assay(["rerun", "sites"]) == 0


def test_status_compares_rules_and_needs_no_engine(here: Any) -> None:
    """Who looks waits for no import of what reads data, though a suite's hash is part of it."""
    _edit(here, "suites/visits/raw.json", "5000", "4000")
    program = (
        "import sys\n"
        "from assay.cli._main import run\n"
        "assert run(['status', 'visits']) == 0\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "2 released batches were judged by rules that have changed" in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "sqlalchemy" in loaded
    heavy = {"duckdb", "ibis", "numpy", "pyarrow", "pandas", "sklearn", "scipy"}
    assert loaded & heavy == set()


def test_a_contract_that_does_not_load_hides_no_status(
    here: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    (here.project / "include" / "contracts" / "visits.odcs.yaml").write_text("{")
    assert assay(["status", "visits"]) == 0
    assert SECOND in capfd.readouterr().out
    assert assay(["rerun", "visits"]) == 2
