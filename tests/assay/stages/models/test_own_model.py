"""Own code of a model that has a file: judged by its gates, on the released rows that it names."""

from __future__ import annotations

import logging
from typing import Any

import mini_feedback
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from assay.errors import InputError
from assay.policy.model import FeedbackPolicy
from assay.snapshots import open_snapshot
from assay.stages import models
from assay.stages.feedback._reference import reference_of
from assay.stages.models._learned import split_of
from assay.stages.models._objects import load_file
from assay.stages.models._table import table_of
from assay.training.tracking import Aliases, Tracker, TrackingPlace

COLUMNS = ["__batch", "__id", "age", "score", "passed"]


class Rows:
    """The released rows of a home, by side: the newest day is tested on."""

    def __init__(self, home: Any, tested: str = "2024-01-04") -> None:
        self.snap = open_snapshot(home.services, "visits")
        rows = self.snap.to_pandas(columns=COLUMNS).dropna().set_index(["__batch", "__id"])
        there = rows.index.get_level_values(0).astype(str) == tested
        self.train, self.test = rows[~there], rows[there]

    def fit(self, estimator: Any = None) -> Any:
        estimator = estimator or LogisticRegression(max_iter=500)
        return estimator.fit(self.train[["age", "score"]], self.train["passed"])

    def both(self, numbered: bool = True) -> dict[str, Any]:
        parts = [part if numbered else part.reset_index() for part in (self.train, self.test)]
        train, test = (part[["age", "score"]] for part in parts)
        return {"train": train, "test": (test, self.test["passed"])}


@pytest.fixture
def rows(home: Any) -> Rows:
    return Rows(home)


def test_own_code_passes_the_gates_of_its_model_file(home: Any, model: Any, rows: Rows) -> None:
    with rows.snap.training(model.MODEL) as run:
        run.log(params={"C": 1.0}, metrics={"own": 0.5}, model=rows.fit(), **rows.both())

    assert (run.version, run.state) == ("passing@1", "champion")
    version = models.find_version(home.services, "passing@1")
    record = models.load_record(home.services, version)
    assert record.own_code
    assert {v.gate for v in record.verdicts} == set(models.chain.gates())
    assert (record.rows_test, record.rows_train) == (len(rows.test), len(rows.train))
    assert (record.metrics["own"].value, record.parameters["C"]) == (0.5, 1.0)
    use = home.services.registry.find_use("training_run", run.training_run)
    assert use.reads[0].digest == rows.snap.digest
    # It predicts as any champion does, and MLflow shows it as one.
    assert models.score(home.services, model.MODEL, "2024-01-04").rows > 390
    tracker = Tracker(TrackingPlace.from_environment({}, home.services.lake))
    assert tracker.aliases(model.MODEL) == Aliases(1)
    with pytest.raises(InputError, match="own code has fitted it"):
        models.reproduce(home.services, "passing@1")


def test_own_code_and_model_file_meet_as_challenger_and_champion(
    home: Any, model: Any, rows: Rows
) -> None:
    model.train_model(home)
    with rows.snap.training(model.MODEL) as run:
        run.log(model=rows.fit(DecisionTreeClassifier(random_state=0)), **rows.both())
    assert (run.version, run.state) == ("passing@2", "held")
    reasons = models.find_version(home.services, "passing@2").reasons
    assert "champion_better" in reasons or "learned_by_heart" in reasons
    assert models.champion_of(home.services, model.MODEL).name == "passing@1"
    (*_, incident) = home.services.catalog.incidents.find("visits", state="open")
    assert incident.failing == ("model-passing",)


def test_a_version_is_read_by_the_rows_that_own_code_has_named(home: Any, model: Any) -> None:
    """The model file would test the newest day; own code has tested the first one."""
    rows = Rows(home, tested="2024-01-01")
    policy = mini_feedback.POLICY | {"slices": []}
    explain = {"importance": {"repeats": 2, "rows": 100, "partial_dependence": []}}
    model.write_model(home.project, feedback=policy, explain=explain)
    with rows.snap.training(model.MODEL) as run:
        run.log(model=rows.fit(), **rows.both())
    version = models.find_version(home.services, run.version)
    record, file = (load(home.services, version) for load in (models.load_record, load_file))
    table = table_of(home.services, record.data, file)
    split = split_of(home.services, version, table, file)
    assert set(table.batch[split.test]) == {"2024-01-01"}
    for side, named in ((split.train, rows.train), (split.test, rows.test)):
        found = set(zip(table.batch[side], table.id[side], strict=True))
        assert found == {(str(batch), number) for batch, number in named.index}
    known = reference_of(home.services, version.name, FeedbackPolicy.model_validate(policy))
    assert known.missing is None
    assert known.figures["accuracy"].n == len(rows.test)
    assert known.figures["accuracy"].value == record.metrics["accuracy"].value
    explained = models.explain_version(home.services, version.name)
    importance = {one.feature: one.increase.value for one in explained.report.importance}
    assert importance == {
        one.feature: record.metrics[f"importance[feature={one.feature}]"].value
        for one in explained.report.importance
    }


def test_a_version_whose_rows_are_not_on_record_says_so(home: Any, model: Any, rows: Rows) -> None:
    with rows.snap.training(model.MODEL) as run:
        run.log(model=rows.fit(), **rows.both())
    version = models.find_version(home.services, run.version)
    earlier = version.model_copy(update={
        "objects": {name: o for name, o in version.objects.items() if name != "sides"}
    })  # fmt: skip
    file = load_file(home.services, version)
    table = table_of(home.services, models.load_record(home.services, version).data, file)
    with pytest.raises(InputError, match="aren't on record"):
        split_of(home.services, earlier, table, file)


def test_what_no_gate_can_judge_waits_for_a_person(home: Any, model: Any, rows: Rows) -> None:
    with rows.snap.training(model.MODEL) as run:
        run.log(model=rows.fit(), test=rows.both()["test"])
    assert (run.version, run.state) == ("passing@1", "passed")
    record = models.load_record(home.services, models.find_version(home.services, "passing@1"))
    assert "sanity" not in {v.gate for v in record.verdicts}
    assert models.champion_of(home.services, model.MODEL) is None
    models.promote_by_person(home.services, "passing@1", author="bob", reason="fine")
    assert models.champion_of(home.services, model.MODEL).name == "passing@1"


def test_what_cannot_be_judged_is_on_record_with_the_reason(
    home: Any, model: Any, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    def said(estimator: Any, features: list[str], more: pd.DataFrame, **logged: Any) -> str:
        caplog.clear()
        with caplog.at_level(logging.WARNING), rows.snap.training(model.MODEL) as run:
            run.log(model=estimator.fit(rows.train[features], more), **logged)
        assert (run.version, run.state) == (None, None)
        assert home.services.registry.find_use("training_run", run.training_run)
        return caplog.text

    passed, plain = rows.train["passed"], LogisticRegression(max_iter=500)
    assert "the rows aren't named" in said(plain, ["age", "score"], passed, **rows.both(False))
    both = {"train": rows.train[["age", "score"]], "test": (rows.train[["age", "score"]], passed)}
    assert "rows are on both sides" in said(plain, ["age", "score"], passed, **both)
    leaks = ["age", "passed"]
    tested = {"test": (rows.test[leaks], rows.test["passed"])}
    assert "isn't a feature of its model file" in said(plain, leaks, passed, **tested)
    other = passed.map({0: "no", 1: "yes"})
    tested = {"test": (rows.test[["age", "score"]], rows.test["passed"].map({0: "no", 1: "yes"}))}
    assert "predicts other classes" in said(plain, ["age", "score"], other, **tested)
    assert models.versions_of(home.services, model.MODEL) == []
    assert home.services.catalog.leases.live(home.now()) == []
