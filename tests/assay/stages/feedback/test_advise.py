"""Advice names the slice that errs, extends its curve, and leaves a labelling request."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import mini_feedback
import mini_model
import mini_project
import pytest
from sklearn.linear_model import LogisticRegression

from assay.errors import InputError
from assay.snapshots import open_snapshot
from assay.stages import feedback, incidents, models

SITE = "S3"


def hard_at_one_site(day: str) -> str:
    """A day on which the results of one site follow from nothing."""
    chance = random.Random(f"hard {day}")
    lines = mini_model.learnable_visits(day, noise=2.0).splitlines()
    site, passed = (mini_project.HEADER.index(name) for name in ("site", "passed"))
    made = [lines[0]]
    for line in lines[1:]:
        cells = line.split(",")
        if cells[site] == SITE:
            cells[passed] = str(chance.randrange(2))
        made.append(",".join(cells))
    return "\n".join(made) + "\n"


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root: Path = tmp_path_factory.mktemp("hard")
    home = mini_project.Train(mini_project.write_project(root / "project"), root / "home")
    mini_feedback.write_model(home.project, segments=["site"], slices=[])
    home.drop("sites", "2024", mini_project.sites())
    home.run("sites", "2024")
    for day in ("2024-01-01", "2024-01-02"):
        home.drop("visits", day, hard_at_one_site(day))
        home.run("visits", day)
    mini_model.train_model(home)
    return home


def said_in_the_digest(home: Any) -> dict[str, tuple[str, ...]]:
    (weekly,) = incidents.weekly_digests(home.services)
    return {line.dataset: line.advice for line in weekly.lines}


def test_the_slice_that_errs_is_asked_for(hard: Any) -> None:
    steps: list[str] = []
    found = feedback.advise(hard.services, mini_model.MODEL, more=200, progress=steps.append)
    (one,) = found.slices
    assert (one.slice, one.filter, one.rows) == (f"site={SITE}", f"site = '{SITE}'", 200)
    assert one.share_of_errors > 2 * one.share_of_rows
    assert one.gain.low is not None
    assert one.says.startswith(f"200 more rows of site={SITE}: accuracy +")
    assert steps[-1] == f"site={SITE}: refit 16 of 16"
    assert found.underrepresented == ()

    request = json.loads((hard.home / found.report).read_text())
    assert request["kind"] == "labelling_request"
    assert request["dataset"] == "visits"
    assert [(a["filter"], a["rows"]) for a in request["asked_for"]] == [(one.filter, 200)]
    assert request["says"] == []  # what gains nothing isn't repeated in the digest
    assert feedback.advise(hard.services, mini_model.MODEL, more=200) == found


def test_a_level_that_the_training_rows_lack_is_named(hard: Any, tmp_path: Path) -> None:
    home = mini_project.copy(hard, tmp_path)
    lines = hard_at_one_site("2024-01-03").splitlines()
    moved = [line.replace(",S1,", ",S0,") for line in lines]
    home.drop("visits", "2024-01-03", "\n".join(moved) + "\n")
    home.run("visits", "2024-01-03")
    found = feedback.advise(home.services, mini_model.MODEL, more=50, repetitions=3)
    (rare,) = found.underrepresented
    assert (rare.column, rare.level) == ("site", "S0")
    assert rare.share_of_training < 0.2 < rare.share_of_population
    assert rare.ratio.high < 1
    said = f"passing@1: {rare.says}"
    assert said_in_the_digest(home) == {"sites": (), "visits": (said,)}
    assert "site=S0" in said

    request = home.home / found.report
    newer = request.parents[1] / "newer" / request.name
    newer.parent.mkdir()
    newer.write_text(json.dumps({"version": "passing@1", "says": ["50 more rows", "another"]}))
    assert said_in_the_digest(home)["visits"] == ("passing@1: 50 more rows",)
    for path in (home.home / "reports").rglob(request.name):
        path.write_text(json.dumps({"version": "passing@0", "says": ["of an earlier champion"]}))
    assert said_in_the_digest(home)["visits"] == ()


def test_advice_on_own_code_is_by_its_own_rows_and_without_a_gain(
    hard: Any, tmp_path: Path
) -> None:
    home = mini_project.copy(hard, tmp_path)
    policy = mini_feedback.POLICY | {"segments": ["site"], "slices": []}
    gates = mini_model.gates(on_inconclusive="release")
    mini_model.write_model(home.project, feedback=policy, gates=gates)
    snap = open_snapshot(home.services, "visits")
    rows = snap.to_pandas(columns=["__batch", "__id", "age", "score", "passed"])
    rows = rows.dropna().set_index(["__batch", "__id"])
    first = rows.index.get_level_values(0).astype(str) == "2024-01-01"
    train, test = rows[~first], rows[first]
    columns = ["age", "score"]
    with snap.training(mini_model.MODEL) as run:
        model = LogisticRegression(max_iter=500).fit(train[columns], train["passed"])
        run.log(model=model, train=train[columns], test=(test[columns], test["passed"]))
    if run.state != "champion":
        models.promote_by_person(home.services, run.version, author="bob", reason="fine")
    found = feedback.advise(home.services, mini_model.MODEL, more=200)
    assert found.version == run.version
    (one,) = found.slices
    assert (one.slice, one.gain.value) == (f"site={SITE}", None)
    assert "can't be said, own code has fitted the model" in one.says
    sites = snap.to_pandas(columns=["__batch", "site", "age", "score"]).dropna()
    of_train = sites[sites["__batch"].astype(str) != "2024-01-01"]["site"]
    assert one.share_of_rows == pytest.approx((of_train == SITE).mean(), abs=1e-9)


def test_there_is_nothing_to_search_without_columns(hard: Any, tmp_path: Path) -> None:
    home = mini_project.copy(hard, tmp_path)
    mini_feedback.write_model(home.project, segments=[], slices=[])
    with pytest.raises(InputError, match="no column to search"):
        feedback.advise(home.services, mini_model.MODEL)
