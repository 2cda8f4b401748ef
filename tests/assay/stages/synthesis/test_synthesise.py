"""Synthetic rows of a released data set: made, judged, delivered, and through their own release."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
import yaml
from mini_model import MODEL, write_model
from mini_project import Train, sites, visits, write_project

from assay.cli._main import run
from assay.errors import InputError, PolicyError
from assay.stages.authoring import check_project
from assay.stages.models._data import choose_data
from assay.stages.synthesis import synthesise

POLICY = {
    "on_inconclusive": "release", "method": "copula", "rake": False, "rows": 700, "seed": 1,
    "alpha": 0.001, "least_number": 3, "most_levels": 30, "most_rows": 5000,
    "rules": ["age >= 20 or passed == 0"],
    "fidelity": {"column": 0.3, "pair": 0.5, "rationale": "tests"},
    "utility": {"label": "passed", "positive": 1, "most_lost": 0.4, "rationale": "tests"},
    "privacy": {"nearer": 0.7, "ratio_gap": 0.3, "membership_auc": 0.7, "rare": 0.5,
                "rationale": "tests"},
    "bias": {"attributes": {"team": "a"}, "label": "passed", "favourable": 1, "share": 0.3,
             "rate": 0.3, "impact": 3, "rationale": "tests"},
}  # fmt: skip
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    """Visits of three days, released."""
    root = tmp_path_factory.mktemp("synthesis")
    found = Train(
        write_project(root / "project"), root / "home", lambda: datetime(2024, 1, 9, tzinfo=UTC)
    )
    found.drop("sites", "2024", sites())
    found.run("sites", "2024")
    for day in DAYS:
        found.drop("visits", day, visits(day))
        found.run("visits", day)
    write_policy(found)
    return found


def write_policy(train, **changes):
    path = train.project / "include" / "policies" / "visits" / "synthesis.yaml"
    path.write_text(yaml.safe_dump({**POLICY, **changes}), encoding="utf-8")


@pytest.fixture(scope="module")
def made(train):
    return synthesise(train.services, "visits", draft=True)


def test_made_rows_are_delivered_and_say_so(train, made):
    rows = pq.read_table(train.home / made.delivered)
    assert made.delivered == "inbox/visits_synthetic/2024-01-09.parquet"
    assert rows.num_rows == made.rows == 700
    assert set(rows.column("__synthetic").to_pylist()) == {True}
    assert rows.column("person").to_pylist()[:2] == ["synthetic-1", "synthetic-2"]
    assert set(rows.column("site").to_pylist()) <= {f"S{i}" for i in range(8)}
    assert made.refused["rules"] > 0
    young = [
        passed for age, passed in zip(
            rows.column("age").to_pylist(), rows.column("passed").to_pylist(), strict=True
        ) if age < 20
    ]  # fmt: skip
    assert set(young) <= {0}


def test_the_report_and_the_contract_say_that_rows_are_synthetic(train, made):
    page = (train.home / made.report).read_text(encoding="utf-8")
    assert "These rows are synthetic" in page
    known = json.loads((train.home / made.report).with_suffix(".json").read_text("utf-8"))
    assert known["synthetic"] is True
    assert known["verdict"]["gate"] == "synthesis"
    contract = train.services.project.contract("visits_synthetic")
    assert "Synthetic rows, made like those of visits" in contract.description
    assert contract.tags == ("synthetic",)
    assert contract.column("__synthetic").required
    assert len(made.drafted) >= 10


def test_the_drafts_have_no_fault(train, made):
    assert made.drafted
    assert check_project(train.services.project, gx=False) == []


def test_made_rows_pass_a_release_of_their_own(train, made):
    train.run("visits_synthetic", made.batch)
    assert train.batch("visits_synthetic", made.batch)["state"] == "released"
    _, versions = train.services.registry.partitions("visits_synthetic", None)
    path = train.services.registry.open(versions[made.batch].objects["data"])
    assert set(pq.read_table(path).column("__synthetic").to_pylist()) == {True}


def test_what_rows_were_learned_from_is_on_record(train, made, monkeypatch, capsys):
    (use,) = (
        u for u in train.services.registry.uses("synthetic_set") if u.delivers.batch == made.batch
    )
    assert [(r.dataset, r.number) for r in use.reads] == [("visits", 3)]
    monkeypatch.setenv("ASSAY_HOME", str(train.home))
    monkeypatch.setenv("ASSAY_PROJECT", str(train.project))
    train.run("visits_synthetic", made.batch)
    assert run(["lineage", f"visits_synthetic@{made.batch}", "--up", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "visits@3" in {node["name"] for node in found["nodes"]}


def test_the_same_snapshot_and_policy_give_the_same_bytes(train, made):
    again = synthesise(train.services, "visits", batch="2024-01-10")
    assert again.sha256 == made.sha256
    assert again.drafted == ()


def test_rows_that_the_verdict_holds_are_not_delivered(train, made):
    try:
        write_policy(train, fidelity={"column": 0.001, "pair": 0.001, "rationale": "too strict"},
                     on_inconclusive="hold")  # fmt: skip
        held = synthesise(train.services, "visits", batch="2024-01-11")
    finally:
        write_policy(train)
    assert held.verdict.holds
    assert held.delivered is None
    assert not (train.home / "inbox" / "visits_synthetic" / "2024-01-11.parquet").exists()
    assert (train.home / held.report).is_file()
    assert made.delivered


def test_a_network_leaves_no_checkpoint_behind(train):
    write_policy(train, method="best", network={"epochs": 1, "batch": 100})
    try:
        made = synthesise(train.services, "visits", batch="2024-01-12", rows=300)
    finally:
        write_policy(train)
    assert made.method in {"copula", "gan"}
    assert list((train.home / "cache" / "synthesis").iterdir()) == []


def test_what_is_missing_is_said(train):
    with pytest.raises(PolicyError, match="synthesis"):
        synthesise(train.services, "sites")
    path = train.project / "include" / "policies" / "visits" / "synthesis.yaml"
    path.write_text(yaml.safe_dump({**POLICY, "leave_out": ["pased"]}), encoding="utf-8")
    try:
        with pytest.raises(PolicyError, match="Did you mean 'passed'"):
            synthesise(train.services, "visits")
        assert any("pased" in str(p.got) for p in check_project(train.services.project, gx=False))
    finally:
        write_policy(train)


def test_rules_that_no_row_keeps_are_an_error(train):
    write_policy(train, rules=["age > 1000"])
    try:
        with pytest.raises(InputError, match="breaks a rule"):
            synthesise(train.services, "visits", batch="2024-01-13")
    finally:
        write_policy(train)


def test_the_command_says_what_it_did(train, made, monkeypatch, capsys):
    monkeypatch.setenv("ASSAY_PROJECT", str(train.project))
    monkeypatch.setenv("ASSAY_HOME", str(train.home))
    code = run(["synthesise", "visits", "--rows", "300", "--batch", "2024-01-14"])
    said = capsys.readouterr().out
    assert code == made.verdict.exit_code
    assert "300 synthetic rows (copula) of visits_synthetic 2024-01-14" in said
    assert "release__visits_synthetic" in said
    run(["synthesise", "visits", "--rows", "300", "--batch", "2024-01-14", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["dataset"]) == (300, "visits_synthetic")


def test_a_model_is_never_tested_on_made_rows(train, made):
    """A model file that names them is a fault, and a training run refuses it."""
    path = write_model(train.project, data={"dataset": made.dataset})
    try:
        problems = check_project(train.services.project, gx=False)
        assert any("the rows are synthetic" in p.what for p in problems)
        with pytest.raises(InputError, match="rows are synthetic"):
            choose_data(train.services, train.services.project.model(MODEL), None)
    finally:
        path.unlink()
