"""A recall takes a version from readers and marks what learned from it, killed anywhere or not."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.errors import InputError, RegistryError
from assay.lineage import Node
from assay.records.uses import SnapshotPart, Use
from assay.stages.index import follow_registry
from assay.stages.lineage import _recall as recall_module
from assay.stages.lineage import apply_recall, lift_recall, plan_recall, trace

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
BAD, LATER = "2024-01-03", "2024-01-04"
WHY = "the clocks were an hour off"


def learn(services: Any, name: str, number: int | None = None) -> None:
    """A training run and its model version on a snapshot, the released one by default."""
    number = number or services.registry.pointer("visits").snapshot
    part = SnapshotPart(dataset="visits", number=number, digest="d" * 64)
    about = {"subject": "passes", "author": "ann", "at": AT}
    run = services.registry.record_use(
        Use(kind="training_run", id=f"run{name}", reads=(part,), **about)
    )
    services.registry.record_use(
        Use(kind="model_version", id=f"passes@{name}", of=(run.origin,), **about)
    )
    follow_registry(services)


@pytest.fixture(scope="module")
def learned(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model that learned without the bad day, and one with it."""
    made = mini.copy(template, tmp_path_factory.mktemp("learned"))
    learn(made.services, "1")
    made.drop("visits", BAD, mini.visits(BAD))
    made.run("visits", BAD)
    learn(made.services, "2")
    return made


@pytest.fixture
def home(learned: Any, mini: Any, tmp_path: Path) -> Any:
    """A copy of it for one test."""
    return mini.copy(learned, tmp_path)


def apply(services: Any, plan: Any, which: str = BAD) -> Any:
    return apply_recall(services, "visits", which, plan.hash, reason=WHY, author="ann")


def state(services: Any) -> dict[str, Any]:
    """What a recall changes."""
    registry, catalog = services.registry, services.catalog
    incidents = [i for i in catalog.incidents.find() if i.check == "registry/recalled"]
    return {
        "released": dict(registry.snapshot("visits").batches),
        "pointer": registry.pointer("visits").model_dump(exclude={"rollbacks"}),
        "recalls": [(u.id, u.details["reason"]) for u in registry.uses("recall")],
        "marked": sorted(catalog.uses.recalled("passes")),
        "incidents": sorted((i.dataset, i.state) for i in incidents),
        "messages": sorted(
            i.key for i in catalog.outbox.find() if "recalled" in json.dumps(i.body)
        ),
    }


def test_a_plan_names_what_came_of_it_and_changes_nothing(home: Any) -> None:
    services = home.services
    before = state(services)
    plan = plan_recall(services, "visits", BAD)
    assert plan.with_readers
    assert plan.back_to == plan.pointer - 1
    assert plan.downstream == {"model_version": ("passes@2",), "training_run": ("run2",)}
    assert any("release__visits" in c for c in plan.commands)
    assert "assay train passes" in plan.commands
    assert plan.hash == plan_recall(services, "visits", plan.version[:9]).hash
    assert state(services) == before
    assert "can't be promoted" in "\n".join(plan.lines())


def test_it_goes_back_where_nothing_else_is_lost_and_marks_models(home: Any) -> None:
    services = home.services
    plan = plan_recall(services, "visits", BAD)
    apply(services, plan)
    after = state(services)
    assert BAD not in after["released"]
    assert after["pointer"]["snapshot"] == plan.back_to
    assert after["marked"] == ["passes@2"]
    assert after["incidents"] == [("visits", "open")]
    learn(services, "3", plan.pointer)
    assert sorted(services.catalog.uses.recalled("passes")) == ["passes@2", "passes@3"]
    graph = trace(services, [Node("model_version", "passes@2")])
    assert graph.nodes[Node("model_version", "passes@2")]["state"] == "recalled by ann"
    assert apply(services, plan).version == plan.version
    assert state(services) == {**after, "marked": ["passes@2", "passes@3"]}


def test_later_batches_stay_with_readers(home: Any, mini: Any) -> None:
    home.drop("visits", LATER, mini.visits(LATER))
    home.run("visits", LATER)
    services = home.services
    before = services.registry.snapshot("visits")
    plan = plan_recall(services, "visits", BAD)
    assert plan.back_to is None
    assert any("new snapshot without the batch" in line for line in plan.lines())
    apply(services, plan)
    now = services.registry.snapshot("visits")
    assert now.batches == {b: v for b, v in before.batches.items() if b != BAD}
    assert now.number == before.number + 1
    assert WHY in now.reason


def test_no_snapshot_takes_it_again_until_it_is_lifted(home: Any) -> None:
    services = home.services
    plan = plan_recall(services, "visits", BAD)
    apply(services, plan)
    registry, about = services.registry, {"reason": "again", "author": "ann", "at": AT}
    for forced in (False, True):
        with pytest.raises(RegistryError, match=f"was recalled: {WHY}.*--lift"):
            registry.release("visits", BAD, plan.version, forced=forced, **about)
    with pytest.raises(RegistryError, match="was recalled"):
        registry.rollback("visits", plan.pointer, **about)
    with pytest.raises(InputError, match="no such version is recalled"):
        lift_recall(services, "visits", LATER, reason="a mistake", author="ann")
    assert len(lift_recall(services, "visits", BAD, reason="a mistake", author="ann")) == 1
    assert state(services)["marked"] == []
    assert state(services)["incidents"] == [("visits", "closed")]
    registry.rollback("visits", plan.pointer, **about)
    assert registry.snapshot("visits").batches[BAD] == plan.version
    follow_registry(services)
    again = plan_recall(services, "visits", BAD)
    apply(services, again)
    assert state(services)["marked"] == ["passes@2"]


def test_another_version_of_the_batch_ends_the_incident(home: Any, mini: Any) -> None:
    services = home.services
    plan = plan_recall(services, "visits", BAD)
    apply(services, plan)
    home.drop("visits", BAD, mini.visits(BAD, faults=0))
    home.run("visits", BAD)
    after = state(home.services)
    assert after["released"][BAD] != plan.version
    assert after["incidents"] == [("visits", "closed")]
    apply(home.services, plan)
    assert state(home.services) == after


def test_a_changed_world_is_refused(home: Any) -> None:
    services = home.services
    plan = plan_recall(services, "visits", BAD)
    learn(services, "4")
    with pytest.raises(InputError, match="another plan is due by now"):
        apply(services, plan)
    with pytest.raises(InputError, match="needs its reason"):
        apply_recall(services, "visits", BAD, plan.hash, reason=" ", author="ann")
    assert state(services)["recalls"] == []


STEPS = ("_record", "_move_pointer", "follow_registry", "report_recall")


@pytest.mark.parametrize("point", range(2 * len(STEPS)))
def test_a_kill_before_or_after_any_step_is_completed_by_the_same_call(
    home: Any, mini: Any, tmp_path: Path, point: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = mini.copy(home, tmp_path / "undisturbed")
    plan = plan_recall(home.services, "visits", BAD)
    apply(undisturbed.services, plan_recall(undisturbed.services, "visits", BAD))
    pid = os.fork()
    if pid == 0:  # pragma: no cover - the child ends itself
        step = STEPS[point // 2]
        monkeypatch.setattr(recall_module, step, _deadly(getattr(recall_module, step), point % 2))
        apply(home.services, plan)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    apply(home.services, plan)
    expected, found = state(undisturbed.services), state(home.services)
    assert found == expected
    assert len(found["messages"]) <= 1


def _deadly(step: Callable[..., Any], after: int) -> Callable[..., Any]:
    """A step that ends the process before or after it is done."""

    def run(*args: Any, **more: Any) -> Any:
        result = step(*args, **more) if after else None
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    return run
