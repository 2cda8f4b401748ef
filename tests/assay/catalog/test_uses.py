"""The index of uses answers by snapshot, version, subject and origin, and marks models."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from assay.catalog import Catalog
from assay.records.indexing import IndexPage
from assay.records.uses import Origin, Output, SnapshotPart, Use
from assay.records.versions import SnapshotStep

V = {n: f"{n:032x}" for n in range(10)}
"""Version ids."""


def use(kind: Any, name: str, at: datetime, **more: Any) -> Use:
    return Use(kind=kind, id=name, **{"subject": "late_arrival", "author": "ann", "at": at, **more})


def part(number: int, *batches: str, dataset: str = "flights") -> SnapshotPart:
    return SnapshotPart(dataset=dataset, number=number, digest="d" * 64, batches=batches)


def index(catalog: Catalog, *uses: Use, steps: tuple[SnapshotStep, ...] = ()) -> None:
    state = catalog.index.state()
    assert catalog.index.add(IndexPage(state, uuid.uuid4().hex, 1, 1, steps=steps, uses=uses))


def step(number: int, changed: dict[str, str], at: datetime, *withdrawn: str) -> SnapshotStep:
    return SnapshotStep(
        dataset="flights", number=number, parent=number - 1 or None, changed=changed,
        withdrawn=withdrawn, size=number, reason="", author="ann", at=at,
    )  # fmt: skip


@pytest.fixture
def used(catalog: Catalog, now: datetime) -> Catalog:
    """Three snapshots: b1 and b2 come, then b1 is replaced; a run on each, and its version."""
    steps = (
        step(1, {"b1": V[1]}, now),
        step(2, {"b2": V[2]}, now),
        step(3, {"b1": V[3]}, now),
    )
    runs = [use("training_run", f"t{n}", now, reads=(part(n),)) for n in (1, 2, 3)]
    runs.append(use("training_run", "t4", now, reads=(part(2, "b2"),)))
    versions = [
        use("model_version", f"late_arrival@{n}", now + timedelta(minutes=n), of=(run.origin,))
        for n, run in enumerate(runs, 1)
    ]
    index(catalog, *runs, *versions, steps=steps)
    return catalog


def ids(uses: list[Use]) -> set[str]:
    return {u.id for u in uses}


def test_uses_of_a_snapshot_and_of_a_version(used: Catalog) -> None:
    assert ids(used.uses.of_snapshot("flights", 2)) == {"t2", "t4"}
    assert ids(used.uses.of_version("flights", "b1", V[1])) == {"t1", "t2"}
    assert ids(used.uses.of_version("flights", "b2", V[2])) == {"t2", "t3", "t4"}
    assert ids(used.uses.of_version("flights", "b1", V[3])) == {"t3"}
    assert used.uses.of_version("flights", "b1", V[9]) == []
    assert used.uses.of_snapshot("census", 2) == []


def test_uses_of_a_subject_newest_first_and_no_more_than_asked(used: Catalog) -> None:
    found = used.uses.of_subject("late_arrival", "model_version", most=2)
    assert [u.id for u in found] == ["late_arrival@4", "late_arrival@3"]
    assert used.uses.of_subject("employment") == []
    assert used.uses.counted() == {"training_run": 4, "model_version": 4}
    assert len(used.uses.find(most=5)) == 5


def test_a_use_is_read_as_it_was_recorded(catalog: Catalog, now: datetime) -> None:
    recorded = use(
        "prediction_batch", "p1", now, reads=(part(1, "b1"), part(3, dataset="airports")),
        of=(Origin(kind="model_version", id="late_arrival@1"),), details={"rows": "10"},
        delivers=Output(dataset="late_arrivals", batch="b1", mark="a" * 32),
    )  # fmt: skip
    index(catalog, recorded)
    index(catalog, recorded)
    assert catalog.uses.get("prediction_batch", "p1") == recorded
    assert catalog.uses.get("report", "p1") is None
    assert catalog.uses.delivered_to("late_arrivals", "b1") == [recorded]
    assert catalog.uses.delivered_to("late_arrivals", "b2") == []
    origin = Origin(kind="model_version", id="late_arrival@1")
    assert catalog.uses.following(origin) == [recorded]
    assert ids(catalog.uses.of_snapshot("airports", 3)) == {"p1"}


def test_a_recall_marks_what_learned_from_it_and_what_learns_from_it_later(
    used: Catalog, now: datetime
) -> None:
    assert used.uses.recalled("late_arrival") == {}
    bad = Origin.of_version("flights", "b1", V[1])
    recall = use("recall", "r1", now, subject="flights", of=(bad,), details={"reason": "clocks"})
    index(used, recall)
    marked = {"late_arrival@1": (recall,), "late_arrival@2": (recall,)}
    assert used.uses.recalled("late_arrival") == used.uses.recalled() == marked
    assert used.uses.recalled("employment") == {}
    late = use("training_run", "t5", now, reads=(part(1, "b1"),))
    index(used, late, use("model_version", "late_arrival@5", now, of=(late.origin,)))
    assert "late_arrival@5" in used.uses.recalled("late_arrival")
    index(used, use("recall_lifted", "r1", now, subject="flights", of=(recall.origin,)))
    assert used.uses.recalled("late_arrival") == {}
    assert used.uses.recalls() == []


def test_recalled_data_is_followed_through_labels_and_synthetic_rows(
    used: Catalog, now: datetime
) -> None:
    labels = use("label_round", "l1", now, subject="labels", reads=(part(1),))
    made = use("synthetic_set", "s1", now, subject="twins", of=(labels.origin,))
    run = use("training_run", "t6", now, of=(made.origin,), subject="employment")
    version = use("model_version", "employment@1", now, of=(run.origin,), subject="employment")
    report = use("report", "rep", now, of=(version.origin,), subject="weekly")
    index(used, labels, made, run, version, report)
    recall = use("recall", "r1", now, of=(Origin.of_version("flights", "b1", V[1]),))
    index(used, recall)
    assert set(used.uses.recalled("employment")) == {"employment@1"}
    assert set(used.uses.recalled()) == {"employment@1", "late_arrival@1", "late_arrival@2"}


def test_a_recall_may_name_a_training_run_itself(used: Catalog, now: datetime) -> None:
    index(used, use("recall", "r1", now, of=(Origin(kind="training_run", id="t3"),)))
    assert set(used.uses.recalled()) == {"late_arrival@3"}


def test_an_index_that_is_read_again_has_no_uses_until_then(used: Catalog) -> None:
    used.index.clear()
    assert used.uses.counted() == {}
    assert used.uses.of_snapshot("flights", 2) == []


@pytest.mark.parametrize("seed", range(3))
def test_marks_are_those_of_a_plain_walk(catalog: Catalog, now: datetime, seed: int) -> None:
    """Any history: the marked versions are those whose run read the bad version."""
    chance, held, steps, maps = random.Random(seed), dict[str, str](), [], dict[int, Any]()
    for number in range(1, 30):
        changed = {f"b{chance.randrange(5)}": uuid.UUID(int=chance.getrandbits(128)).hex}
        held = {**held, **changed}
        steps.append(step(number, changed, now))
        maps[number] = held
    uses, expected = [], set[str]()
    bad_batch, bad = chance.choice(sorted(maps[15].items()))
    for i in range(40):
        number, some = (
            chance.randrange(1, 30),
            tuple(f"b{j}" for j in range(5) if chance.random() < 0.3),
        )
        run = use("training_run", f"t{i}", now, reads=(part(number, *some),))
        uses += [run, use("model_version", f"late_arrival@{i}", now, of=(run.origin,))]
        if maps[number].get(bad_batch) == bad and (not some or bad_batch in some):
            expected.add(f"late_arrival@{i}")
    recall = use("recall", "r", now, of=(Origin.of_version("flights", bad_batch, bad),))
    index(catalog, *uses, recall, steps=tuple(steps))
    assert set(catalog.uses.recalled("late_arrival")) == expected
    assert expected
