"""The command in this process, in a copy of the small project."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay.cli._main import run


@dataclass
class Said:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def assay(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def call(*arguments: object) -> Said:
        capfd.readouterr()
        code = run([str(a) for a in arguments])
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call


@pytest.fixture
def services(ready: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The small project with its home, as the environment names it."""
    monkeypatch.setenv("ASSAY_PROJECT", str(ready.project))
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    return ready


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mini: Any) -> Path:
    """A working folder with data, suites and policies of a person's own."""
    monkeypatch.chdir(tmp_path)
    project = mini.write_project(tmp_path / "project")
    policies = project / "include" / "policies" / "visits"
    for noun in ("cleaning", "drift"):
        (tmp_path / f"{noun}.yaml").write_text((policies / f"{noun}.yaml").read_text())
    fairness = (policies / "fairness.yaml").read_text()
    (tmp_path / "fairness.yaml").write_text("roles: {passed: label}\n" + fairness)
    (tmp_path / "scale.yaml").write_text(
        "on_inconclusive: hold\nsteps:\n  - {step: scale, columns: [score], method: standardise}\n"
    )
    (tmp_path / "day.csv").write_text(mini.visits("2024-01-01", faults=0))
    (tmp_path / "next.csv").write_text(mini.visits("2024-01-02", faults=0))
    (tmp_path / "far.csv").write_text(mini.visits("2024-01-03", shift=9, faults=0))
    write_suite(tmp_path / "suite.json", expect("expect_column_values_to_not_be_null", "person"))
    return tmp_path


def expect(kind: str, column: str, severity: str = "critical", **more: Any) -> dict[str, Any]:
    kwargs = {"column": column, **more}
    return {"type": kind, "kwargs": kwargs, "severity": severity, "meta": {"own": column}}


def write_suite(path: Path, *expectations: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"name": "s", "expectations": list(expectations), "meta": {}}))
    return path


@pytest.fixture
def suite(folder: Path) -> Callable[..., Path]:
    """Write a suite of (type, column, severity, kwargs) rows."""

    def write(*rows: tuple[Any, ...]) -> Path:
        made = [expect(*row[:3], **(row[3] if len(row) > 3 else {})) for row in rows]
        return write_suite(folder / "own.json", *made)

    return write
