"""assay suggest and assay quality mutate, on files and on a data set with a history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DAY = "2024-01-03"


def test_a_file_gives_a_suite_that_it_keeps(assay: Any, folder: Path) -> None:
    said = assay("suggest", "day.csv", "--out", "proposed.json", "--mutate", "--json")
    assert said.code == 0
    found = said.json
    assert found["out"]["expectations"] == len(found["proposals"]) > 10
    assert all(p["meta"]["rationale"] and p["meta"]["evidence"] for p in found["proposals"])
    assert found["mutation"]["score"] > 0.8
    assert found["backtest"] == []
    # A person's name and age may be shown by no value: their names say that they are about people.
    hidden = [p for p in found["proposals"] if p["kwargs"].get("column") in {"person", "age"}]
    assert hidden
    shown = [p for p in hidden if "between" in p["type"] or "in_set" in p["type"]]
    # How many values are there says nothing of them.
    assert {p["type"].partition("_non_null")[0] for p in shown} <= {"expect_column_proportion_of"}
    assert assay("validate", "day.csv", "--suite", "proposed.json").code == 0
    text = assay("suggest", "day.csv")
    assert "expectations proposed from 500 rows" in text.out
    assert "Nothing is written" in text.out
    again = assay("suggest", "day.csv", "--out", "proposed.json")
    assert again.code == 2
    assert "is there already" in again.err


def test_a_suite_gets_what_it_lacks_and_what_it_says_stays(assay: Any, suite: Any) -> None:
    path = suite(
        ("expect_column_values_to_not_be_null", "person"),
        ("expect_column_values_to_be_between", "score", "warning", {"max_value": -1e9}),
    )
    before = json.loads(path.read_text())["expectations"]
    said = assay("suggest", "day.csv", "--suite", path, "--write", "--no-guess", "--json").json
    (wrong,) = said["contradicted"]
    assert wrong["label"] == "expect_column_values_to_be_between:score"
    assert wrong["flagged"] > 400
    after = json.loads(path.read_text())["expectations"]
    assert after[:2] == before
    assert len(after) - 2 == said["added"]["expectations"] == len(said["proposals"])
    known = {(e["type"], e["kwargs"].get("column")) for e in before}
    assert not known & {(p["type"], p["kwargs"].get("column")) for p in said["proposals"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("day.csv", "--stage", "other"), "raw or clean"),
        (("day.csv", "--write"), "needs --suite or --dataset"),
        (("day.csv", "--against", DAY), "needs --dataset"),
        (("day.csv", "--redact", "scoer"), "Did you mean 'score'?"),
        (("none.csv",), "no such file"),
        (("day.csv", "--dataset", "visitz"), "Did you mean 'visits'?"),
    ],
)
def test_wrong_arguments_are_refused(
    assay: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: Any, message: str
) -> None:
    monkeypatch.setenv("ASSAY_PROJECT", str(folder / "project"))
    monkeypatch.setenv("ASSAY_HOME", str(folder / "home"))
    said = assay("suggest", *arguments)
    assert said.code == 2
    assert message in said.err


def test_a_data_set_is_tried_on_its_past(
    assay: Any, services: Any, mini: Any, tmp_path: Path
) -> None:
    data = tmp_path / f"{DAY}.csv"
    data.write_text(mini.visits(DAY, shift=8))

    said = assay("suggest", data, "--dataset", "visits", "--json")

    assert said.code == 0
    found = said.json
    assert [p["batch"] for p in found["backtest"]] == list(mini.REFERENCE_DAYS)
    assert {(p["state"], p["table"]) for p in found["backtest"]} == {("released", "landed")}
    scores = next(i for i, p in enumerate(found["proposals"])
                  if p["type"] == "expect_column_values_to_be_between")  # fmt: skip
    assert found["proposals"][scores]["kwargs"]["column"] == "score"
    # Earlier days count in the range, so that it would have flagged none of their rows.
    assert found["proposals"][scores]["meta"]["evidence"]["batches"] == 3
    assert all(not past["judged"][scores]["flagged"] for past in found["backtest"])
    # What the contract states isn't proposed: types, the closed list, the key.
    assert not [p for p in found["proposals"] if "type" in p["type"].split("_")]
    assert not [p for p in found["proposals"] if p["kwargs"].get("column") == "team"
                and "in_set" in p["type"]]  # fmt: skip
    one = assay("suggest", data, "--dataset", "visits", "--against", mini.REFERENCE_DAYS[1])
    assert mini.REFERENCE_DAYS[1] in one.out
    assert mini.REFERENCE_DAYS[0] not in one.out
    released = assay("suggest", data, "--dataset", "visits", "--stage", "clean", "--json").json
    assert {p["table"] for p in released["backtest"]} == {"released"}
    missing = assay("suggest", data, "--dataset", "visits", "--against", "2024-01-09")
    assert missing.code == 2
    assert "no such batch for the backtest" in missing.err


def test_what_the_contract_says_is_held_against_the_data(
    assay: Any, services: Any, mini: Any, tmp_path: Path
) -> None:
    rows = [list(r) for r in mini.visit_rows(DAY)]
    for row in rows[:30]:
        row[4] = "c"
    for row in rows[:7]:
        row[2] = "old"
    data = tmp_path / f"visits-{DAY}.csv"
    data.write_text(mini.as_csv(mini.HEADER, rows))

    said = assay("suggest", data, "--dataset", "visits", "--json").json

    assert said["batch"] == DAY
    wrong = {j["label"]: j["flagged"] for j in said["contradicted"]}
    assert wrong == {"level:team": 30, "unparsed:age": 7}


def test_how_a_file_would_land_is_said(
    assay: Any, services: Any, mini: Any, tmp_path: Path
) -> None:
    rows = mini.visit_rows(DAY, faults=0)
    more, fewer = tmp_path / "more.csv", tmp_path / "fewer.csv"
    more.write_text(mini.as_csv((*mini.HEADER, "note"), [(*row, "x") for row in rows]))
    fewer.write_text(mini.as_csv(mini.HEADER[:5], [row[:5] for row in rows]))

    contradicted = assay("suggest", more, "--dataset", "visits", "--json").json["contradicted"]
    refused = assay("suggest", fewer, "--dataset", "visits")

    assert [j["label"] for j in contradicted] == ["extra_columns"]
    assert refused.code == 2
    assert "would not land" in refused.err
    assert "schema_mismatch passed, schema_mismatch seen" in refused.err


def test_a_file_is_the_batch_that_its_name_holds(
    assay: Any, services: Any, mini: Any, tmp_path: Path
) -> None:
    first, second = mini.REFERENCE_DAYS
    named, odd = tmp_path / f"visits-{second}.csv", tmp_path / f"{first}_{second}.csv"
    for path in (named, odd):
        path.write_text(mini.visits(second, faults=0))

    said = assay("suggest", named, "--dataset", "visits", "--write", "--json").json
    assert (said["batch"], [p["batch"] for p in said["backtest"]]) == (second, [first])
    assert assay("suggest", odd, "--dataset", "visits", "--json").json["batch"] is None
    assert "Batch not known" in assay("suggest", odd, "--dataset", "visits").out
    clean = assay("suggest", named, "--dataset", "visits").out
    assert "no expectation to add" in clean
    assert "Nothing that is stated already is contradicted" in clean
    assert "On earlier versions" not in clean


def test_a_suite_is_scored_by_planted_faults(assay: Any, suite: Any) -> None:
    path = suite(("expect_column_values_to_not_be_null", "site"))
    said = assay("quality", "mutate", "day.csv", "--suite", path, "--json").json
    assert 0 < said["caught"] < said["planted"]
    caught = [f for f in said["faults"] if f["caught_by"]]
    assert {(f["fault"], *f["columns"]) for f in caught} == {("missing", "site")}
    text = assay("quality", "mutate", "day.csv", "--suite", path).out
    assert "not detected: out of range in score" in text
