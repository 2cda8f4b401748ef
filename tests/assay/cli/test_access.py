"""access: what a role may do and which line says so, and what two commits allow differently."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
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


OPEN = """\
roles:
  scientist: {may: [read_released], purposes: [research], others: keep, rows: age > 40}
  auditor: {may: [read_log]}
log: {anchor_minutes: 5}
"""


def test_read_gives_what_the_role_sees_and_the_log_says_so(
    assay: Any, services: Any, tmp_path: Path
) -> None:
    write(services.project, OPEN)
    asked = ("--as", "scientist", "--purpose", "research")
    out = tmp_path / "seen.parquet"

    said = assay("read", "visits", *asked, "-o", out, "--json").json
    shown = assay("read", "visits", "--version", "2024-01-01", *asked, "--rows", 3, "--json").json
    table = assay("read", "visits", *asked, "--rows", 2)

    rows = pq.read_table(out)
    assert rows.num_rows == said["rows"] > 0
    assert rows.column_names == ["__batch", "site", "age", "score", "passed", "seen"]
    assert min(rows["age"].to_pylist()) > 40
    assert [set(r) for r in shown["rows"]] == [set(shown["columns"])] * 3
    assert "visits, snapshot 2" in table.out
    lines = assay("access", "log", "--dataset", "visits", "--as", "auditor", "--json").json["lines"]
    assert [x["action"] for x in lines] == ["read_released"] * 3 + ["read_log"]
    assert lines[0]["rows"] == rows.num_rows
    assert assay("access", "log", "--dataset", "visits", *asked).code == 2
    assert "snapshot 2, 2 batches" in assay("access", "log", "--as", "auditor").out
    assert assay("access", "verify").code == 0


def test_read_without_a_role_says_what_to_name(assay: Any, services: Any) -> None:
    write(services.project, OPEN)
    said = assay("read", "visits")
    assert said.code == 2
    assert "one of: scientist, auditor" in said.err
    assert "ASSAY_ROLE" in said.err
    assert assay("versions", "export", "visits", "--to", "x.parquet").code == 2


def test_a_checkout_is_for_roles_that_see_everything(
    assay: Any, services: Any, tmp_path: Path
) -> None:
    write(services.project, OPEN)
    asked = ("--as", "scientist", "--purpose", "research")
    said = assay("versions", "checkout", "visits", "--to", tmp_path / "all", *asked)
    assert said.code == 2
    assert "hold more than the role sees" in said.err
    assert not (tmp_path / "all").exists()


def test_a_read_without_a_policy_is_as_it_was(assay: Any, services: Any) -> None:
    said = assay("read", "visits", "--as", "scientist", "--rows", 1, "--json")
    assert "the role changes nothing" in said.err
    assert "person" in said.json["columns"]
    assert not (services.home / "access_log").exists()


def test_verify_finds_a_cut_log_and_says_what_is_anchored(assay: Any, services: Any) -> None:
    assert assay("access", "verify", "--json").json["lines"] == 0
    write(services.project, OPEN)
    asked = ("--as", "scientist", "--purpose", "research")
    for _ in range(3):
        assay("read", "visits", *asked)
    assert assay("access", "anchor").out == "anchored\n"
    whole = assay("access", "verify", "--json").json
    assert (whole["lines"], whole["anchored"], whole["faults"]) == (3, 3, [])

    log = services.home / "access_log" / "reads.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    (services.home / "access_log" / "head.json").unlink()

    said = assay("access", "verify")
    assert said.code == 1
    assert "lines are missing at the end: 3 were signed" in said.out
    for path in (services.home / "secrets" / "access", services.home / "access_log"):
        shutil.rmtree(path)
    assert "anchored here too" in assay("access", "verify").out
