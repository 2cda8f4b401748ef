"""A contract's rules in a run and in the check of a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.stages.authoring import check_project, not_judged

DAY = "2024-01-03"
AGE = "- {name: age, logicalType: integer}"
SCORE = "- {name: score, logicalType: number}"


def edit(train: Any, old: str, new: str) -> Path:
    path: Path = train.project / "include/contracts/visits.odcs.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def faults(train: Any) -> list[str]:
    return [str(problem) for problem in check_project(train.services.project, gx=False)]


def test_rows_that_break_a_rule_of_the_contract_are_quarantined(ready: Any, mini: Any) -> None:
    edit(ready, AGE, AGE[:-1] + ", logicalTypeOptions: {maximum: 400}}")
    edit(ready, SCORE, SCORE[:-1] + ", quality: [{metric: nullValues, mustBe: 0}]}")
    assert faults(ready) == []
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    (found,) = (ready.home / "reports/visits" / DAY).glob("*/validate_raw.json")
    results = {r["meta"].get("reason"): r for r in json.loads(found.read_text())["results"]}
    assert results["range:age"]["result"]["unexpected_count"] == 1
    missing = results["null_values:score"]["result"]["unexpected_count"]
    assert missing > 0
    assert ready.batch("visits", DAY)["rows_quarantined"] == 2 + missing


def test_the_check_lists_what_nothing_judges_by_line(ready: Any) -> None:
    rule = "{type: text, description: As the visitor says.}"
    path = edit(ready, AGE, f"{AGE[:-1]}, quality: [{rule}]}}")
    assert faults(ready) == []
    line = path.read_text().splitlines().index(f"      {AGE[:-1]}, quality: [{rule}]}}") + 1
    (note,) = not_judged(ready.services.project)
    assert str(note).startswith("not judged: ")
    assert f"visits.odcs.yaml:{line} " in note.where
    assert (note.what, note.column) == ("a rule in words", "age")


def test_the_check_names_a_rule_that_no_batch_could_be_judged_by(ready: Any) -> None:
    asked = "{type: sql, query: SELECT now(), mustBe: 1}"
    sound = "{type: sql, query: 'SELECT sum({property}) FROM {object}', mustBeGreaterThan: 0}"
    edit(ready, SCORE, f"{SCORE[:-1]}, quality: [{asked}, {sound}]}}")
    edit(ready, "{name: site, logicalType: string,",
         "{name: site, logicalType: string, logicalTypeOptions: {pattern: '[('},")  # fmt: skip
    found = faults(ready)
    assert len(found) == 2
    assert all("the rule can't be judged" in fault for fault in found)
    assert any("visits.odcs.yaml:" in f and "the query may not call now" in f for f in found)
    assert any("isn't a regular expression" in fault for fault in found)
