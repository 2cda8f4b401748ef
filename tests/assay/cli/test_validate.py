"""A gate tried by hand says what the gate of a run says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

DAY = "2024-01-03"


@pytest.fixture
def data(mini: Any, tmp_path: Path) -> Path:
    """A day with a level that the contract doesn't know, texts that aren't numbers, a lost site."""
    rows = [list(row) for row in mini.visit_rows(DAY)]
    for i in range(150):
        rows[i][4] = "c"
        rows[i + 150][2] = "old"
    rows[400][1] = "S99"
    path = tmp_path / f"visits-{DAY}.csv"
    path.write_text(mini.as_csv(mini.HEADER, rows))
    return path


def test_by_hand_as_in_a_run(assay: Any, services: Any, data: Path) -> None:
    suite = services.project / "include" / "suites" / "visits" / "raw.json"
    services.drop("visits", DAY, data.read_bytes())
    ran = services.run("visits", DAY)["validate_raw"]

    call = ("validate", data, "--dataset", "visits")
    said = assay(*call, "--quarantine", data.parent / "bad", "--json")

    landed, judged = said.json["gates"]
    assert (landed["gate"], landed["outcome"]) == ("ingest", "PASS")
    assert (said.code, said.json["verdict"], judged["outcome"]) == (1, "FAIL", ran.outcome.value)
    assert {r["code"] for r in judged["reasons"]} == set(ran.reasons)
    assert said.json["rows"]["quarantined"] == ran.rows["quarantined"] == 301
    assert all(message in said.err for message in ran.messages)
    assert said.json["notes"] == []
    assert (data.parent / "bad" / "quarantine.parquet").is_file()
    assert not [r for r in said.json["results"] if "unexpected_list" in r["result"]
                and r["expectation_config"]["kwargs"].get("column") in {"person", "team"}
                and r["result"]["unexpected_list"]]  # fmt: skip
    path = assay(*call, "--suite", suite, "--json")
    assert path.json["results"] == said.json["results"]


def test_a_person_gets_a_table(assay: Any, services: Any, data: Path) -> None:
    said = assay("validate", data, "--dataset", "visits")

    lines = said.out.splitlines()
    worst = next(line for line in lines if line.lstrip().startswith("FAIL"))
    assert said.code == 1
    assert lines[0].split() == ["verdict", "expectation", "rows", "what", "was", "found"]
    assert "must" in worst
    assert "199 of 500 rows go on, 301 quarantined." in said.out
    assert "quarantine_share_above_limit: " in said.out
    assert "MRK" not in said.out


def test_the_clean_gate_by_hand(assay: Any, services: Any, mini: Any, tmp_path: Path) -> None:
    assert assay("versions", "checkout", "visits", "--to", tmp_path / "out").code == 0
    released = tmp_path / "out" / f"{mini.REFERENCE_DAYS[0]}.parquet"

    said = assay("validate", released, "--dataset", "visits", "--suite", "clean", "--json")

    assert (said.code, [g["gate"] for g in said.json["gates"]]) == (0, ["validate_clean"])


def test_what_a_run_needs_and_isnt_there_is_said(
    assay: Any, train: Any, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_PROJECT", str(train.project))
    monkeypatch.setenv("ASSAY_HOME", str(train.home))
    contract = train.project / "include" / "contracts" / "visits.odcs.yaml"
    text = contract.read_text().replace("{grain: day,", "{grain: day, column: seen,")
    contract.write_text(text)
    nameless = data.rename(data.with_name("day.csv"))

    said = assay("validate", nameless, "--dataset", "visits")

    assert "not released yet: sites" in said.err
    assert "batch not known" in said.err
    assert "--batch" in said.err
    known = assay("validate", nameless, "--dataset", "visits", "--batch", DAY)
    assert "batch not known" not in known.err
    assert assay("validate", nameless, "--dataset", "visits", "--batch", "2025-01-01").code == 2


def test_a_file_that_wouldnt_land(assay: Any, services: Any, tmp_path: Path) -> None:
    torn = tmp_path / f"{DAY}.csv"
    torn.write_text('person,site,age,score,team,passed,seen\n"MRK')

    said = assay("validate", torn, "--dataset", "visits", "--json")
    shown = assay("validate", torn, "--dataset", "visits")

    assert (said.code, said.json["verdict"], said.json["success"]) == (1, "FAIL", False)
    assert "truncated" in said.err
    assert (shown.code, shown.out.splitlines()[0]) == (1, "ingest: FAIL and holds the batch")
    assert assay("validate", tmp_path / "no.csv", "--dataset", "visits").code == 2
    assert assay("validate", torn, "--dataset", "visitz").code == 2
