"""Is it the data: rows near quarantine, of a suspected label, or behind a drift are marked."""

from __future__ import annotations

import json
import random
from typing import Any

import mini_feedback
import mini_model
import mini_project
import numpy as np
import pyarrow.parquet as pq
import pytest

from assay.errors import InputError
from assay.stages.feedback._sources import released
from assay.stages.feedback.marks._drift import drifted_rows
from assay.stages.feedback.marks._limits import near_limit, rows_near_limits

DAY, NEXT = mini_feedback.NEW_DAYS
CHECKS = {"near_limit": 0.1, "label_folds": 4}


def rows_of(home: Any, day: str) -> list[dict[str, Any]]:
    _, versions = home.services.registry.partitions("visits", None)
    path = home.services.registry.open(versions[day].objects["data"])
    return list(pq.read_table(path).to_pylist())


def changed_day(day: str, change: Any) -> str:
    lines = mini_model.learnable_visits(day).splitlines()
    made = [lines[0]]
    for at, line in enumerate(lines[1:]):
        cells = dict(zip(mini_project.HEADER, line.split(","), strict=True))
        change(at, cells)
        made.append(",".join(cells.values()))
    return "\n".join(made) + "\n"


def released_again(home: Any, day: str, change: Any) -> None:
    home.drop("visits", day, changed_day(day, change))
    home.run("visits", day)


def described(home: Any, day: str) -> Any:
    return released(home.services, "visits", lambda key: key == day)


def test_wrong_labels_are_suspected_and_shown_by_number(home: Any) -> None:
    mini_feedback.write_model(home.project, row_checks=CHECKS, limits=[
        {"metric": "accuracy", "min": 0.2}], against_test=None, least_number=10)  # fmt: skip
    chance = random.Random("wrong")
    turned = set(chance.sample(range(380), 30))

    def turn(at: int, cells: dict[str, str]) -> None:
        if at in turned:
            cells["passed"] = str(1 - int(cells["passed"]))

    people = {row["person"]: row["passed"] for row in rows_of(home, DAY)}
    released_again(home, DAY, turn)
    wrong = {r["__id"] for r in rows_of(home, DAY) if r["passed"] != people[r["person"]]}
    assert len(wrong) == 30
    judged = mini_feedback.judge(home)
    page = home.home / judged.finished.result.report
    kept = json.loads(page.with_name("misclassified.json").read_text())
    suspected = set(kept["marks"]["suspected label"])
    assert suspected <= set(kept["__id"])
    assert len(suspected & wrong) >= 20
    assert len(suspected & wrong) / len(suspected) > 4 * 30 / len(people)
    text = page.with_name("feedback.txt").read_text()
    assert "  suspected label: " in text
    assert "more errors" in text
    assert "errors a wrong label may explain" in page.read_text(encoding="utf-8")


def test_a_value_just_inside_a_limit_is_near_quarantine(home: Any) -> None:
    suite = home.project / "include" / "suites" / "visits" / "clean.json"
    content = json.loads(suite.read_text())
    content["expectations"].append(
        mini_project.expect("expect_column_values_to_be_between", "age", min_value=18, max_value=95)
    )
    suite.write_text(json.dumps(content))

    def limit(at: int, cells: dict[str, str]) -> None:
        if at < 5:
            cells["age"] = "95"

    released_again(home, DAY, limit)
    found = dict(rows_near_limits(home.services, described(home, DAY), 0.1))
    ages = {row["__id"]: row["age"] for row in rows_of(home, DAY)}
    values = np.array([np.nan if age is None else age for age in ages.values()], dtype=float)
    first, third = np.nanquantile(values, [0.25, 0.75])
    reach = 0.1 * (third - first)
    expected = {
        number for number, age in ages.items()
        if age is not None and (18 <= age <= 18 + reach or 95 - reach <= age <= 95)
    }  # fmt: skip
    assert len(expected) >= 5
    assert found["near quarantine: age"] == expected

    suite.write_text(json.dumps({**content, "expectations": content["expectations"][:-1]}))
    with pytest.raises(InputError, match="changed since"):
        list(rows_near_limits(home.services, described(home, DAY), 0.1))


def test_one_limit_and_no_spread() -> None:
    values = np.array([1.0, 2.0, 3.0, np.nan])
    assert near_limit(values, None, 3, 1).tolist() == [False, True, True, False]
    assert near_limit(values, None, None, 0.5).tolist() == [False] * 4
    assert near_limit(np.array([2.0, 2.0]), 2, 9, 0.1).tolist() == [True, True]
    assert near_limit(np.full(2, np.nan), 2, 9, 0.1).tolist() == [False, False]


def test_rows_behind_a_drift_are_marked(home: Any) -> None:
    def shift(at: int, cells: dict[str, str]) -> None:
        if at % 2 and cells["score"]:
            cells["score"] = str(float(cells["score"]) + 40)

    assert list(drifted_rows(home.services, described(home, DAY))) == []
    mini_feedback.write_model(home.project, limits=[{"metric": "accuracy", "min": 0.2}])
    home.drop("visits", DAY, changed_day(DAY, shift))
    home.run("visits", DAY)
    home.run("visits", DAY, force=True, reason="a test", approved_by="second")
    found: dict[str, set[int]] = {}
    for name, rows in drifted_rows(home.services, described(home, DAY)):
        found.setdefault(name, set()).update(rows)
    assert set(found) == {"drifted: score"}
    scores = {row["__id"]: row["score"] for row in rows_of(home, DAY)}
    assert len(found["drifted: score"]) >= 100
    behind = found["drifted: score"] & set(scores)
    others = set(scores) - behind
    assert np.mean([scores[n] for n in behind]) > np.mean([scores[n] for n in others]) + 20

    judged = mini_feedback.judge(home, run_id="drifted")
    text = (home.home / judged.finished.result.report).with_name("feedback.txt").read_text()
    assert "  drifted: score: " in text
    for path in (home.home / "reports").rglob("drift_rows*.parquet"):
        path.unlink()
    with pytest.raises(InputError, match="aren't kept any more"):
        list(drifted_rows(home.services, described(home, DAY)))


def test_what_cannot_be_found_is_said(home: Any) -> None:
    mini_feedback.write_model(
        home.project, against_test=None, row_checks=CHECKS,
        predictions={"dataset": "visits", "prediction": "passed"},
    )  # fmt: skip
    judged = mini_feedback.judge(home)
    text = (home.home / judged.finished.result.report).with_name("feedback.txt").read_text()
    assert "of a suspected label can’t be found: the predictions were made elsewhere" in text
