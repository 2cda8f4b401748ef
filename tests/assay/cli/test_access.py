"""access: what a role may do and which line says so, and what two commits allow differently."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

POLICY = """\
roles:
  steward:
    may: [see_runs, approve]
  scientist:
    may:
      - see_runs
      - read_released
    purposes: [research]
    others: keep
    columns:
      person: {treatment: mask, text: hidden}
members:
  steward: [grace]
log: {anchor_minutes: 5}
"""


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = folder / "project"
    monkeypatch.setenv("ASSAY_PROJECT", str(root))
    monkeypatch.setenv("ASSAY_HOME", str(root / ".assay"))
    return root


def write(project: Path, text: str = POLICY) -> Path:
    path = project / "include" / "policies" / "visits" / "access.yaml"
    path.write_text(text)
    return path


def committed(project: Path) -> None:
    who = {f"GIT_{w}_{k}": "x@y" for w in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | who
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "policies"]):
        subprocess.run(["git", *command], cwd=project, env=environ, check=True)


def test_explain_says_what_a_role_may_do_and_which_line_says_so(assay: Any, project: Path) -> None:
    path = write(project)
    said = assay("access", "explain", "--role", "scientist", "--dataset", "visits", "--json")
    lines = {(x["subject"], x["what"]): x for x in said.json["lines"]}

    assert said.code == 0
    assert lines["right", "read_released"]["answer"] == "yes"
    assert lines["right", "erase"]["answer"] == "no"
    assert lines["column", "person"]["answer"] == "mask"
    assert lines["column", "team"]["answer"] == "drop"
    where = lines["right", "read_released"]["where"]
    number = int(where.split("access.yaml:")[1].split()[0])
    assert path.read_text().splitlines()[number - 1].strip() == "- read_released"
    shown = assay("access", "explain", "--role", "scientist", "--dataset", "visits")
    assert "access.yaml" in shown.out


def test_without_a_policy_it_says_that_anybody_reads_all(assay: Any, project: Path) -> None:
    said = assay("access", "explain", "--role", "scientist", "--dataset", "visits")
    assert said.code == 2
    assert "has no access policy" in said.err
    listed = assay("access", "list")
    assert "no access policy" in listed.out


def test_list_names_roles_and_members(assay: Any, project: Path) -> None:
    write(project)
    said = assay("access", "list", "--json").json["datasets"]
    assert said["sites"] is None
    assert said["visits"]["steward"]["may"] == ["see_runs", "approve"]
    assert "grace" in assay("access", "list").out


def test_diff_compares_two_commits(assay: Any, project: Path) -> None:
    write(project)
    committed(project)
    write(project, POLICY.replace("[see_runs, approve]", "[see_runs, approve, force]"))
    committed(project)

    said = assay("access", "diff", "HEAD~1", "HEAD", "--json")

    assert said.json["datasets"]["visits"] == [
        {"role": "steward", "what": "force", "before": "", "after": "yes", "grants": True}
    ]
    assert "Nobody" in assay("access", "diff", "HEAD", "HEAD").out
    lost = assay("access", "diff", "--", "--output=x", "HEAD")
    assert lost.code == 2
    assert "no such commit" in lost.err


def test_check_names_each_fault_of_an_access_policy(assay: Any, project: Path) -> None:
    text = POLICY.replace("person: {", "persn: {")
    write(project, text.replace("    others: keep", "    others: keep\n    rows: agge > 3"))
    said = assay("check", "--dataset", "visits", "--no-gx")
    assert "columns.persn: no such column" in said.out + said.err
    assert "Did you mean 'age'?" in said.out + said.err
