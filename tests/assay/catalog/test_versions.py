import uuid
from datetime import datetime
from typing import Any

import pytest

from assay.catalog import Catalog
from assay.errors import CatalogError
from assay.records.indexing import IndexPage, IndexState
from assay.records.lineage import LineageEdge
from assay.records.runs import Counts
from assay.records.versions import BatchVersion, Pointer, SnapshotStep, VersionDetails
from assay.verdict import Outcome, Verdict

EMPTY_ROWS = {
    f"rows_{k}": 0 for k in ("in", "released", "held", "quarantined", "dropped", "suppressed")
}


def version_of(batch: str, version: str, at: datetime, **counts: int) -> BatchVersion:
    return BatchVersion.model_construct(
        dataset="flights", batch=batch, version=version, objects={}, counts=counts, at=at
    )


def verdict_of(gate: str) -> Verdict:
    return Verdict(gate=gate, outcome=Outcome.PASS, policy_hash="p", on_inconclusive="hold")


def step_of(
    number: int, changed: dict[str, str], at: datetime, *, size: int = 1, **more: Any
) -> SnapshotStep:
    given = {"parent": number - 1 or None, "forced": (), "withdrawn": (), "dataset": "flights"}
    return SnapshotStep.model_construct(
        number=number, changed=changed, batch=next(iter(changed), None), size=size,
        reason="", author="ann", at=at, **{**given, **more},
    )  # fmt: skip


def pointer_to(number: int, latest: int | None = None, dataset: str = "flights") -> Pointer:
    return Pointer(dataset=dataset, snapshot=number, latest=latest or number)


def index(catalog: Catalog, *steps: SnapshotStep, **more: Any) -> bool:
    """Index a commit with these steps, and whatever else is given."""
    target = uuid.uuid4().hex
    page = IndexPage(catalog.index.state(), target, 1, 1, steps=tuple(steps), **more)
    return catalog.index.add(page)


def release(catalog: Catalog, batch: str, version: str, at: datetime, number: int) -> None:
    run, made = f"run-{number}", version_of(batch, version, at, rows=3)
    catalog.batches.start("flights", batch, run, run_type="backfill", at=at)
    catalog.versions.record(made, run_id=run)
    step = step_of(number, {batch: version}, at, size=number)
    assert index(catalog, step, versions=(made,), pointers=(pointer_to(number),))
    catalog.batches.finish(
        "flights",
        batch,
        run,
        state="released",
        verdict=Outcome.PASS,
        counts=Counts(3, released=3),
        version=version,
        at=at,
    )


def test_lineage_both_ways(catalog: Catalog, now: datetime) -> None:
    edges = [
        LineageEdge("input", "2013-02-04.csv.gz", "ab12"),
        LineageEdge("reference", "flights", "v0"),
        LineageEdge("reference_table", "planes", "3"),
    ]
    for _ in range(2):
        catalog.versions.record(version_of("b", "v1", now), lineage=edges)
    assert catalog.versions.lineage("flights", "b", "v1") == edges
    assert catalog.versions.made_from("planes", "3") == [("flights", "b", "v1")]
    assert catalog.versions.made_from("planes", "4") == []
    assert catalog.versions.find("flights") == [("b", "v1")]


def test_status_has_the_agreed_shape(catalog: Catalog, now: datetime) -> None:
    release(catalog, "2013-02-04", "v1", now, 1)
    release(catalog, "2013-02-05", "v2", now, 2)
    catalog.batches.start("flights", "2013-02-06", "r", run_type="manual", at=now)
    for batch in ("2013-02-04", "2013-02-05"):
        catalog.incidents.open_or_update("flights", "drift", batch, reasons=[], at=now)
    catalog.incidents.resolve_batch("flights", "2013-02-04", how="passed", at=now)
    catalog.incidents.open_or_update("flights", "gone", "2013-02-05", reasons=[], at=now)
    catalog.incidents.resolve_batch("flights", "2013-02-05", how="passed", at=now, only=["gone"])
    rows = {**EMPTY_ROWS, "rows_in": 3, "rows_released": 3}
    done: dict[str, Any] = {
        "verdict": "PASS",
        "not_judged": [],
        "state": "released",
        "reasons": [],
        "why": [],
        **rows,
    }
    assert catalog.status(["planes"]) == {
        "datasets": [
            {
                "name": "flights",
                "released": {"snapshot": 2, "version": "v2", "batch": "2013-02-05"},
                "batches": [
                    {"batch": "2013-02-04", "version": "v1", "with_readers": "v1", **done},
                    {"batch": "2013-02-05", "version": "v2", "with_readers": "v2", **done},
                    {
                        "batch": "2013-02-06",
                        "verdict": None,
                        "not_judged": [],
                        "state": "running",
                        "reasons": [],
                        "why": [],
                        "version": None,
                        "with_readers": None,
                        **EMPTY_ROWS,
                    },
                ],
                "incidents": [
                    {
                        "id": 1,
                        "check": "drift",
                        "opened": "2026-01-05T06:00:00+00:00",
                        "batches": ["2013-02-05"],
                        "state": "open",
                        "acknowledged": None,
                        "snoozed_until": None,
                    }
                ],
            },
            {"name": "planes", "released": None, "batches": [], "incidents": []},
        ]
    }


def test_a_rollback_moves_the_pointer_and_the_states(catalog: Catalog, now: datetime) -> None:
    release(catalog, "b1", "v1", now, 1)
    release(catalog, "b2", "v2", now, 2)
    index(catalog, pointers=(pointer_to(1, 2),))
    pointer = catalog.snapshots.current("flights")
    assert pointer is not None
    assert pointer.number == 1
    assert catalog.batches.states("flights") == {"b1": "released", "b2": "superseded"}
    index(catalog, pointers=(pointer_to(2),))
    assert catalog.batches.states("flights") == {"b1": "released", "b2": "released"}
    with pytest.raises(CatalogError, match="snapshot that it doesn't hold"):
        index(catalog, pointers=(pointer_to(9),))
    assert catalog.snapshots.pointer("flights") == 2


def test_a_page_is_taken_once_and_in_its_turn(catalog: Catalog, now: datetime) -> None:
    start = IndexState()
    first = IndexPage(start, "c", 1, 2, steps=(step_of(1, {"b1": "v1"}, now),))
    assert catalog.index.add(first)
    assert not catalog.index.add(first)
    assert catalog.index.state() == IndexState(None, "c", 1)
    other = IndexPage(IndexState(None, None, 1), "d", 2, 2, steps=(step_of(2, {"b1": "v2"}, now),))
    assert not catalog.index.add(other), "it is of another commit"
    pointed = IndexPage(IndexState(None, "c", 1), "c", 2, 2, pointers=(pointer_to(1),))
    assert catalog.index.add(pointed)
    assert catalog.index.state() == IndexState("c", None, 0)
    assert [s.batches for s in catalog.snapshots.find("flights")] == [{"b1": "v1"}]


def test_spans_follow_the_numbers(catalog: Catalog, now: datetime) -> None:
    """After a rollback from 3 to 1, snapshot 4 holds what 1 did, and one version more."""
    steps = (
        step_of(1, {"b1": "v1"}, now),
        step_of(2, {"b2": "v2"}, now, forced=("b2",)),
        step_of(3, {"b1": "v3"}, now),
        step_of(4, {"b4": "v4"}, now, parent=1),
        step_of(5, {}, now, withdrawn=("b1",)),
    )
    index(catalog, *steps[:2])
    index(catalog, *steps[2:])
    index(catalog, *steps[:3], pointers=(pointer_to(5),))  # those that are there stay as they are
    assert [(dict(s.batches), s.forced) for s in catalog.snapshots.find("flights")] == [
        ({"b1": "v1"}, ()),
        ({"b1": "v1", "b2": "v2"}, ("b2",)),
        ({"b1": "v3", "b2": "v2"}, ("b2",)),
        ({"b1": "v1", "b4": "v4"}, ()),
        ({"b4": "v4"}, ()),
    ]
    held = {(r.batch, r.version): r.spans for r in catalog.snapshots.released()}
    assert held["b1", "v1"] == ((1, 2), (4, 4))
    assert held["b4", "v4"] == ((4, None),)
    assert catalog.snapshots.latest() == {"flights": 5}
    assert catalog.snapshots.version_of("flights", "b4") == "v4"
    assert catalog.snapshots.version_of("flights", "b1") is None


def test_an_index_that_is_read_again_forgets_strays(catalog: Catalog, now: datetime) -> None:
    release(catalog, "b1", "v1", now, 1)
    before = catalog.status()
    catalog.versions.record(version_of("b9", "stray", now))
    catalog.index.clear()
    assert catalog.snapshots.current("flights") is None
    made = version_of("b1", "v1", now, rows=3)
    step = step_of(1, {"b1": "v1"}, now)
    index(catalog, step, versions=(made,), pointers=(pointer_to(1),))
    assert catalog.status() == before
    assert catalog.versions.find("flights") == [("b1", "v1")]


def test_releases_that_no_run_recorded(catalog: Catalog, now: datetime) -> None:
    counts = {"rows_in": 9, "held": 7, "rows_quarantined": 2}
    versions = (
        version_of("b1", "v1", now, **counts),
        version_of("b2", "v2", now, rows_in=5),
        version_of("b3", "candidate", now),
    )
    steps = (step_of(1, {"b1": "v1"}, now), step_of(2, {"b2": "v2"}, now, forced=("b2",)))
    index(catalog, *steps, versions=versions, pointers=(pointer_to(2),))
    for _ in range(2):
        catalog.rebuild.add_releases(catalog.rebuild.unrecorded(9), at=now)
        b1, b2 = catalog.batches.latest("flights")
        assert (b1.state, b1.version, b1.run_type) == ("released", "v1", "rebuilt")
        assert b1.counts == Counts(9, released=7, quarantined=2)
        assert (b2.state, b2.counts) == ("forced", Counts())
        assert catalog.rebuild.unrecorded(9) == []
    assert [v.version for v in catalog.versions.unreleased("flights")] == ["candidate"]


def test_details_are_added_once(catalog: Catalog, now: datetime) -> None:
    version = version_of("b1", "v1", now)
    index(catalog, versions=(version,))
    assert [v.version for v in catalog.versions.undetailed(9)] == ["v1"]
    edges = (LineageEdge("input", "f", "ab"),)
    details = VersionDetails(lineage=edges, verdicts=((verdict_of("drift"), now),))
    for _ in range(2):
        catalog.rebuild.add_details([(version, details)])
    assert catalog.versions.undetailed(9) == []
    assert catalog.versions.lineage("flights", "b1", "v1") == list(edges)
    assert len(catalog.verdicts.find("flights", "b1", "v1")) == 1
