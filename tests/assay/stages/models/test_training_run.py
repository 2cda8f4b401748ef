"""A training run, from pin to notify: what it registers, and what it leaves in place."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from assay.errors import InputError, LeaseError, PolicyError
from assay.stages import models
from assay.stages.models import chain
from assay.stages.models._objects import load_file, load_record, object_bytes
from assay.stages.models._promote import _register
from assay.stages.models._record import record_of

IMPOSSIBLE = {"limits": [{"metric": "roc_auc", "min": 0.999}]}


def test_a_model_that_passes_is_registered_and_becomes_the_champion(home: Any, model: Any) -> None:
    run = model.train_model(home, asked=models.TrainingAsked(by="ann", reason="the first"))

    decided = run.done[chain.PROMOTE]
    assert (decided.version, decided.state, decided.holds) == ("passing@1", "champion", False)
    champion = models.champion_of(home.services, model.MODEL)
    assert champion is not None
    assert (champion.name, champion.author, champion.snapshot) == ("passing@1", "ann", 4)
    assert champion.metrics["roc_auc"].startswith("0.8")
    record = load_record(home.services, champion)
    assert record.rows_train == 3 * record.rows_test
    assert record.data[0].versions.keys() == set(model.DAYS)
    kept = object_bytes(home.services, champion, "model")
    assert hashlib.sha256(kept).hexdigest() == record.model_object
    assert load_file(home.services, champion).hash == record.model_file
    page = (home.home / str(decided.report)).read_text()
    assert "roc auc" in page
    # The gates of people have nothing to judge: that isn't a PASS.
    assert 'Is it fair?</th><td class=""><b class="mark NOT JUDGED">' in page
    assert object_bytes(home.services, champion, "report").decode() == page
    use = home.services.registry.find_use("training_run", run.version)
    assert [(part.dataset, part.number) for part in use.reads] == [("visits", 4)]
    assert home.services.catalog.uses.get("model_version", "passing@1") is not None
    assert home.services.catalog.leases.live(home.now()) == []


def test_the_same_again_is_found_and_not_repeated(home: Any, model: Any) -> None:
    first = model.train_model(home)
    head = home.services.registry.head()

    again = model.train_model(home, "another run")

    assert again.spec.known == "passing@1"
    assert again.version == first.version
    assert list(again.done) == [chain.PROMOTE]
    assert again.done[chain.PROMOTE].state == "champion"
    assert home.services.registry.head() == head
    with pytest.raises(models.DoesNotApply, match="trained before: passing@1"):
        models.perform_training(again, "fit")


@pytest.mark.parametrize(
    "changes",
    [
        {"estimator": {"name": "LogisticRegression", "parameters": {"C": 0.5}}},
        {"data": {"dataset": "visits", "batches": {"last": 3}}},
    ],
)
def test_another_model_file_or_other_batches_are_another_training_run(
    home: Any, model: Any, changes: Any
) -> None:
    before = models.plan_training(home.services, model.MODEL).training_run
    model.write_model(home.project, **changes)
    assert models.plan_training(home.services, model.MODEL).training_run != before
    model.write_model(home.project)
    assert models.plan_training(home.services, model.MODEL).training_run == before


def test_a_plan_writes_nothing(home: Any, model: Any) -> None:
    head = home.services.registry.head()
    before = sorted(p for p in home.home.rglob("*") if "cache" not in p.parts)
    plan = models.plan_training(home.services, model.MODEL, 2)
    assert list(plan.data.versions) == list(model.DAYS[:2])
    assert sorted(p for p in home.home.rglob("*") if "cache" not in p.parts) == before
    assert home.services.registry.head() == head


def test_a_held_version_leaves_the_champion_and_opens_an_incident(home: Any, model: Any) -> None:
    model.train_model(home)
    model.write_model(home.project, gates=model.performance(**IMPOSSIBLE))

    held = model.train_model(home, "second")

    decided = held.done[chain.PROMOTE]
    assert (decided.version, decided.state, decided.holds) == ("passing@2", "held", True)
    champion = models.champion_of(home.services, model.MODEL)
    assert champion is not None
    assert champion.name == "passing@1"
    (incident,) = home.services.catalog.incidents.find("visits", state="open")
    assert incident.check.startswith("model_performance/")
    assert incident.failing == ("model-passing",)
    sent = list((home.home / "messages").rglob("*.json"))
    assert sent
    # Asked again, nobody is notified again.
    again = model.train_model(home, "third").done[chain.PROMOTE]
    assert (again.version, again.state, again.holds) == ("passing@2", "held", True)
    assert list((home.home / "messages").rglob("*.json")) == sent
    with pytest.raises(InputError, match="a held version doesn't become the champion"):
        models.promote_by_person(home.services, "passing@2", author="ann", reason="please")

    model.write_model(home.project, description="Passes again.")
    assert model.train_model(home, "fourth").done[chain.PROMOTE].state == "champion"
    assert home.services.catalog.incidents.find("visits", state="open") == []


def test_an_earlier_snapshot_gets_its_version_and_no_throne(home: Any, model: Any) -> None:
    model.train_model(home)
    past = model.train_model(home, "past", snapshot=3)
    assert past.done[chain.PROMOTE].version == "passing@2"
    assert past.done[chain.PROMOTE].state == "passed"
    assert "has learned from a later snapshot" in past.done[chain.PROMOTE].messages[0]

    said = models.promote_by_person(home.services, "passing@2", author="ann", reason="to compare")
    assert said == "passing@2 is the champion, after passing@1"
    moves = models.promotions_of(home.services, model.MODEL)
    assert [(m.version, m.before, m.by) for m in moves] == [
        ("passing@1", None, "assay"), ("passing@2", "passing@1", "ann"),
    ]  # fmt: skip


def test_a_person_approves_where_the_model_file_says_so(home: Any, model: Any) -> None:
    model.write_model(home.project, promotion={"by": "person"})
    asked = models.TrainingAsked(by="ann")
    run = models.pin_training(home.services, model.MODEL, "asked", "manual", asked=asked)
    for name in chain.names():
        run = models.perform_training(run, name)
    assert models.why_no_question(run) is None
    question = models.render_promotion(run)
    assert "roc_auc" in question
    for by, expected in (("ann", False), ("bob", True)):
        models.ask_promotion(run, "task", ("bob",) if by == "bob" else ())
        at = home.now()
        assert models.answer_promotion(run, "task", approves=True, by=by, at=at) is expected
        assert models.answer_promotion(run, "no task", approves=True, by=by, at=at) is False
    assert models.promote(run).state == "champion"
    (move,) = models.promotions_of(home.services, model.MODEL)
    assert (move.by, move.reason) == ("bob", "approved by bob")


def test_without_an_approval_the_version_waits(home: Any, model: Any) -> None:
    model.write_model(home.project, promotion={"by": "person"})
    run = model.train_model(home, asked=models.TrainingAsked(by="ann"))
    assert run.done[chain.PROMOTE].state == "passed"
    assert models.champion_of(home.services, model.MODEL) is None
    with pytest.raises(InputError, match="who trained a version doesn't promote it"):
        models.promote_by_person(home.services, "passing@1", author="ann", reason="mine")
    models.promote_by_person(home.services, "passing@1", author="bob", reason="fine")
    assert models.find_version(home.services, model.MODEL).name == "passing@1"


def test_nothing_is_decided_while_a_stage_left_no_result(home: Any, model: Any) -> None:
    run = models.pin_training(home.services, model.MODEL, "gap", "manual")
    for name in chain.names()[:-1]:
        run = models.perform_training(run, name)
    with pytest.raises(InputError, match="nothing is decided"):
        models.promote(run)
    assert models.versions_of(home.services, model.MODEL) == []


def test_what_a_stage_left_is_believed_only_under_its_seal(home: Any, model: Any) -> None:
    model.write_model(home.project, gates=model.performance(**IMPOSSIBLE))
    run = models.pin_training(home.services, model.MODEL, "sealed", "manual")
    for name in chain.names():
        run = models.perform_training(run, name)
    assert run.held_by == "performance"
    for file in (home.home / "work").rglob("performance.json"):
        body = json.loads(file.read_text())
        body["content"]["result"] |= {"holds": False, "outcome": "PASS"}
        file.write_text(json.dumps(body))

    resumed = models.resume_training(home.services, "visits", model.MODEL, "sealed")

    assert resumed is not None
    assert resumed.missing == ["performance"]


def test_two_at_once_make_one_version(home: Any, model: Any) -> None:
    first = models.pin_training(home.services, model.MODEL, "first", "manual")
    with pytest.raises(LeaseError):
        model.train_model(home, "second")
    assert home.services.catalog.incidents.find("visits") == []
    for name in chain.names():
        first = models.perform_training(first, name)
    models.promote(first)
    assert model.train_model(home, "second").spec.known == "passing@1"
    assert len(models.versions_of(home.services, model.MODEL)) == 1


def test_a_run_that_lost_its_lease_registers_nothing(home: Any, model: Any) -> None:
    slow = models.pin_training(home.services, model.MODEL, "slow", "manual")
    for name in chain.names():
        slow = models.perform_training(slow, name)
    late = home.later(minutes=11)
    model.train_model(late, "other")
    with pytest.raises(LeaseError):
        models.promote(slow)
    assert [v.name for v in models.versions_of(home.services, model.MODEL)] == ["passing@1"]


def test_an_error_in_a_stage_is_an_incident_and_is_over_with_the_next_version(
    home: Any, model: Any
) -> None:
    model.write_model(
        home.project, estimator={"name": "LogisticRegression", "parameters": {"max_iter": 0.5}}
    )
    with pytest.raises((PolicyError, InputError)):
        model.train_model(home)
    (incident,) = home.services.catalog.incidents.find("visits", state="open")
    assert incident.check == "model_run/stage_crashed"
    model.write_model(home.project)
    model.train_model(home, "next")
    assert home.services.catalog.incidents.find("visits", state="open") == []


def test_a_version_is_reproduced_and_a_difference_is_named(home: Any, model: Any) -> None:
    model.train_model(home)
    found = models.reproduce(home.services, "passing@1")
    assert found.same is True
    assert {c.what for c in found.comparisons} >= {"predictions", "parameters", "roc_auc"}


def test_two_versions_are_compared_on_the_same_rows(home: Any, model: Any) -> None:
    model.train_model(home, "past", snapshot=3)
    model.train_model(home, "now")
    found = models.compare_versions(home.services, "passing@1", "passing@2")
    (data,) = found.data
    assert (data.a, data.b, data.added, data.kept) == (3, 4, (model.DAYS[3],), 3)
    assert {p.metric for p in found.paired} == {"accuracy", "roc_auc", "brier", "log_loss"}
    assert {p.says for p in found.paired} <= {"inconclusive", "better", "worse"}
    assert found.making == {}


def test_a_run_that_died_between_registration_and_decision_is_decided_on(
    home: Any, model: Any
) -> None:
    run = models.pin_training(home.services, model.MODEL, "dead", "manual")
    for name in chain.names():
        run = models.perform_training(run, name)
    _register(run, record_of(run, home.now()))
    assert models.champion_of(home.services, model.MODEL) is None

    again = model.train_model(home.later(minutes=11), "next")

    assert again.spec.known == "passing@1"
    assert again.done[chain.PROMOTE].state == "champion"
    assert [m.version for m in models.promotions_of(home.services, model.MODEL)] == ["passing@1"]


def test_a_run_that_died_before_it_notified_is_notified_of(home: Any, model: Any) -> None:
    model.write_model(home.project, gates=model.performance(**IMPOSSIBLE))
    run = models.pin_training(home.services, model.MODEL, "dead", "manual")
    for name in chain.names():
        run = models.perform_training(run, name)
    assert models.promote(run).state == "held"
    assert home.services.catalog.incidents.find("visits") == []

    assert model.train_model(home, "next").done[chain.PROMOTE].holds

    (incident,) = home.services.catalog.incidents.find("visits", state="open")
    assert incident.check.startswith("model_performance/")


def test_an_earlier_version_speaks_for_the_newest_no_more(home: Any, model: Any) -> None:
    model.write_model(home.project, gates=model.performance(**IMPOSSIBLE))
    model.train_model(home)
    model.write_model(home.project)
    model.train_model(home, "passes")
    model.write_model(home.project, gates=model.performance(**IMPOSSIBLE))
    assert model.train_model(home, "again").spec.known == "passing@1"
    assert home.services.catalog.incidents.find("visits", state="open") == []


def test_a_champion_that_came_meanwhile_is_met_before_it_is_followed(home: Any, model: Any) -> None:
    """What a dead run has compared counts only for the champion that it was compared with."""
    dead = models.pin_training(home.services, model.MODEL, "dead", "manual")
    for name in chain.names():
        dead = models.perform_training(dead, name)
    late = home.later(minutes=11)
    model.write_model(home.project, description="Another one.")
    model.train_model(late, "other")
    model.write_model(home.project)

    run = model.train_model(late, "next")

    figures = json.loads(run.workspace.figures.found().read_bytes())
    assert figures["champion_version"] == "passing@1"
    assert figures["champion"]
    found = models.find_version(home.services, str(run.done[chain.PROMOTE].version))
    assert (found.name, found.compared) == ("passing@2", "passing@1")
