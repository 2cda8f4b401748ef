"""The verbs of a round, as a person calls them one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import label_rounds as support
import pytest

from assay.stages.authoring import check_project
from assay.stages.labels import rounds


@pytest.fixture
def visits(services: Any) -> Any:
    support.prepare(services)
    for path in (services.project / "include").rglob("visits_labels*"):
        if path.is_file():
            path.unlink()
        else:
            for one in path.iterdir():
                one.unlink()
    return services


def test_a_round_from_plan_to_land(assay: Any, visits: Any, tmp_path: Path) -> None:
    out = tmp_path / "shared"
    none = assay("label", "status", "visits")
    early = assay("label", "publish", "visits")
    drafted = assay("label", "draft", "visits")
    planned = assay("label", "plan", "visits", "--budget", 12, "--json")
    again = assay("label", "plan", "visits")
    sent = assay("label", "publish", "visits", "--sheets", out)
    folder = rounds.find_round(visits.services, "visits")
    for who in support.PEOPLE:
        support.edit(out / folder.round.name / f"{who}.csv", lambda row: support.truth(row, ""))
    taken = assay("label", "collect", "visits", "--sheets", out, "--json")
    agreed = assay("label", "agree", "visits")
    shown = assay("label", "status", "visits")
    assay("label", "adjudicate", "visits", "--sheets", out)
    review = out / f"{folder.round.name}-review" / f"{support.EXPERT}.csv"
    if review.exists():
        support.edit(review, lambda row: support.truth(row, ""))
    done = assay("label", "adjudicate", "visits", "--sheets", out, "--json")
    landed = assay("label", "land", "visits", "--sheets", out)

    assert "No round of visits yet" in none.out
    assert (early.code, "no such round" in early.err) == (2, True)
    assert "visits_labels.odcs.yaml" in drafted.out
    assert (planned.json["tasks"], planned.json["new"]) == (12, True)
    assert "is there already" in again.out
    assert "no answer is known yet" in planned.err
    assert "written for 3 people" in sent.out
    assert taken.json["progress"]["given"] == taken.json["new"] == 18
    assert agreed.code in {0, 3}
    assert "raw_agreement at least 0.5" in agreed.out
    assert "12 of 12" in shown.out
    assert "cost: 18 answers taken" in shown.out
    assert "9.00 EUR in all, 0.75 EUR a label" in shown.out
    assert done.json["waiting"] == 0
    assert "12 labels of round 1" in landed.out
    assert "assay check" in drafted.out
    said = "".join(one.out + one.err for one in (planned, taken, agreed, shown, done, landed))
    # "ada" may stand in hexadecimal digits.
    assert not any(name in said for name in ("grace", "emmy", support.EXPERT))
    assert assay("label", "draft", "visits").code == 2
    assert check_project(visits.services.project, gx=False, only="visits_labels") == []


def test_help_teaches(assay: Any) -> None:
    for verb in ("draft", "plan", "publish", "collect", "status", "adjudicate", "land", "drop"):
        said = assay("label", verb, "--help")
        assert said.code == 0
        assert f"Example: assay label {verb}" in said.out


def test_a_round_that_is_dropped_gives_no_labels_and_lets_the_next_one_begin(
    assay: Any, visits: Any
) -> None:
    for verb in (("draft",), ("plan", "--budget", 12), ("publish",)):
        assay("label", verb[0], "visits", *verb[1:])
    folder = rounds.find_round(visits.services, "visits")
    support.fill(folder)
    assay("label", "collect", "visits")

    said = [assay("label", "drop", "visits", "--reason", why) for why in ("unclear", "again")]
    refused = [assay("label", verb, "visits") for verb in ("adjudicate", "land")]
    late = assay("label", "collect", "visits", "--json")
    shown = assay("label", "status", "visits", "--json")
    after = assay("label", "plan", "visits", "--budget", 12, "--json")

    assert [one.code for one in said] == [0, 0]
    assert all("round 1 of visits is dropped: unclear" in one.out for one in said)
    assert "18 answers stay unused" in said[0].out
    assert all(one.code == 2 and "the round was dropped" in one.err for one in refused)
    assert late.code == 2 or late.json["new"] == 0
    assert (shown.json[0]["state"], shown.json[0]["labels"]) == ("dropped", None)
    assert not list((folder.path / "sheets").rglob("*.csv"))
    assert (after.json["number"], after.json["new"]) == (2, True)
    assert visits.services.catalog.incidents.find("visits", state="open") == []
